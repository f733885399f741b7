// Where a message goes while a run is live: into that run, or into a new one.
import { html } from "../lib/view.js";

const AIMS = [
  ["steer", "Steer this run"],
  ["new", "Ask something new"],
];

export function Aim({ aim, onAim }) {
  return html`<fieldset class="aim"><legend class="visually-hidden">Where this message goes</legend>
    ${AIMS.map(([name, label]) => html`<label key=${name}>
      <input type="radio" name="aim" value=${name} checked=${aim === name} onChange=${() => onAim(name)} /><span>${label}</span></label>`)}
  </fieldset>`;
}

const SAID = {
  queued: "Goes to the run, which takes it up when it starts",
  running: "Goes to the run, which takes it up after the current step",
  paused: "Goes to the run, which takes it up when you resume it",
  waiting_human: "Goes to the run, which takes it up when it goes on",
};

/** One line on what becomes of a message to `run`. */
export function destination(run) {
  if (run.waitingFor?.kind === "plan_approval") return "Goes to the run, which changes its plan and asks you again";
  return SAID[run.status];
}
