// What the person told the run while it went on, and what became of each message.
import { html, memo } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { TERMINAL } from "./state.js";

export const Told = memo(function Told({ told, status, onAgain }) {
  if (!told.length) return null;
  return html`<ol class="told" aria-label="Messages to this run">
    ${told.map((message) => html`<li key=${message.number} class="told-message">
      <p class="told-text"><span class="visually-hidden">You, to the run: </span>${message.text}</p>
      <p class="told-state" role="status"><${Outcome} message=${message} status=${status} />
        ${!message.taken && TERMINAL.has(status) && html` <button type="button" class="link-button" onClick=${() => onAgain(message.text)}>Put it into a new request</button>`}</p>
    </li>`)}
  </ol>`;
});

const BEFORE = {
  running: "Will be taken up after the current step",
  queued: "Will be taken up when the run goes on",
  paused: "Will be taken up when you resume the run",
  waiting_human: "Will be taken up in a moment",
};

/** What became of one message. */
export function Outcome({ message, status }) {
  if (message.taken) {
    const effect = message.taken.effect.replace(/^Taken up[:.]?\s*/i, "");
    return html`<span class="told-outcome"><${Icon} name="circle-check" /><span><strong>Taken up</strong>${effect ? `: ${effect}` : ""}</span></span>`;
  }
  if (TERMINAL.has(status)) return html`<span class="told-outcome"><${Icon} name="circle-slash" /><span>The run ended before it was taken up.</span></span>`;
  return html`<span class="told-outcome"><${Icon} name="clock" /><span>${BEFORE[status]}</span></span>`;
}
