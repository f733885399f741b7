// The originality check of a run: where it stands, whom it waits for, the report, and what was changed
// because of reports before.
import { html, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { Checker } from "./checker.js";
import { CycleHistory } from "./cycle_history.js";
import { day, figure, moment, standing, useCycles, withChecker } from "./cycles.js";
import { ReportForm } from "./report_form.js";
import { ReportReading } from "./report_reading.js";
import { TERMINAL } from "./state.js";

export function OriginalityCard({ view, byRule }) {
  const { cycles, statement, failed, load } = useCycles(view);
  const [checker, setChecker] = useState(null);
  const cycle = cycles.at(-1);
  const event = view.cycle ?? {};
  // What the run's own events say stands until the server has been asked.
  const known = cycle && (!event.cycle_id || cycle.cycle_id === event.cycle_id);
  const now = known ? { ...fromEvents(event), ...cycle } : fromEvents(event);
  if (!now?.cycle_id) return null;
  const waits = now.status === "awaiting_report" && ["waiting_human", "paused"].includes(view.status);
  // Whoever is asked for the next report first sees what became of the one before.
  const past = cycles.some((one) => one.closed_at);
  const reading = cycles.filter((one) => one.reading).at(-1);
  const [word, tone, icon] = standing(view, now, checker);
  const id = `originality-${view.id}`;
  return html`<section class="originality card" data-waits=${waits ? "true" : undefined} aria-labelledby=${id}>
    <header class="originality-head"><h2 id=${id}><${Icon} name="scan-text" /> Originality check</h2>
      <span class=${`badge ${tone}`} role="status"><${Icon} name=${icon} spin=${icon === "loader-circle"} />${word}</span></header>
    <${Facts} runId=${view.id} cycle=${now} cycles=${cycles} />
    ${waits && past && html`<${CycleHistory} runId=${view.id} cycles=${cycles} open />`}
    ${waits && html`<${Wait} key=${now.cycle_id} view=${view} cycle=${now} cycles=${cycles} checker=${checker} byRule=${byRule} onSent=${() => load()} />`}
    ${!waits && html`<${Outcome} view=${view} cycle=${now} cycles=${cycles} statement=${statement} />`}
    <${Checker} view=${view} waiting=${waits} onChoice=${setChecker} />
    ${failed && !cycles.length && html`<p class="faint" role="status">The cycles so far could not be loaded. <button type="button" class="link-button" onClick=${() => load()}>Try again</button></p>`}
    ${!(waits && past) && html`<${CycleHistory} runId=${view.id} cycles=${cycles} />`}
  </section>
  ${reading && html`<${ReportReading} cycle=${reading} />`}`;
}

function fromEvents(event) {
  if (!event.cycle_id) return null;
  return {
    number: event.cycle ?? 1,
    local_similarity: null,
    local_quoted: null,
    observed_similarity: null,
    observed_below: false,
    verdict: "",
    ...event,
  };
}

/** The last figure that a report gave, about this draft or the one before it. */
const lastReported = (cycles, now) => [...cycles].reverse().find((one) => one.reported_at) ?? (now.reported_at ? now : null);

function Facts({ runId, cycle, cycles }) {
  const compared = cycle.local_similarity !== null && cycle.local_similarity !== undefined;
  const reported = lastReported(cycles, cycle);
  const earlier = reported && reported.cycle_id !== cycle.cycle_id;
  return html`<dl class="originality-facts">
    <div><dt>Target</dt><dd>${figure(cycle.target_similarity)} <small>or less</small></dd></div>
    <div><dt>Reported</dt><dd>${reported ? figure(reported.observed_similarity, reported.observed_below) : "–"}
      <small>${reported ? `${earlier ? `draft of cycle ${reported.number}; ` : ""}${reported.verdict ? "by a checker" : "user-provided, not verified"}` : "no report yet"}</small></dd></div>
    <div><dt>Own check</dt><dd>${compared
      ? html`<span class="originality-part">${figure(cycle.local_similarity)} <small>unmarked</small></span> <span class="originality-part">${figure(cycle.local_quoted ?? 0)} <small>quoted and cited</small></span> <small>like your own sources</small>`
      : html`– <small>not compared</small>`}
      ${cycle.artifact_id && html`<small><a href=${`/runs/${runId}/similarity/?version=${cycle.artifact_id}`}>${compared ? "See it side by side" : "Compare now"}</a></small>`}</dd></div>
    <div><dt>Cycle</dt><dd>${cycle.number} <small>${cycle.created_at ? `since ${moment(cycle.created_at)}` : ""}</small></dd></div>
  </dl>`;
}

function Wait({ view, cycle, cycles, checker, byRule, onSent }) {
  const [sent, setSent] = useState(false);
  const before = lastReported(cycles, cycle);
  const held = withChecker(checker);
  const artifact = cycle.artifact_id ?? view.artifactId;
  if (sent) return html`<div class="notice good" role="status"><${Icon} name="circle-check" /><div><strong>Report received</strong><span>The run goes on by itself.</span></div></div>`;
  return html`<div class="originality-wait">
    <p>${held
      ? "The document is with the checkers."
      : "Check the document in Turnitin or another similarity service and hand in what it found. Above the target, the passages that are too close are put right, each with a reason; nothing else is changed."}
      ${` Nothing runs and nothing is spent meanwhile${cycle.expires_at ? `; it waits until ${day(cycle.expires_at)}` : ""}.`}</p>
    ${before?.changes > 0 && html`<p>The report before said ${figure(before.observed_similarity, before.observed_below)}; ${before.revised_id !== before.artifact_id ? "this draft is revised. What was changed stands above." : "nothing in the draft was wrong, so nothing was changed. What was looked at stands above."}</p>`}
    ${view.revised?.quoted_words_over > 0 && html`<div class="notice" role="note"><${Icon} name="quote" /><div><strong>Quotations are all that keeps it above the target</strong>
      <span>${`About ${view.revised.quoted_words_over} words more would have to go. They are marked and cited properly, so what happens to them is yours to say below.`}</span></div></div>`}
    ${byRule && html`<p class="faint">The text is nearly all quotation; set your checking service to exclude quoted text.</p>`}
    <div class="originality-steps">
      <a class="button" href=${`/api/v2/runs/${view.id}/artifacts/${artifact}/download?format=docx`} download><${Icon} name="download" /> Download DOCX</a>
      <${ReportForm} view=${view} cycle=${cycle} onSent=${() => {
        setSent(true);
        onSent();
      }} />
    </div>
  </div>`;
}

function Outcome({ view, cycle, cycles, statement }) {
  const reported = lastReported(cycles, cycle);
  const said = reported ? figure(reported.observed_similarity, reported.observed_below) : "";
  if (cycle.status === "accepted") {
    return html`<p>${cycle.verdict ? `A checker accepted the document${said && reported.observed_similarity !== null ? ` at ${said}` : ""}.` : `The report says ${said}, within the target of ${figure(cycle.target_similarity)}.`} ${view.status === "succeeded" ? "This is the version that is handed over." : ""}</p>`;
  }
  if (statement) return html`<p>${statement} ${view.artifactId ? "The best draft is handed over. What is left may be quoted and cited as it should be; read it before you hand it in." : ""}</p>`;
  if (TERMINAL.has(view.status) || cycle.status === "expired") return null;
  if (cycle.status === "report_ready" || !cycle.closed_at) return html`<p>The report is being worked on.</p>`;
  return html`<p>The passages that the report points at are being put right. The draft then waits for a new report.</p>`;
}
