// Why a message was not accepted. The text stays in the box, whatever the reason.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { reasonOf } from "../ui/refused.js";
import { moment } from "../lib/format.js";

/** Where trying again later helps, the person learns when. */
export function Refusal({ problem, id }) {
  if (!String(problem.code).startsWith("quota")) {
    return html`<p class="error-text" id=${id} role="alert">${reasonOf(problem)}${problem.status === 409 ? " Your text is kept." : ""}</p>`;
  }
  const { resets_at: resets } = problem.more;
  return html`<div class="notice warn" id=${id} role="alert"><${Icon} name="gauge" /><div>
    <strong>${problem.title || "Your allowance for today is used up"}</strong>
    <span>${problem.message}</span>
    <span>Your message is kept here.${resets ? ` Send it again after ${moment(resets)}.` : ""}</span>
  </div></div>`;
}
