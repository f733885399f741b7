// Where words stand on a rendered page: by their letters alone, for a page breaks words, joins letters
// and spaces lines as it likes.

const LETTER = /[\p{L}\p{N}]/u;
const PIECE_LETTERS = 24; // shorter stretches stand on a page by chance

/** The letters of `text`, and for each the offset in `text` that it comes from. */
export function lettersOf(text) {
  let letters = "";
  const offsets = [];
  let at = 0;
  for (const symbol of text) {
    for (const letter of symbol.normalize("NFKD").toLowerCase()) {
      if (!LETTER.test(letter)) continue;
      letters += letter;
      for (let i = 0; i < letter.length; i += 1) offsets.push(at);
    }
    at += symbol.length;
  }
  return { letters, offsets };
}

/** [start, end) in `letters` of what is found of `words`: the whole, else its sentences. */
export function stretchesOf(letters, words) {
  const wanted = lettersOf(words).letters;
  if (!wanted) return [];
  const whole = letters.indexOf(wanted);
  if (whole >= 0) return [[whole, whole + wanted.length]];
  const found = [];
  let from = 0;
  for (const sentence of words.split(/(?<=[.!?;:])\s+/)) {
    const piece = lettersOf(sentence).letters;
    if (piece.length < PIECE_LETTERS) continue;
    let start = letters.indexOf(piece, from);
    let length = piece.length;
    if (start < 0) {
      // A formula or a mark inside it is set in signs of its own: what stands before it still counts.
      length = PIECE_LETTERS;
      start = letters.indexOf(piece.slice(0, length), from);
      while (start >= 0 && length < piece.length && letters[start + length] === piece[length]) length += 1;
    }
    if (start < 0) continue;
    found.push([start, start + length]);
    from = start + length;
  }
  return found;
}

/** A searchable index over elements that each hold one text node. */
export function indexOf(elements) {
  let letters = "";
  const places = [];
  elements.forEach((element, index) => {
    const node = element.firstChild;
    if (node?.nodeType !== Node.TEXT_NODE) return;
    const own = lettersOf(node.data);
    letters += own.letters;
    for (const offset of own.offsets) places.push([index, offset]);
  });
  return { letters, places, elements };
}

/** Rectangles of `words` within `page`, as fractions of its size: [left, top, width, height]. */
export function boxesOf(index, words, page) {
  const frame = page.getBoundingClientRect();
  const boxes = [];
  for (const [start, end] of stretchesOf(index.letters, words)) {
    for (const [element, from, to] of runsOf(index.places, start, end)) {
      const node = index.elements[element].firstChild;
      const range = document.createRange();
      range.setStart(node, from);
      range.setEnd(node, Math.min(node.length, to + (node.data.codePointAt(to) > 0xffff ? 2 : 1)));
      for (const rect of range.getClientRects()) {
        if (rect.width < 1 || rect.height < 1) continue;
        boxes.push([(rect.left - frame.left) / frame.width, (rect.top - frame.top) / frame.height, rect.width / frame.width, rect.height / frame.height]);
      }
    }
  }
  return joined(boxes);
}

/** [element, first offset, last offset] of each element that the stretch runs through. */
function runsOf(places, start, end) {
  const runs = [];
  for (let i = start; i < end; i += 1) {
    const [element, offset] = places[i];
    const last = runs.at(-1);
    if (last && last[0] === element) last[2] = Math.max(last[2], offset);
    else runs.push([element, offset, offset]);
  }
  return runs;
}

/** Boxes of one line become one. */
function joined(boxes) {
  const lines = [];
  for (const box of boxes) {
    const last = lines.at(-1);
    const sameLine = last && Math.min(last[1] + last[3], box[1] + box[3]) - Math.max(last[1], box[1]) > 0.5 * Math.min(last[3], box[3]);
    if (sameLine && box[0] - (last[0] + last[2]) < 0.03 && box[0] + box[2] > last[0]) {
      const right = Math.max(last[0] + last[2], box[0] + box[2]);
      const bottom = Math.max(last[1] + last[3], box[1] + box[3]);
      last[0] = Math.min(last[0], box[0]);
      last[1] = Math.min(last[1], box[1]);
      last[2] = right - last[0];
      last[3] = bottom - last[1];
    } else lines.push([...box]);
  }
  return lines;
}
