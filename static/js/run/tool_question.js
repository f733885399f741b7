// A run asks whether it may use a tool that was learnt and that its person wants to be asked about.
import { html, useEffect, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";

export const TOOL_APPROVAL = "tool_approval";

export function ToolQuestion({ view, onSnapshot }) {
  const [busy, setBusy] = useState("");
  const [error, setError] = useState("");
  const [always, setAlways] = useState(false);
  const asked = view.waitingFor;
  const waiting = view.status === "waiting_human" && asked?.kind === TOOL_APPROVAL;
  useEffect(() => {
    setBusy("");
    setError("");
    setAlways(false);
  }, [asked?.interrupt_id]);
  if (!waiting) return null;

  const answer = async (allowed) => {
    setBusy(allowed ? "yes" : "no");
    setError("");
    try {
      const body = { interrupt_id: asked.interrupt_id, allowed, always: allowed && always };
      onSnapshot(await api.post(`/api/v2/runs/${view.id}/tool`, body));
    } catch (problem) {
      setBusy("");
      setError(problem.message);
      // Answered in another place: the newest state says so.
      if (problem.status === 409) onSnapshot(await api.get(`/api/v2/runs/${view.id}`));
    }
  };
  const queries = asked.input?.queries ?? [];
  const given = Object.entries(asked.input?.arguments ?? {});
  return html`<section class="question tool-question card" aria-label="Question about a tool">
    <h2><${Icon} name="wrench" /> May this run use a tool?</h2>
    <p><strong class="tool-name">${asked.tool}</strong> is a tool of yours that is used only after you say yes. Nothing runs and nothing is spent while it waits for you.</p>
    ${queries.length > 0 && html`<p>It would be asked for:</p><ul class="tool-queries">${queries.slice(0, 6).map((query) => html`<li key=${query}>${query}</li>`)}</ul>`}
    ${given.length > 0 && html`<p>It would be called with:</p><ul class="tool-queries">${given.map(([name, value]) => html`<li key=${name}>${name}: ${typeof value === "string" ? value : JSON.stringify(value)}</li>`)}</ul>`}
    <label class="check-field"><input type="checkbox" checked=${always} disabled=${busy !== ""} onChange=${(event) => setAlways(event.target.checked)} /> Do not ask about this tool again</label>
    ${error && html`<p class="error-text" role="alert">${error}</p>`}
    <div class="dialog-actions">
      <button type="button" class="button" disabled=${busy !== ""} onClick=${() => answer(false)}>${busy === "no" ? "Going on…" : "Go on without it"}</button>
      <button type="button" class="button primary" disabled=${busy !== ""} onClick=${() => answer(true)}>${busy === "yes" ? "Going on…" : "Use it in this run"}</button>
    </div>
  </section>`;
}
