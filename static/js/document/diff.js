// Words that came and went, readable without colours: what went is struck through, what came is
// underlined, and both say so to a screen reader. Long stretches that stayed are folded.
import { html, useState } from "../lib/view.js";
import { plural } from "../lib/format.js";

const FOLD_CHARS = 420;
const KEPT_CHARS = 120; // at either end of a folded stretch

/** `parts`: [{op: equal | delete | insert, text}]. */
export function Diff({ parts }) {
  return html`<div class="diff-text">${parts.map((part, index) => html`<${Part} key=${index} part=${part} first=${index === 0} last=${index === parts.length - 1} />`)}</div>`;
}

function Part({ part, first, last }) {
  if (part.op === "delete") return html`<${Gone} text=${part.text} />`;
  if (part.op === "insert") return html`<${Came} text=${part.text} />`;
  return html`<${Stayed} text=${part.text} first=${first} last=${last} />`;
}

export const Gone = ({ text }) => html`<del><span class="visually-hidden">removed: </span>${text}</del>`;
export const Came = ({ text }) => html`<ins><span class="visually-hidden">added: </span>${text}</ins>`;

function Stayed({ text, first, last }) {
  const [open, setOpen] = useState(false);
  if (open || text.length <= FOLD_CHARS) return html`<span>${text}</span>`;
  const head = first ? "" : text.slice(0, wordEnd(text, KEPT_CHARS));
  const tail = last ? "" : text.slice(wordEnd(text, text.length - KEPT_CHARS));
  const hidden = text.slice(head.length, text.length - tail.length);
  return html`<span>${head}</span><button type="button" class="fold" onClick=${() => setOpen(true)}>${plural(wordsOf(hidden), "word")} unchanged</button><span>${tail}</span>`;
}

const wordsOf = (text) => text.trim().split(/\s+/).filter(Boolean).length;

/** The place at or after `from` where a word has ended. */
function wordEnd(text, from) {
  const found = text.slice(from).search(/\s/);
  return found < 0 ? text.length : from + found;
}
