// How the tables and figures of a document were computed: data, program, and what it ran on.
import { html, useEffect, useRef } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { count, plural } from "../lib/format.js";

export function ComputedButton({ computed, open, onToggle }) {
  if (!computed?.length) return null;
  return html`<button type="button" class="pill-button history-button" aria-expanded=${open ? "true" : "false"} onClick=${onToggle}><${Icon} name="activity" /> How computed</button>`;
}

export function ComputedPanel({ computed, onClose }) {
  const first = useRef(null);
  useEffect(() => first.current.focus(), []);
  return html`<div class="checks-panel computed-panel" role="region" aria-label="How this was computed">
    <header><div><h2 tabindex="-1" ref=${first}>How this was computed</h2>
      <p class="faint">Every number told of the data is a cell that a program computed. Here is all that it takes to compute it again.</p></div>
      <button type="button" class="button quiet" onClick=${onClose}><${Icon} name="arrow-left" /> Back to the text</button></header>
    ${computed.map((one) => html`<${Computation} key=${one.artifact_id} one=${one} />`)}
  </div>`;
}

/** One data file: what it is, the program, what it ran on, and all of it to take along. */
export function Computation({ one }) {
  const base = `/api/v2/runs/${one.run_id}/artifacts/${one.artifact_id}/download`;
  const versions = Object.entries(one.versions).map(([name, version]) => `${name} ${version}`).join(", ");
  return html`<article class="computation card">
    <h3>${one.file_name}${one.sheet ? `, sheet “${one.sheet}”` : ""}</h3>
    <dl>
      <dt>Data</dt><dd>${plural(one.rows, "row")}, ${plural(one.columns, "column")}</dd>
      <dt>Program</dt><dd>${one.author === "model" ? (one.simulated ? "Written by a simulated model" : "Written by a language model") : "Written by rule"}; ran ${one.seconds.toFixed(1)} s</dd>
      <dt>Ran on</dt><dd>${versions}</dd>
      <dt>Held by</dt><dd>${one.tier === "bubblewrap" ? "Sandbox (bubblewrap)" : `Sandbox (${one.tier})`}: it saw the data and nothing else</dd>
      ${[["File", one.source_sha256], ["Cleaned copy", one.data_sha256], ["Program", one.program_sha256]].filter(([, digest]) => digest).map(([name, digest]) => html`<dt key=${name}>${name}, SHA-256</dt><dd><code>${digest}</code></dd>`)}
    </dl>
    ${one.remarks.length > 0 && html`<div><strong>How the file was read</strong><ul>${one.remarks.map((remark) => html`<li key=${remark}>${remark}</li>`)}</ul></div>`}
    <p class="computation-files">
      <a class="button quiet" href=${`${base}?format=py`} download><${Icon} name="download" /> Program</a>
      <a class="button quiet" href=${`${base}?format=csv`} download><${Icon} name="download" /> Data it read</a>
      <a class="button quiet" href=${`${base}?format=json`} download><${Icon} name="download" /> Result</a>
    </p>
    <${Program} text=${one.program} />
  </article>`;
}

/** A program, folded up until somebody wants it. */
export function Program({ text }) {
  return html`<details class="program"><summary>Read the program (${count(text.split("\n").length)} lines)</summary>
    <pre tabindex="0"><code>${text}</code></pre></details>`;
}
