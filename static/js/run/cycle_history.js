// Past originality cycles: what each report said, and each passage that was looked at because of it.
import { html, useEffect, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";
import * as api from "../lib/api.js";
import { Came, Gone } from "../document/diff.js";
import { day, figure } from "./cycles.js";

const REMEDY = {
  quote: ["Put between quotation marks", "quote"],
  cite: ["Citation added", "link"],
  rephrase: ["Said otherwise, source named", "pencil"],
  shorten: ["Quotation shortened", "quote"],
  cut: ["Taken out", "x"],
  keep: ["Left as it is", "check"],
  rewrite: ["Its section is written again", "rotate-ccw"],
  recount: ["Counts what is there now", "list-checks"],
  refill: ["Added to keep the length", "plus"],
};
const TELLER = {
  checker: "flagged by a checker",
  report: "flagged by the report",
  engine: "flagged by HandyWriterz’s own check",
  target: "nothing wrong with it: for your target",
  reviser: "follows from the other changes",
};
const VERDICT = { settled: ["No longer flagged", "good"], open: ["Still flagged", "warn"], unchecked: ["Not compared", ""] };
/** Of what was added: it had never been flagged. */
const ADDED = { settled: ["Not flagged", "good"], open: ["Flagged", "warn"] };
const ENDED = {
  accepted: "accepted",
  rejected: "above the target",
  expired: "no report came",
  closed: "the run ended first",
};

/** @param open the last one shows its changes from the beginning. */
export function CycleHistory({ runId, cycles, open = false }) {
  const past = cycles.filter((cycle) => cycle.closed_at).reverse();
  if (!past.length) return null;
  return html`<div class="cycle-history"><h3>${past.length === 1 ? "The cycle before" : "Cycles so far"}</h3>
    <ol>${past.map((cycle, at) => html`<${Past} key=${cycle.cycle_id} runId=${runId} cycle=${cycle} shown=${open && at === 0} />`)}</ol></div>`;
}

function Past({ runId, cycle, shown }) {
  const [open, setOpen] = useState(shown);
  useEffect(() => setOpen(shown), [shown]);
  const said = cycle.reported_at ? `${figure(cycle.observed_similarity, cycle.observed_below)} reported` : "";
  const how = cycle.verdict ? `${cycle.verdict === "accepted" ? "accepted" : "returned"} by a checker` : ENDED[cycle.status];
  const done = cycle.changes ? plural(cycle.changes, "passage") + " looked at" : "";
  return html`<li class="cycle-past">
    <button type="button" class="cycle-toggle" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>
      <${Icon} name=${open ? "chevron-down" : "chevron-right"} /><span><strong>Cycle ${cycle.number}</strong> ${[said, how, done].filter(Boolean).join(", ")} <span class="faint">${day(cycle.closed_at)}</span></span></button>
    ${open && html`<${Changes} runId=${runId} cycle=${cycle} />`}
  </li>`;
}

function Changes({ runId, cycle }) {
  const [state, setState] = useState({ loading: true });
  const load = () => {
    setState({ loading: true });
    api.get(`/api/v2/turnitin/${runId}/changes?cycle_id=${cycle.cycle_id}`).then(
      (changes) => setState({ changes }),
      (error) => setState({ error }),
    );
  };
  useEffect(load, [cycle.cycle_id]);
  if (state.loading) return html`<p class="faint" role="status">Loading…</p>`;
  if (state.error) return html`<p class="error-text" role="alert">${state.error.message} <button type="button" class="link-button" onClick=${load}>Try again</button></p>`;
  const note = cycle.note && html`<p class="cycle-note"><span class="faint">Note: </span>${cycle.note}</p>`;
  const own = cycle.local_similarity !== null && html`<p class="faint">Own check of this draft: ${figure(cycle.local_similarity)}, besides ${figure(cycle.local_quoted)} quoted and cited.</p>`;
  if (!state.changes.length) return html`<div class="cycle-body">${note}${own}<p class="faint">No passage was changed because of it.</p></div>`;
  return html`<div class="cycle-body">${note}${own}
    <ol class="cycle-changes">${state.changes.map((change, at) => html`<${Change} key=${at} change=${change} />`)}</ol></div>`;
}

function Change({ change }) {
  const [label, icon] = REMEDY[change.remedy];
  const [word, tone] = (change.remedy === "refill" && ADDED[change.verdict]) || (VERDICT[change.verdict] ?? []);
  const same = change.before === change.after;
  return html`<li class="cycle-change" data-remedy=${change.remedy}>
    <header><${Icon} name=${icon} /><strong>${label}</strong>${word && html` <span class=${`badge ${tone}`}>${word}</span>`}
      <span class="faint">${[change.heading, TELLER[change.told_by], change.author === "model" ? "worded by a language model" : ""].filter(Boolean).join(" · ")}</span></header>
    <p class="cycle-change-reason">${change.reason}</p>
    ${change.note && html`<p class="cycle-change-reason"><span class="faint">Checker’s note: </span>${change.note}</p>`}
    <div class="cycle-change-text">${same ? html`<p>${change.before}</p>` : html`${change.before && html`<p><${Gone} text=${change.before} /></p>`}${change.after && html`<p><${Came} text=${change.after} /></p>`}`}</div>
    ${change.source_title && html`<p class="faint">Source: ${change.source_title}</p>`}
  </li>`;
}
