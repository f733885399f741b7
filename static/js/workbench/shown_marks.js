// The passages that are to be revised, shown in the document's text without changing it.
const NAME = "to-revise";
const LEAST = 8; // letters that tell a place

/** Letters and digits of a text, as they are compared: taken apart, so that letter by letter gives
 * the same as the whole. */
const bare = (text) => text.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** The letters of an element and, for each, the text node and offset it stands at. */
function lettersOf(root) {
  const places = [];
  let letters = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest("[data-marker]")) continue; // a citation, which the passage has as a marker
    let at = 0;
    for (const symbol of node.data) {
      const letter = bare(symbol);
      letters += letter;
      for (let i = 0; i < letter.length; i += 1) places.push([node, at, at + symbol.length]);
      at += symbol.length;
    }
  }
  return { letters, places };
}

/** Highlight `passages` (plain texts, in the document's order) below `root`; a browser that cannot shows nothing. */
export function showMarks(root, passages) {
  if (!root || !globalThis.CSS?.highlights || !globalThis.Highlight) return;
  const { letters, places } = lettersOf(root);
  const ranges = [];
  let from = 0;
  for (const text of passages) {
    const wanted = bare(text);
    if (wanted.length < LEAST) continue;
    let at = letters.indexOf(wanted, from);
    if (at < 0) at = letters.indexOf(wanted);
    if (at < 0) continue;
    from = at + 1;
    const range = new Range();
    const [first, start] = places[at];
    const [last, , end] = places[at + wanted.length - 1];
    range.setStart(first, start);
    range.setEnd(last, end);
    ranges.push(range);
  }
  CSS.highlights.set(NAME, new Highlight(...ranges));
}
