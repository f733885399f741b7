// Handing in a similarity report: a file by drop or picker, the figure, or both.
import { html, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { bytes } from "../lib/format.js";
import * as api from "../lib/api.js";

const READ = [".pdf", ".html", ".htm", ".json"];
const readable = (name) => READ.some((end) => name.toLowerCase().endsWith(end));

const QUOTATIONS = [
  ["keep", "keep them as they are"],
  ["shorten", "shorten the longest"],
  ["leave_out", "shorten the longest, and leave whole ones out"],
];

export function ReportForm({ view, cycle, onSent }) {
  const [observed, setObserved] = useState("");
  const [file, setFile] = useState(null);
  const [quotations, setQuotations] = useState(view.task?.settings?.quotations ?? "shorten");
  const [over, setOver] = useState(false);
  const [sending, setSending] = useState(false);
  const [error, setError] = useState("");
  const picker = useRef(null);
  const id = `report-${view.id}`;

  const take = (files) => {
    setError("");
    if (files.length > 1) return setError("One report at a time, please.");
    const [chosen] = files;
    if (!chosen) return undefined;
    if (!readable(chosen.name)) return setError(`“${chosen.name}” is no report that can be read. Bring it as PDF, as a saved page (HTML) or as JSON, or give the figure alone.`);
    return setFile(chosen);
  };
  const onDrag = (event) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    setOver(event.type === "dragover");
  };
  const onDrop = (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    event.reportTaken = true; // the page's own drop zone leaves it alone
    setOver(false);
    take([...event.dataTransfer.files]);
  };
  const submit = async (event) => {
    event.preventDefault();
    if (!observed && !file) return setError("Give the similarity in per cent, or attach the report.");
    setSending(true);
    setError("");
    const form = new FormData();
    form.append("cycle_id", cycle.cycle_id);
    if (observed) form.append("observed_similarity", observed);
    if (file) form.append("report", file, file.name);
    form.append("quotations", quotations);
    try {
      await api.post(`/api/v2/turnitin/${view.id}/report`, form);
      onSent();
    } catch (problem) {
      setError(problem.message);
      setSending(false);
    }
    return undefined;
  };

  return html`<form class="report-form" onSubmit=${submit} novalidate>
    <div class="report-drop" data-over=${over ? "true" : undefined} onDragOver=${onDrag} onDragLeave=${onDrag} onDrop=${onDrop}>
      <label class="report-file" for=${`${id}-file`}><${Icon} name="upload" /><span>The report’s file</span></label>
      <input class="visually-hidden" id=${`${id}-file`} ref=${picker} type="file" accept=${READ.join(",")} aria-describedby=${`${id}-hint`} onChange=${(e) => take([...e.target.files])} />
      ${file
        ? html`<p class="report-chosen"><${Icon} name="file-text" /><span>${file.name}</span> <span class="faint">${bytes(file.size)}</span>
            <button type="button" class="icon-button small" aria-label=${`Take ${file.name} off again`} onClick=${() => {
              setFile(null);
              picker.current.value = "";
              picker.current.focus();
            }}><${Icon} name="x" /></button></p>`
        : html`<p class="faint" id=${`${id}-hint`}>PDF, saved page or JSON: drop it here or choose it. Its figure is read from it.</p>`}
    </div>
    <div class="field report-figure"><label for=${`${id}-figure`}>or only the similarity found (%)</label>
      <input id=${`${id}-figure`} type="number" min="0" max="100" step="0.1" inputmode="decimal" value=${observed} onInput=${(e) => setObserved(e.target.value)} /></div>
    <fieldset class="report-quotations"><legend>If only quotations keep it above the target</legend>
      <p class="faint">They are no fault where they are marked and cited. Your service can also be set to leave them out of its figure.</p>
      ${QUOTATIONS.map(([value, words]) => html`<label key=${value}><input type="radio" name=${`${id}-quotations`} value=${value} checked=${quotations === value} onChange=${() => setQuotations(value)} /> ${words}</label>`)}
    </fieldset>
    <button type="submit" class="button primary" disabled=${sending}>${sending ? "Reading the report…" : "Hand in the report"}</button>
    ${error && html`<p class="error-text" role="alert">${error}</p>`}
  </form>`;
}
