// The plan waits for the person who wanted to see it before anything is written: they change it,
// agree to it, or say what to change.
import { html, useEffect, useMemo, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { count, plural } from "../lib/format.js";
import { useControl } from "./controls.js";
import { faults, inWords, rowsOf, same, stepsOf, totalWords } from "./plan_edits.js";
import { PlanEditor } from "./plan_editor.js";
import { Outcome } from "./told.js";

export const PLAN_APPROVAL = "plan_approval";

const asks = (view) => view.status === "waiting_human" && view.waitingFor?.kind === PLAN_APPROVAL;

/** Edits that were not saved yet: {version, rows}, kept over a reload. */
function useEdits(runId) {
  const name = `hw-plan:${runId}`;
  const [edits, set] = useState(() => {
    try {
      return JSON.parse(sessionStorage.getItem(name));
    } catch {
      return null;
    }
  });
  const setEdits = (next) => {
    set(next);
    if (next) sessionStorage.setItem(name, JSON.stringify(next));
    else sessionStorage.removeItem(name);
  };
  return [edits, setEdits];
}

export function ApprovalCard({ view, onSnapshot, onCompose }) {
  const [edits, setEdits] = useEdits(view.id);
  // {as: "saving" | "saved" | "approved", version}: what became of the last answer, and of which plan
  const [sent, setSent] = useState(null);
  const waiting = asks(view) && view.plan;
  const back = sent?.as === "saving" && waiting && view.plan.version > sent.version;
  const over = sent && !waiting && view.status !== "queued" && view.status !== "running";
  useEffect(() => {
    if (back) setSent({ as: "saved", version: view.plan.version });
    else if (over) setSent(null);
  }, [back, over]);
  // Asked anew: whatever was sent about the question before is settled.
  useEffect(() => setSent((last) => (last?.as === "approved" ? null : last)), [view.waitingFor?.interrupt_id]);

  if (waiting || (sent?.as === "saving" && !over)) {
    return html`<${Approval} view=${view} edits=${edits} setEdits=${setEdits} sent=${sent} setSent=${setSent} onSnapshot=${onSnapshot} onCompose=${onCompose} />`;
  }
  if (!edits || sent?.as === "approved") return null;
  // Somebody else, or this person in another tab, was faster.
  return html`<div class="notice warn" role="status"><${Icon} name="info" /><div>
    <strong>The plan was already answered</strong>
    <span>It was agreed to, or the run was stopped, in another place. Your changes here were not used.</span>
    <span class="notice-actions">
      <button type="button" class="button" onClick=${() => { onCompose(inWords(edits.rows), "steer"); setEdits(null); }}>Put them into a message</button>
      <button type="button" class="button quiet" onClick=${() => setEdits(null)}>Drop them</button></span>
  </div></div>`;
}

function Approval({ view, edits, setEdits, sent, setSent, onSnapshot, onCompose }) {
  const { plan } = view;
  const { asked, ask } = useControl(view, onSnapshot);
  const [error, setError] = useState("");
  const [tried, setTried] = useState(false);
  const own = useMemo(() => rowsOf(plan), [plan]);
  const rows = edits?.rows ?? own;
  const dirty = edits !== null && !same(rows, own);
  const stale = dirty && edits.version !== plan.version;
  const problems = tried ? faults(rows) : {};
  const saving = sent?.as === "saving";
  const busy = saving || sent?.as === "approved" || asked !== null;
  const saved = sent?.as === "saved" && sent.version === plan.version && !dirty;
  const onRows = (next) => setEdits({ version: edits?.version ?? plan.version, rows: next });

  // A plan that came meanwhile replaces what nobody has touched.
  useEffect(() => {
    if (edits && !busy && same(edits.rows, own)) setEdits(null);
  }, [plan.version]);

  const put = async (approve) => {
    setTried(true);
    setError("");
    if (Object.keys(faults(rows)).length) return;
    setSent({ as: approve ? "approved" : "saving", version: plan.version });
    try {
      const answer = await api.put(`/api/v2/runs/${view.id}/plan`, { version: plan.version, steps: stepsOf(rows, plan), approve });
      setEdits(null);
      setTried(false);
      onSnapshot(answer?.id ? answer : await api.get(`/api/v2/runs/${view.id}`));
    } catch (problem) {
      setSent(null);
      setError(problem.errors?.length ? problem.errors.map((e) => e.message).join(" ") : problem.message);
      // Changed or answered meanwhile: the newest state says which.
      if (problem.status === 409) onSnapshot(await api.get(`/api/v2/runs/${view.id}`));
    }
  };
  const agree = () => {
    setEdits(null);
    ask("resume");
  };
  const total = totalWords(rows);
  const message = view.told.at(-1);
  return html`<section class="question plan-approval card" aria-label="Approval of the plan">
    <h2><${Icon} name="list-checks" /> The plan is ready</h2>
    <p>Change it as you like: nothing is written and nothing is spent while it waits for you.</p>
    <${PlanEditor} rows=${rows} onRows=${onRows} problems=${problems} disabled=${busy} />
    <p class="plan-total">${plural(rows.length, "part")}${total ? `, ${count(total)} words in all` : ""}</p>
    ${stale && html`<${OtherPlan} rows=${own} version=${plan.version} onKeep=${() => setEdits({ version: plan.version, rows })} onTake=${() => setEdits(null)} />`}
    ${error && html`<p class="error-text" role="alert">${error}</p>`}
    <p class="plan-saved" role="status">${saved ? "The changed plan is saved." : saving ? "Saving the plan…" : ""}</p>
    <div class="dialog-actions plan-actions">
      <button type="button" class="button quiet" disabled=${busy} onClick=${() => ask("cancel")}>Stop the run</button>
      <button type="button" class="button quiet" disabled=${busy} onClick=${() => onCompose("", "steer")}><${Icon} name="message-square" /> Ask for changes in words</button>
      ${dirty && html`<button type="button" class="button" disabled=${busy || stale} onClick=${() => put(false)}>${saving ? "Saving…" : "Save changes"}</button>`}
      <button type="button" class="button primary" disabled=${busy || stale} onClick=${() => (dirty ? put(true) : agree())}>
        ${saving ? "Saving…" : busy ? "Going on…" : dirty ? "Save and write" : "Agree and write"}</button>
    </div>
    ${message && html`<div class="plan-message"><p>You said: “${message.text}”</p><${Outcome} message=${message} status=${view.status} /></div>`}
  </section>`;
}

/** Edits were begun on a plan that is no longer the newest. Neither is thrown away unasked. */
function OtherPlan({ rows, version, onKeep, onTake }) {
  return html`<div class="notice warn" role="alert"><${Icon} name="triangle-alert" /><div>
    <strong>The plan was changed meanwhile</strong>
    <span>Version ${version} has these parts; above are your changes, still unsaved.</span>
    <ol class="plan-parts">${rows.map((row) => html`<li key=${row.key}>${row.title}${row.words ? html` <span class="faint">${row.words} words</span>` : ""}</li>`)}</ol>
    <span class="notice-actions"><button type="button" class="button" onClick=${onKeep}>Go on with my changes</button>
      <button type="button" class="button quiet" onClick=${onTake}>Take that plan</button></span>
  </div></div>`;
}
