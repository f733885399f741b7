// A copy of a run that goes on from one of its steps, perhaps another way.
import { html, useEffect, useRef, useState } from "../lib/view.js";
import * as api from "../lib/api.js";
import { clock } from "../lib/format.js";
import { Dialog, open } from "../ui/dialog.js";

const LATE_MS = 50; // an event may be stamped a little after the checkpoint it was saved with

/** Events that are saved together with a checkpoint, so that a copy goes on right after them. */
export function isBoundary(event) {
  return event.type === "plan.updated" || event.type === "verdict" || (event.type === "observation" && Boolean(event.meta?.observation));
}

/** The checkpoint saved with `event`, or the last one before it; null when none is kept. */
export function checkpointAt(checkpoints, event) {
  const at = new Date(event.ts).getTime() + LATE_MS;
  const before = checkpoints.filter((point) => new Date(point.created_at).getTime() <= at);
  return before.reduce((best, point) => (!best || point.checkpoint_id > best.checkpoint_id ? point : best), null);
}

/** Ask what the copy should do differently, make it, and let `onMade(runId)` show it. */
export async function forkFrom(runId, event, onMade) {
  const made = await open(({ settle }) => html`<${ForkDialog} runId=${runId} event=${event} settle=${settle} />`);
  if (made) await onMade(made.run_id);
}

function ForkDialog({ runId, event, settle }) {
  const [point, setPoint] = useState(undefined);
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const key = useRef(api.newKey());
  useEffect(() => {
    api.all(`/api/v2/runs/${runId}/checkpoints?limit=200`).then(
      (found) => setPoint(checkpointAt(found, event)),
      (problem) => setError(problem.message),
    );
  }, []);
  const submit = async (submitted) => {
    submitted.preventDefault();
    setBusy(true);
    setError("");
    try {
      const body = { checkpoint_id: point.checkpoint_id, ...(message.trim() ? { message: message.trim() } : {}) };
      settle(await api.post(`/api/v2/runs/${runId}/fork`, body, { headers: { "Idempotency-Key": key.current } }));
    } catch (problem) {
      if (!problem.transient) key.current = api.newKey();
      setError(problem.message);
      setBusy(false);
    }
  };
  return html`<${Dialog} title="Go on from here in a copy" onCancel=${() => settle(null)}>
    <form onSubmit=${submit}>
      <p>The copy starts at ${clock(event.ts)}, after “${event.content}”. It has a full budget of its own; this run stays as it is.</p>
      ${point === null && html`<p class="error-text" role="alert">The saved steps up to here were tidied away. Choose a later one.</p>`}
      <div class="field"><label for="fork-message">What should be different? (optional)</label>
        <textarea id="fork-message" rows="3" autofocus maxlength="20000" value=${message} onInput=${(e) => setMessage(e.target.value)}></textarea></div>
      ${error && html`<p class="error-text" role="alert">${error}</p>`}
      <div class="dialog-actions">
        <button type="button" class="button quiet" onClick=${() => settle(null)}>Cancel</button>
        <button type="submit" class="button primary" disabled=${busy || !point}>${busy ? "Copying…" : "Make the copy"}</button>
      </div>
    </form>
  <//>`;
}
