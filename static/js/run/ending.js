// What the person is told when a run is over, and what they can do about it.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";
import { raiseBudget } from "./raise.js";
import { endingOf, limitReached } from "./words.js";

/** Nothing is said where the run has done what was asked. */
export function Ending({ view, onSnapshot }) {
  const { title, kind, text } = endingOf(view);
  if (view.status === "succeeded" && view.stopReason === "completed") return null;
  const limit = limitReached(view);
  const saved = view.artifactId ? "The latest version of the document is below." : view.sections.length ? `${plural(view.sections.length, "section")} had been written.` : "";
  const next = view.status === "failed" && !limit && view.stopReason !== "no_evidence" ? "Send the request again to try once more." : "";
  return html`<div class=${`notice ${kind}`}>
    <${Icon} name=${kind === "bad" ? "circle-alert" : kind === "warn" ? "triangle-alert" : "info"} />
    <div><strong>${title}</strong>
      ${view.error && html`<span>${view.error}</span>`}
      <span>${[text, saved, next].filter(Boolean).join(" ")}</span>
      ${limit && html`<span><button type="button" class="button" onClick=${() => raiseBudget(view, onSnapshot)}><${Icon} name="play" /> Continue with more</button></span>`}</div>
  </div>`;
}
