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

const WHEN = {
  queued: "which takes it up when it starts",
  running: "which takes it up after the current step",
  paused: "which takes it up when you resume it",
  waiting_human: "which takes it up when it goes on",
};

/** One line on what becomes of a message to `run`, the newest of those that are live. */
export function destination(run, others) {
  const which = others > 0 ? "Goes to the newest run" : "Goes to the run";
  if (run.waitingFor?.kind === "plan_approval") return `${which}, which changes its plan and asks you again`;
  return `${which}, ${WHEN[run.status]}`;
}
