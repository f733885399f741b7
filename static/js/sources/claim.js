// What a document claims, above the page that it rests on.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { verdictOf } from "../document/verdicts.js";
import { Highlighted } from "./quotes.js";

export function Claim({ citation }) {
  return html`<div class="source-claim">
    <${Verdict} citation=${citation} />
    ${citation.claim && html`<blockquote class="claim">${citation.claim}</blockquote>`}
  </div>`;
}

export function Verdict({ citation }) {
  const verdict = verdictOf(citation);
  if (!verdict) return null;
  return html`<div class="verdict"><span class=${`badge ${verdict.tone}`}>${verdict.label}</span>
    <span class="faint">${citation.reason ? sentence(citation.reason) : verdict.text}${citation.author === "model" ? " Judged by the model." : " Compared by rule."}</span></div>`;
}

export function sentence(text) {
  const begun = text[0].toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** The text that the claim was bound to, where the source itself is gone. */
export function StoredPassage({ error, citation }) {
  if (!citation?.text) {
    return html`<div class="source-body source-pad"><div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>${error.title || "The source cannot be shown"}</strong><span>${error.message}</span></div></div></div>`;
  }
  return html`<div class="source-body source-pad">
    <p class="faint">${error.status === 404 ? "The source was removed since; this is the text that the claim was bound to." : error.message}</p>
    <div class="passage-text"><p class="bound"><${Highlighted} text=${citation.text} claim=${citation.claim} /></p></div>
  </div>`;
}
