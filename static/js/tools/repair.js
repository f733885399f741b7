// What the agent did to a tool whose API changed: said, proven, and a person's to decide on.
import { html, useId } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { Diff } from "./diff.js";
import { provenOf, REPAIR_TITLES } from "./words.js";

export function Repair({ repair, mayDecide, busy, onDecide }) {
  const id = useId();
  const waits = repair.state === "proposed";
  const kind = repair.state === "taken_back" ? "" : waits ? "warn" : "good";
  return html`<section class=${`tool-repair notice ${kind}`} aria-labelledby=${id}>
    <${Icon} name="wrench" />
    <div>
      <strong id=${id}>${REPAIR_TITLES[waits && !repair.open ? "unproven" : repair.state]}</strong>
      ${repair.said.length > 0 && html`<span>What changed in its API:</span><ul>${repair.said.map((line, i) => html`<li key=${i}>${line}</li>`)}</ul>`}
      <span>${provenOf(repair)}</span>
      ${repair.patch && html`<details class="more"><summary>What changed, line by line</summary><${Diff} patch=${repair.patch} label=${`What version ${repair.version} changed`} /></details>`}
      ${mayDecide && repair.state !== "taken_back" && html`<div class="form-actions">
        ${waits && repair.open && html`<button type="button" class="button primary" disabled=${busy} onClick=${() => onDecide("agree")}><${Icon} name="check" /> Use the repair</button>`}
        ${waits && html`<button type="button" class="button" disabled=${busy} onClick=${() => onDecide("dismiss")}>Dismiss it</button>`}
        ${!waits && repair.open && html`<button type="button" class="button" disabled=${busy} onClick=${() => onDecide("undo")}><${Icon} name="rotate-ccw" /> Undo the repair</button>`}
      </div>`}
    </div>
  </section>`;
}
