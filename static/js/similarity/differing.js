// Which words of two stretches of text have no partner in the other, in order.

const MOST_WORDS = 600; // more than that and only the whole is shown

const pieces = (text) => text.match(/[\p{L}\p{N}\p{M}'’]+|[^\p{L}\p{N}\p{M}'’]+/gu) ?? [];
const bare = (word) => word.normalize("NFKC").toLowerCase().replace(/[’']/g, "");
const isWord = (piece) => /[\p{L}\p{N}]/u.test(piece);

/** [[text, differs], …] for each side; the texts put together are what was given. */
export function differing(mine, theirs) {
  const here = pieces(mine);
  const there = pieces(theirs);
  const a = here.flatMap((piece, index) => (isWord(piece) ? [[bare(piece), index]] : []));
  const b = there.flatMap((piece, index) => (isWord(piece) ? [[bare(piece), index]] : []));
  if (a.length > MOST_WORDS || b.length > MOST_WORDS) return [[[mine, false]], [[theirs, false]]];
  const kept = common(a, b);
  return [joined(here, kept.mine), joined(there, kept.theirs)];
}

/** Places of the words of a longest common subsequence. */
function common(a, b) {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i][0] === b[j][0] ? lengths[(i + 1) * width + j + 1] + 1 : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  const mine = new Set();
  const theirs = new Set();
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i][0] === b[j][0]) {
      mine.add(a[i][1]);
      theirs.add(b[j][1]);
      i += 1;
      j += 1;
    } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return { mine, theirs };
}

function joined(parts, kept) {
  const differs = (index) => index >= 0 && index < parts.length && isWord(parts[index]) && !kept.has(index);
  const found = [];
  parts.forEach((piece, index) => {
    // What stands between two words that differ goes with them.
    const marked = isWord(piece) ? differs(index) : differs(index - 1) && differs(index + 1);
    const last = found.at(-1);
    if (last && last[1] === marked) last[0] += piece;
    else found.push([piece, marked]);
  });
  return found;
}
