// One line on everything that was dropped, however much it was.
import { html, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";

export function IntakeLine({ intake }) {
  const [open, setOpen] = useState(false);
  if (!intake.total) return null;
  const { refused } = intake;
  const said = [
    intake.open ? `Uploading ${intake.total - intake.open + 1} of ${intake.total}` : "",
    !intake.open && intake.stored ? `${plural(intake.stored, "file")} taken in` : "",
    intake.imported ? `${plural(intake.imported, "reference")} imported` : "",
    intake.known ? `${intake.known} already here` : "",
    refused.length ? `${refused.length} refused` : "",
  ].filter(Boolean);
  return html`<div class=${refused.length && !intake.open ? "intake card bad" : "intake card"}>
    <div class="intake-line"><${Icon} name=${intake.open ? "loader-circle" : refused.length ? "circle-alert" : "circle-check"} spin=${intake.open > 0} />
      <span role="status">${said.join(" · ")}</span>
      ${refused.length > 0 && html`<button type="button" class="link-button" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>${open ? "Hide" : "Why?"}</button>`}
      ${intake.open
        ? html`<button type="button" class="button quiet" onClick=${() => intake.stop()}>Stop</button>`
        : html`<button type="button" class="icon-button small" aria-label="Dismiss" onClick=${() => intake.clear()}><${Icon} name="x" /></button>`}
    </div>
    ${intake.open > 0 && html`<progress max="1" value=${intake.progress} aria-label="Upload"></progress>`}
    ${open && html`<ul class="intake-refused">${refused.map((row, index) => html`<li key=${index}><strong>${row.name}</strong> <span>${row.reason}</span></li>`)}</ul>`}
  </div>`;
}
