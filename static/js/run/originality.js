// The run waits for a similarity report: take the document, bring back the number or the file.
import { html, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { Checker } from "./checker.js";
import { LastReading } from "./report_reading.js";

export function OriginalityCard({ view, byRule }) {
  const cycle = view.cycle ?? {};
  const waiting = view.status === "waiting_human" && cycle.status !== "report_ready";
  // Each cycle is asked about anew, whatever was handed in for the one before.
  return html`${waiting && cycle.cycle_id && html`<${Cycle} key=${cycle.cycle_id} view=${view} cycle=${cycle} byRule=${byRule} />`}
    ${!waiting && html`<${Checker} view=${view} waiting=${false} />`}
    <${LastReading} view=${view} />`;
}

function Cycle({ view, cycle, byRule }) {
  const [observed, setObserved] = useState("");
  const [file, setFile] = useState(null);
  const [state, setState] = useState("idle");
  const [error, setError] = useState("");
  const artifact = cycle.artifact_id ?? view.artifactId;

  const submit = async (event) => {
    event.preventDefault();
    if (!observed && !file) {
      setError("Give the similarity in per cent, or attach the report.");
      return;
    }
    setState("sending");
    setError("");
    const form = new FormData();
    form.append("cycle_id", cycle.cycle_id);
    if (observed) form.append("observed_similarity", observed);
    if (file) form.append("report", file, file.name);
    try {
      await api.post(`/api/v2/turnitin/${view.id}/report`, form);
      setState("sent");
    } catch (problem) {
      setError(problem.message);
      setState("idle");
    }
  };

  if (state === "sent") {
    return html`<div class="notice good" role="status"><${Icon} name="circle-check" /><div><strong>Report received</strong><span>The run goes on by itself.</span></div></div>`;
  }
  return html`<section class="question originality card" aria-labelledby=${`originality-${view.id}`}>
    <h2 id=${`originality-${view.id}`}><${Icon} name="scan-text" /> Originality check</h2>
    <p>Check the document in Turnitin or another similarity service, then hand in what it found. Your target is <strong>${cycle.target_similarity} %</strong> or less; above it, the run revises the passages that are too close.</p>
    ${cycle.last && html`<p class="originality-last" role="status">${outcome(cycle.last)}</p>`}
    ${byRule && html`<p>The text is nearly all quotation; set your checking service to exclude quoted text.</p>`}
    <ol class="originality-steps">
      <li><a class="button" href=${`/api/v2/runs/${view.id}/artifacts/${artifact}/download?format=docx`} download><${Icon} name="download" /> Download DOCX</a></li>
      <li>
        <form onSubmit=${submit} novalidate>
          <div class="field"><label for=${`observed-${view.id}`}>Similarity found (%)</label>
            <input id=${`observed-${view.id}`} type="number" min="0" max="100" step="0.1" inputmode="decimal" value=${observed} onInput=${(e) => setObserved(e.target.value)} /></div>
          <div class="field"><label for=${`report-${view.id}`}>or the report’s file</label>
            <input id=${`report-${view.id}`} type="file" accept=".pdf,.html,.htm,.json" aria-describedby=${`report-hint-${view.id}`} onChange=${(e) => setFile(e.target.files[0] ?? null)} /></div>
          <button type="submit" class="button primary" disabled=${state === "sending"}>${state === "sending" ? "Sending…" : "Hand in the report"}</button>
          <p class="faint" id=${`report-hint-${view.id}`}>The figure is read from the file (Turnitin’s PDF, a saved page or JSON). Give it yourself only where the file does not show it.</p>
          ${error && html`<p class="error-text" role="alert">${error}</p>`}
        </form>
      </li>
    </ol>
    <${Checker} view=${view} waiting=${true} />
  </section>`;
}

function outcome({ observed, target }) {
  if (observed === null) return "Your last report could not be read. Give the number this time: less is quoted now.";
  return `You reported ${observed} %, the target is ${target} %: less is quoted now.`;
}
