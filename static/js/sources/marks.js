// Small badges of a source, the same wherever it is shown.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { ORIGINS, READINGS, markOf } from "./words.js";

/** The mark of the reference, and how much was read where that is not the whole. */
export function Marks({ source, origin = false }) {
  const mark = markOf(source);
  const reading = source.reading && source.reading !== "full_text" ? READINGS[source.reading] : null;
  const from = origin && source.origin && source.origin !== "upload" ? ORIGINS[source.origin] : null;
  if (!mark && !reading && !from) return null;
  return html`<span class="marks">
    ${mark && html`<span class=${`badge ${mark.tone}`} title=${mark.text}><${Icon} name=${mark.icon} />${mark.label}</span>`}
    ${reading && html`<span class=${`badge ${reading.tone}`}>${reading.label}</span>`}
    ${from && html`<span class="badge"><${Icon} name=${from.icon} />${from.label}</span>`}
  </span>`;
}
