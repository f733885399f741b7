// Why the server did not do what was asked, where it was asked.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";

/** What a problem says: of the fields that are wrong, where it names them. */
export const reasonOf = (problem) => (problem.errors?.length ? problem.errors.map((error) => error.message).join(" ") : problem.message);

export function Refused({ problem, title }) {
  return html`<div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>${problem.errors?.length ? title : problem.title || title}</strong><span>${reasonOf(problem)}</span></div></div>`;
}
