// The similarity report: its file, its figure, and what could be read of it.
import { html, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";
import * as api from "../lib/api.js";
import { NOT_HELD } from "./words.js";
import { Refused } from "../ui/refused.js";

export function ReportStep({ check, path, act, busy, locked, similarity, onSimilarity, onBlur }) {
  const [problem, setProblem] = useState(null);
  const picker = useRef(null);
  const above = Number(similarity) > check.target_similarity;
  const run = async (name, call) => {
    setProblem(null);
    try {
      await act(name, call);
    } catch (error) {
      setProblem(NOT_HELD.includes(error.code) ? null : error);
    }
  };
  const attach = (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    const form = new FormData();
    form.append("report", file, file.name);
    run("report", () => api.post(`${path}/report`, form));
  };
  const empty = !check.report_file_name;
  if (locked && empty && !similarity) return null;
  return html`<section class="work-card" aria-labelledby="report-head"><h2 id="report-head">Similarity report</h2>
    ${empty
      ? html`<button type="button" class="button" disabled=${locked || busy !== ""} onClick=${() => picker.current.click()}><${Icon} name="paperclip" /> ${busy === "report" ? "Reading…" : "Attach the report"}</button>`
      : html`<div class="attached"><${Icon} name="file-text" /><span>${check.report_file_name}</span>
          ${!locked && html`<button type="button" class="link-button" disabled=${busy !== ""} onClick=${() => picker.current.click()}>Replace</button>
          <button type="button" class="icon-button small" aria-label="Remove the report" disabled=${busy !== ""} onClick=${() => run("report", () => api.remove(`${path}/report`))}><${Icon} name="x" /></button>`}</div>`}
    <input ref=${picker} type="file" hidden accept=".pdf,.html,.htm,.json" aria-label="Report file" onChange=${attach} />
    <${Reading} check=${check} />
    ${problem && html`<${Refused} problem=${{ message: problem.message }} title="The report was not attached" />`}
    <div class="field figure-field"><label for="similarity">Similarity (%)</label>
      <input id="similarity" class="input" type="text" inputmode="decimal" autocomplete="off" value=${similarity} readonly=${locked} aria-describedby="similarity-hint" onInput=${(event) => onSimilarity(event.target.value)} onBlur=${onBlur} />
      <span id="similarity-hint" class="hint">${similarity === "" ? `The target is ${check.target_similarity} % or less.` : above ? `Above the target of ${check.target_similarity} %.` : `Within the target of ${check.target_similarity} %.`}</span></div>
  </section>`;
}

function Reading({ check }) {
  const { reading } = check;
  if (!reading) return null;
  if (reading.unreadable) {
    return html`<p class="remark"><${Icon} name="triangle-alert" /><span>${reading.unreadable} Type the similarity below; the file is handed in all the same.</span></p>`;
  }
  return html`<div class="reading" role="status">
    <p>${reading.marked > 0 ? `The report points out ${plural(reading.marked, "passage")}; ${reading.found} of them stand in this document.` : "The report was read. It points out no passages."}</p>
    ${reading.fit === "cannot_tell" && reading.fit_reason && html`<p class="faint">${reading.fit_reason}</p>`}
  </div>`;
}
