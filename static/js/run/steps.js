// The plan as a list: each step opens to what was done for it.
import { html, memo, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { clock } from "../lib/format.js";
import { Program } from "../document/computed.js";
import { isBoundary } from "./fork.js";
import { labelOf } from "./trouble.js";

const MARK = {
  pending: ["circle", "Waiting"],
  running: ["loader-circle", "Running"],
  done: ["circle-check", "Done"],
  failed: ["circle-x", "Failed"],
  skipped: ["circle-slash", "Skipped"],
};

const KIND = { tool: "Tool", write: "Write", assemble: "Assemble", code: "Program" };

/** What a tool does, for people; its name stays in the title. */
const TOOL = {
  "draft.read": "Draft",
  "library.survey": "Library",
  "library.search": "Library",
  "library.read": "Library",
  "scholarly.search": "Registries",
  "scholarly.keep": "Registries",
  "scholarly.follow": "Registries",
  "web.search": "Web",
  "web.read": "Web",
  "evidence.allocate": "Evidence",
};

export const Steps = memo(function Steps({ plan, entries, headway, onFork }) {
  return html`<ol class="steps">
    ${plan.steps.map((step) => html`<${StepRow} key=${step.id} step=${step} entries=${entries[step.id]} headway=${headway[step.id]} onFork=${onFork} />`)}
  </ol>`;
});

const StepRow = memo(function StepRow({ step, entries = [], headway, onFork }) {
  const [open, setOpen] = useState(false);
  const [icon, word] = MARK[step.status] ?? MARK.pending;
  const retries = entries.filter((event) => event.type === "retry").length;
  const said = step.summary && step.status !== "pending" ? step.summary : "";
  return html`<li class="step" data-status=${step.status}>
    <button type="button" class="step-head" aria-expanded=${open ? "true" : "false"} disabled=${!entries.length}
      onClick=${() => setOpen(!open)}>
      <${Icon} name=${icon} spin=${step.status === "running"} />
      <span class="visually-hidden">${word}: </span>
      <span class="step-title">${step.title}</span>
      ${retries > 0 && html`<span class="badge warn">${retries === 1 ? "1 retry" : `${retries} retries`}</span>`}
      <span class="step-kind" title=${step.tool}>${TOOL[step.tool] ?? step.tool ?? KIND[step.kind] ?? step.kind}</span>
      ${entries.length > 0 && html`<${Icon} name=${open ? "chevron-down" : "chevron-right"} />`}
    </button>
    ${step.status === "running" && headway ? html`<${Headway} ...${headway} />` : said && html`<p class="step-said">${said}</p>`}
    ${open && html`<ol class="entries">${entries.map((event) => html`<${Entry} key=${event.seq} event=${event} onFork=${onFork} />`)}</ol>`}
  </li>`;
});

/** How far a step is that takes its time. */
function Headway({ text, done, of }) {
  return html`<p class="step-said step-headway"><span>${text}</span>
    ${of > 0 && html`<progress value=${done} max=${of} aria-label=${`${done} of ${of} parts`}></progress>`}</p>`;
}

const LABEL = {
  "run.started": "Asked",
  "plan.updated": "Plan",
  "step.started": "Step",
  action: "Action",
  observation: "Observation",
  verdict: "Verdict",
  note: "Note",
  retry: "Retry",
  "section.committed": "Section",
  "source.found": "Source",
  "citation.verified": "Citations",
  budget: "Budget",
  "turnitin.awaiting_report": "Originality",
  "turnitin.report_ready": "Originality",
  "turnitin.revised": "Originality",
  "turnitin.expired": "Originality",
  "artifact.created": "Document",
  interrupt: "Question",
  "attempt.restarted": "Restarted",
  "run.paused": "Paused",
  "run.resumed": "Resumed",
  "run.finished": "End",
  error: "Error",
};

/** What people said to the run is a note of a kind. */
const SPOKEN = { message: "You", message_taken: "Taken up" };

const TONE = { error: "bad", retry: "warn", "attempt.restarted": "warn" };

export const Entry = memo(function Entry({ event, onFork }) {
  const meta = event.meta ?? {};
  const observation = meta.observation;
  const failed = observation && !observation.ok;
  const tone = failed ? "bad" : (TONE[event.type] ?? "");
  const detail = detailOf(event.type, meta);
  return html`<li class=${`entry ${tone}`}>
    <time datetime=${event.ts}>${clock(event.ts)}</time>
    <span class="entry-label">${SPOKEN[meta.kind] ?? (labelOf(event) || (LABEL[event.type] ?? event.type))}</span>
    <div class="entry-body">
      <span>${(TOOL[meta.tool] && event.content?.startsWith(`${meta.tool}: `) ? event.content.slice(meta.tool.length + 2) : event.content) || observation?.summary || meta.title || ""}</span>
      ${failed && observation.error && html`<span class="entry-detail">${observation.error.message}</span>`}
      ${detail && html`<span class="entry-detail">${detail}</span>`}
      ${meta.program && html`<${Program} text=${meta.program} />`}
    </div>
    ${isBoundary(event) && html`<button type="button" class="icon-button small entry-fork" aria-label=${`Go on from here in a copy: ${event.content}`} title="Go on from here in a copy" onClick=${() => onFork(event)}><${Icon} name="git-branch" /></button>`}
  </li>`;
});

function detailOf(type, meta) {
  if (type === "action" && meta.input) {
    const words = Object.entries(meta.input)
      .filter(([key, value]) => !/_ids?$/.test(key) && value !== null && value !== "" && !(Array.isArray(value) && !value.length))
      .map(([key, value]) => `${key}: ${Array.isArray(value) ? value.join(" · ") : typeof value === "object" ? JSON.stringify(value) : value}`);
    const line = words.join(", ");
    return line.length > 320 ? `${line.slice(0, 320)}…` : line;
  }
  if (type === "verdict" && meta.verdict) return `Next: ${meta.verdict.route}`;
  return "";
}

export const Log = memo(function Log({ log, onFork }) {
  return html`<ol class="entries log">${log.map((event) => html`<${Entry} key=${event.seq} event=${event} onFork=${onFork} />`)}</ol>`;
});
