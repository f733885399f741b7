// The plan waits for the person who wanted to see it before anything is written.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";
import { useControl } from "./controls.js";

export const PLAN_APPROVAL = "plan_approval";

export function ApprovalCard({ view, onSnapshot }) {
  const { asked, ask } = useControl(view, onSnapshot);
  if (view.status !== "waiting_human" || view.waitingFor?.kind !== PLAN_APPROVAL) return null;
  const writing = view.plan?.steps.filter((step) => step.kind === "write") ?? [];
  return html`<section class="originality card" aria-label="Approval of the plan">
    <h2><${Icon} name="list-checks" /> The plan is ready</h2>
    <p>${plural(writing.length, "part")} would be written. Look through the plan above. While it waits for you, nothing is written and nothing is spent.</p>
    <ul class="plan-parts">${writing.map((step) => html`<li key=${step.id}>${step.title.replace(/^Write:? /, "")}</li>`)}</ul>
    <div class="dialog-actions">
      <button type="button" class="button quiet" disabled=${asked !== null} onClick=${() => ask("cancel")}>Stop the run</button>
      <button type="button" class="button primary" disabled=${asked !== null} onClick=${() => ask("resume")}>${asked === "resume" ? "Going on…" : "Agree and write"}</button>
    </div>
  </section>`;
}
