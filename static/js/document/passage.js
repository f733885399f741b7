// The source behind a citation: the passage within its neighbours, its page, and the verdict.
import { html, useEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { authorsOf, yearOf } from "../lib/format.js";
import * as api from "../lib/api.js";
import { verdictOf } from "./verdicts.js";

export function PassagePanel({ selection, citations, onClose }) {
  const panel = useRef(null);
  useEffect(() => panel.current?.focus(), [selection]);
  return html`<aside class="passage-panel" ref=${panel} tabindex="-1" role="region" aria-label="Source of the citation">
    <header><h2><${Icon} name="quote" /> Source</h2>
      <button type="button" class="icon-button small" aria-label="Close the source" onClick=${onClose}><${Icon} name="x" /></button></header>
    <div class="passage-list" tabindex="0" role="group" aria-label="Passages">
      ${selection.ids.map((id, index) => html`<${Bound} key=${id} id=${id} first=${index === 0} citation=${citationOf(citations, id, selection.marker)} />`)}
    </div>
  </aside>`;
}

function citationOf(citations, passageId, marker) {
  const bound = citations.filter((row) => row.passage_id === passageId);
  return bound.find((row) => row.marker === marker) ?? bound[0] ?? citations.find((row) => row.marker === marker);
}

function Bound({ id, citation, first }) {
  const [state, setState] = useState({ loading: true });
  const bound = useRef(null);
  useEffect(() => {
    let current = true;
    api.get(`/api/v2/passages/${id}?radius=1`).then(
      (passage) => current && setState({ passage }),
      (error) => current && setState({ error }),
    );
    return () => {
      current = false;
    };
  }, [id]);
  // The words that matter stand in the middle, whatever comes before them.
  useEffect(() => {
    if (first) (bound.current?.querySelector("mark") ?? bound.current)?.scrollIntoView({ block: "center" });
  }, [state]);
  const { passage, error, loading } = state;
  if (loading) return html`<p class="empty-line" role="status">Opening the source…</p>`;
  const text = passage?.text ?? citation?.text;
  if (!text) return html`<p class="error-text" role="alert">${error?.message ?? "This passage is no longer there."}</p>`;
  const csl = passage?.csl ?? {};
  const page = passage?.page ?? citation?.page;
  return html`<article class="passage">
    <div class="passage-head"><header>
      <strong>${csl.title || passage?.file_name || "Source"}</strong>
      <span class="faint">${[authorsOf(csl).join("; "), yearOf(csl), page ? `page ${page}` : "", passage?.heading].filter(Boolean).join(" · ")}</span>
      ${!passage && html`<span class="faint">The file was removed since; this is the text that the claim was bound to.</span>`}
    </header>
    ${citation && html`<${Verdict} citation=${citation} />`}</div>
    ${citation?.claim && html`<blockquote class="claim">${citation.claim}</blockquote>`}
    <div class="passage-text">
      ${passage?.before?.map((p) => html`<p key=${p.id} class="neighbour">${p.text}</p>`)}
      <p class="bound" ref=${bound}><${Highlighted} text=${text} claim=${citation?.claim ?? ""} /></p>
      ${passage?.after?.map((p) => html`<p key=${p.id} class="neighbour">${p.text}</p>`)}
    </div>
  </article>`;
}

function Verdict({ citation }) {
  const verdict = verdictOf(citation);
  if (!verdict) return null;
  return html`<div class="verdict"><span class=${`badge ${verdict.tone}`}>${verdict.label}</span>
    <span class="faint">${citation.reason ? sentence(citation.reason) : verdict.text}${citation.author === "model" ? " Judged by the model." : " Compared by rule."}</span></div>`;
}

function sentence(text) {
  const begun = text[0].toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** The passage with the words that the claim quotes standing out; the whole passage otherwise. */
function Highlighted({ text, claim }) {
  const spans = quotedSpans(text, claim);
  if (!spans.length) return html`<mark>${text}</mark>`;
  const parts = [];
  let at = 0;
  for (const [from, to] of spans) {
    if (from > at) parts.push(text.slice(at, from));
    parts.push(html`<mark>${text.slice(from, to)}</mark>`);
    at = to;
  }
  if (at < text.length) parts.push(text.slice(at));
  return html`<span>${parts}</span>`;
}

/** [start, end) of each quotation of `claim` that stands in `text`, white space and quotes aside. */
export function quotedSpans(text, claim) {
  const quotes = [...claim.matchAll(/[“"‘']([^“”"]{12,}?)[”"’']/g)].map((match) => match[1]);
  const spans = [];
  for (const quote of quotes) {
    const pattern = quote
      .trim()
      .replace(/[.,;:]$/, "")
      .split(/\s+/)
      .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/['’‘]/g, "['’‘]").replace(/[-‐‑–]/g, "[-‐‑–]"))
      .join("\\s+");
    const found = new RegExp(pattern, "i").exec(text);
    if (found) spans.push([found.index, found.index + found[0].length]);
  }
  spans.sort((a, b) => a[0] - b[0]);
  return spans.filter(([from], index) => index === 0 || from >= spans[index - 1][1]);
}
