// What the person is told when a run is over, and what they can do about it.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { plural } from "../lib/format.js";
import { toastError } from "../ui/toast.js";
import { forkFrom, isBoundary } from "./fork.js";
import { raiseBudget } from "./raise.js";
import { endingOf, limitReached } from "./words.js";

/** A run that the day's allowance had ended is taken up under the limits it has. */
async function goOn(view, onSnapshot) {
  try {
    onSnapshot(await api.patch(`/api/v2/runs/${view.id}/budget`, {}));
  } catch (problem) {
    toastError(problem);
  }
}

/** Nothing is said where the run has done what was asked. */
export function Ending({ view, onSnapshot, onFollow }) {
  const { title, kind, text } = endingOf(view);
  if (view.status === "succeeded" && view.stopReason === "completed") return null;
  const limit = limitReached(view);
  const saved = view.artifactId ? "The latest version of the document is below." : view.sections.length ? `${plural(view.sections.length, "section")} had been written.` : "";
  const stopped = !limit && (view.status === "cancelled" || view.status === "failed");
  const last = stopped ? view.log.findLast(isBoundary) : null; // where a copy can go on from
  const next = view.status === "failed" && !limit && view.stopReason !== "no_evidence" ? "Send the request again to try once more." : "";
  return html`<div class=${`notice ${kind}`}>
    <${Icon} name=${kind === "bad" ? "circle-alert" : kind === "warn" ? "triangle-alert" : "info"} />
    <div><strong>${title}</strong>
      ${view.error && html`<span>${view.error}</span>`}
      <span>${[text, saved, next].filter(Boolean).join(" ")}</span>
      ${view.stopReason === "quota" && html`<span><button type="button" class="button" onClick=${() => goOn(view, onSnapshot)}><${Icon} name="play" /> Go on from there</button></span>`}
      ${limit && html`<span><button type="button" class="button" onClick=${() => raiseBudget(view, onSnapshot)}><${Icon} name="play" /> Continue with more</button></span>`}
      ${last && html`<span><button type="button" class="button" onClick=${() => forkFrom(view.id, last, onFollow)}><${Icon} name="git-branch" /> Go on from here in a copy</button></span>`}</div>
  </div>`;
}
