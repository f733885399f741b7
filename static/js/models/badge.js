// The mark of everything that a simulator made up.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";

/** Answers that are made up carry it wherever they show. */
export function SimulatedBadge() {
  return html`<span class="badge simulated" title="Made up by a simulator: it shows how things work and is not fit for use"><${Icon} name="triangle-alert" />Simulated</span>`;
}
