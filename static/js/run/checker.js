// The owner's choice: hand the document that waits for its report to a human checker, and what the
// checker said of it.
import { html, useCallback, useEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { ago } from "../lib/format.js";
import * as api from "../lib/api.js";

const EVERY_MS = 20000;

export function Checker({ view, waiting, onChoice }) {
  const [choice, setChoice] = useState(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const path = `/api/v2/turnitin/${view.id}/checker`;
  const at = `${view.cycle?.cycle_id ?? ""} ${view.cycle?.status ?? ""} ${waiting}`;

  const asked = useRef(0);
  const look = useCallback(async () => {
    const mine = (asked.current += 1);
    try {
      const found = await api.get(path);
      if (mine === asked.current) setChoice(found); // nothing was decided meanwhile
    } catch {
      // A convenience: the report can be brought without it.
    }
  }, [path]);
  useEffect(() => {
    if (!view.cycle?.cycle_id) return undefined;
    look();
    if (!waiting) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && look(), EVERY_MS);
    return () => clearInterval(timer);
  }, [at, look]);

  useEffect(() => onChoice?.(choice), [choice]);

  const change = async (call) => {
    setBusy(true);
    setProblem(null);
    try {
      const changed = await call();
      asked.current += 1;
      setChoice(changed);
    } catch (error) {
      setProblem(error);
      look();
    } finally {
      setBusy(false);
    }
  };
  const check = choice?.check;
  const underWay = check && check.status !== "done";
  if (!choice || (!choice.offered && !check && !choice.decided)) return null;
  if (!waiting) return html`<${Said} check=${choice.decided} />`;
  return html`<${Said} check=${choice.decided} /><div class="checker-choice">
    ${underWay
      ? html`<p role="status"><${Icon} name="user" /> <span>${check.status === "claimed" ? "A checker has your document now." : `Checkers were asked ${ago(check.asked_at)}.`} The run goes on when they have decided. You can still hand in a report yourself; the first one counts.</span></p>
          ${!choice.always && html`<button type="button" class="button quiet" disabled=${busy} onClick=${() => change(() => api.remove(path))}>Take it back</button>`}`
      : choice.offered && html`<p><${Icon} name="user" /> <span>Or have it checked: a checker of this server reads the document, and sees nothing else of yours.</span></p>
          <button type="button" class="button" disabled=${busy} onClick=${() => change(() => api.post(path))}>Ask a checker</button>`}
    ${problem && html`<p class="error-text" role="alert">${problem.message}</p>`}
  </div>`;
}

function Said({ check }) {
  if (!check) return null;
  const accepted = check.outcome === "accepted";
  return html`<div class=${`notice ${accepted ? "good" : ""}`}><${Icon} name=${accepted ? "circle-check" : "rotate-ccw"} />
    <div><strong>${accepted ? "Accepted" : "Sent back"} by ${check.checker || "a checker"}, cycle ${check.cycle_number}</strong>${check.note && html`<span class="checker-note">${check.note}</span>`}</div></div>`;
}
