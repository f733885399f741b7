// The document with its matches. It is drawn once per report; which match is looked at is put on the
// elements that are there, so that a long text stays quick.
import { html, memo, useLayoutEffect, useMemo } from "../lib/view.js";
import { count } from "../lib/format.js";
import { colourOf, KINDS } from "./words.js";

export const keyOf = (match) => `${match.start}-${match.end}`;

/** Matches that count or are hinted at and can be seen in the text, in its order. */
export function shownMatches(report) {
  const seen = new Set();
  for (const section of report.sections) {
    for (const paragraph of section.paragraphs) {
      for (const piece of paragraph.pieces) if (piece.match !== null) seen.add(piece.match);
    }
  }
  const numbers = new Map(report.texts.map((text) => [text.text_id, text.number]));
  return report.matches
    .filter((match) => !match.excluded && seen.has(match.id) && numbers.has(match.text_id))
    .map((match, index) => ({ ...match, key: keyOf(match), place: index + 1, number: numbers.get(match.text_id) }));
}

/** `current`: key of the match that is looked at; `onOpen(key)`. */
export function DraftText({ root, report, matches, current, onOpen, onStep }) {
  useLayoutEffect(() => mark(root.current, current, matches[0]?.key), [report, current]);
  const open = (event) => {
    const hit = event.target.closest("[data-match]");
    if (hit && (event.type === "click" || event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      onOpen(hit.dataset.match, hit);
      return;
    }
    const step = event.type === "keydown" && { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step && hit && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      onStep(step, hit.dataset.match);
    }
  };
  return html`<div class="similarity-text" ref=${root} tabindex="0" role="group" aria-label="Text of the document" onClick=${open} onKeyDown=${open}>
    <${Body} title=${report.title} sections=${report.sections} matches=${matches} /></div>`;
}

const Body = memo(function Body({ title, sections, matches }) {
  const known = useMemo(() => new Map(matches.map((match) => [match.id, match])), [matches]);
  const begun = new Set();
  const of = matches.length;
  return html`<article class="document"><h1>${title || "Untitled"}</h1>
    ${sections.map((section, n) => html`<section key=${`${section.id}-${n}`}>
      ${section.heading && html`<h2>${section.heading}</h2>`}
      ${section.paragraphs.map((paragraph, place) => html`<${Paragraph} key=${place} kind=${paragraph.kind}>${paragraph.pieces.map((piece, index) => {
        const match = piece.match === null ? null : known.get(piece.match);
        if (!match) return piece.citation ? html`<span key=${index} class="similarity-cite">${piece.text}</span>` : piece.text;
        const first = !begun.has(match.id);
        begun.add(match.id);
        return html`<${Hit} key=${index} match=${match} of=${of} first=${first} text=${piece.text} />`;
      })}</${Paragraph}>`)}
    </section>`)}</article>`;
});

function Paragraph({ kind, children }) {
  if (kind === "quote") return html`<blockquote>${children}</blockquote>`;
  if (kind === "heading") return html`<h3>${children}</h3>`;
  if (kind === "item") return html`<p class="similarity-item">${children}</p>`;
  return html`<p>${children}</p>`;
}

function Hit({ match, of, first, text }) {
  const marks = { "data-match": match.key, "data-kind": match.kind, "data-colour": colourOf(match.number) };
  if (!first) return html`<span class="hit" ...${marks}>${text}</span>`;
  return html`<span class="hit" ...${marks} role="button" tabindex="-1" aria-pressed="false"><span class="visually-hidden">Match ${count(match.place)} of ${count(of)}, text ${match.number}, ${KINDS[match.kind]}: </span><sup class="hit-number" aria-hidden="true">${match.number}</sup>${text}</span>`;
}

/** One match at a time is looked at, and one is reached by the tab key. */
function mark(root, current, first) {
  if (!root) return;
  for (const hit of root.querySelectorAll(".hit[data-current], .hit[tabindex='0']")) {
    delete hit.dataset.current;
    if (hit.hasAttribute("role")) {
      hit.tabIndex = -1;
      hit.setAttribute("aria-pressed", "false");
    }
  }
  for (const hit of hitsOf(root, current ?? first)) {
    if (current) hit.dataset.current = "true";
    if (hit.hasAttribute("role")) {
      hit.tabIndex = 0;
      hit.setAttribute("aria-pressed", current ? "true" : "false");
    }
  }
}

export const hitsOf = (root, key) => (key && root ? [...root.querySelectorAll(`.hit[data-match="${CSS.escape(key)}"]`)] : []);
