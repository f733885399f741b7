// Words that a claim quotes, found in the text that it rests on.
import { html } from "../lib/view.js";

/** What stands between quotation marks in `claim`, long enough to be a quotation. */
export function quotesIn(claim) {
  return [...claim.matchAll(/[“"‘']([^“”"]{12,}?)[”"’']/g)].map((match) => match[1].trim().replace(/[.,;:]$/, ""));
}

/** [start, end) of each quotation of `claim` that stands in `text`, white space and quotes aside. */
export function quotedSpans(text, claim) {
  const spans = [];
  for (const quote of quotesIn(claim)) {
    const pattern = quote
      .split(/\s+/)
      .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/['’‘]/g, "['’‘]").replace(/[-‐‑–]/g, "[-‐‑–]"))
      .join("\\s+");
    const found = new RegExp(pattern, "i").exec(text);
    if (found) spans.push([found.index, found.index + found[0].length]);
  }
  return ordered(spans);
}

const COMMON = new Set("the and for are was were with that this from what which how why when who does did has have had not but into over than then its their there between about can could should would may might our your his her they them".split(" "));

/** [start, end) of the words of a search in `text`, also where they only begin alike. */
export function wordSpans(text, query) {
  const words = (query.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []).filter((word) => !COMMON.has(word));
  const stems = words.map((word) => (word.length > 5 ? word.slice(0, -2) : word));
  const spans = [];
  for (const match of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    const word = match[0].toLowerCase();
    if (words.includes(word) || stems.some((stem) => stem.length > 3 && word.startsWith(stem))) spans.push([match.index, match.index + match[0].length]);
  }
  return spans;
}

function ordered(spans) {
  spans.sort((a, b) => a[0] - b[0]);
  return spans.filter(([from], index) => index === 0 || from >= spans[index - 1][1]);
}

/** `text` with its spans marked. */
export function Marked({ text, spans }) {
  const parts = [];
  let at = 0;
  for (const [from, to] of spans) {
    if (from < at) continue;
    if (from > at) parts.push(text.slice(at, from));
    parts.push(html`<mark>${text.slice(from, to)}</mark>`);
    at = to;
  }
  if (at < text.length) parts.push(text.slice(at));
  return html`<span>${parts}</span>`;
}

/** The passage with the words that the claim quotes standing out; the whole passage otherwise. */
export function Highlighted({ text, claim }) {
  const spans = quotedSpans(text, claim);
  return spans.length ? html`<${Marked} text=${text} spans=${spans} />` : html`<mark>${text}</mark>`;
}
