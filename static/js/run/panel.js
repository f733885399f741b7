// One run in the thread: what it is doing, how far it is, and everything behind it on request.
import { html, useCallback, useEffect, useId, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { duration, plural } from "../lib/format.js";
import { Budget } from "./budget.js";
import { Controls } from "./controls.js";
import { Checks, Draft } from "./facets.js";
import { Sources } from "./sources.js";
import { forkFrom } from "./fork.js";
import { Loop } from "./loop.js";
import { ModelMark, ModelsLine } from "./models_line.js";
import { PlanGraph } from "./plan_graph.js";
import { Log, Steps } from "./steps.js";
import { brokenOf, draftsOf, TERMINAL } from "./state.js";
import { activity, elapsedSeconds, limitReached } from "./words.js";

const STATUS = {
  queued: ["Queued", "", "clock"],
  running: ["Working", "live", "loader-circle"],
  waiting_human: ["Needs you", "warn", "hand"],
  paused: ["Paused", "warn", "pause"],
  succeeded: ["Done", "good", "circle-check"],
  failed: ["Failed", "bad", "circle-x"],
  cancelled: ["Stopped", "", "square"],
};

/** Ended by a limit, with or without a draft: nothing is broken, and it can go on. */
const LIMITED = ["Stopped", "warn", "gauge"];

function useTick(active) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}

export function RunPanel({ view, connection, onSnapshot, onExpand, onFollow, onSource, adminRun }) {
  const over = TERMINAL.has(view.status);
  const [chosen, setChosen] = useState(null);
  const open = chosen ?? (!over && !(view.status === "waiting_human" && view.cycle));
  const now = useTick(view.status === "running" || view.status === "queued");
  const id = useId();
  const [word, tone, icon] = over && (limitReached(view) || view.stopReason === "quota") ? LIMITED : (STATUS[view.status] ?? STATUS.queued);
  const doing = activity(view, now);
  const toggle = () => {
    if (!open) onExpand(view.id);
    setChosen(!open);
  };
  useEffect(() => {
    if (open && !view.replayed) onExpand(view.id);
  }, [open, view.replayed]);

  return html`<div class="run card" role="group" data-status=${view.status} data-connection=${over ? undefined : connection} aria-label=${`Run: ${word}`}>
    <header class="run-head">
      <button type="button" class="run-toggle" aria-expanded=${open ? "true" : "false"} aria-controls=${id} onClick=${toggle}>
        <${Icon} name=${open ? "chevron-down" : "chevron-right"} />
        <span class=${`badge ${tone}`}><${Icon} name=${icon} spin=${view.status === "running"} />${word}</span>
        <${ModelMark} view=${view} />
        <span class="run-doing">${over ? tally(view) : doing}</span>
      </button>
      ${(view.status === "running" || view.status === "queued") && html`<span class="run-time">
        ${connection === "live" && html`<span class="live-dot" title="Live: you see each step as it happens"></span>`}${duration(elapsedSeconds(view, now))}</span>`}
      <${Controls} view=${view} onSnapshot=${onSnapshot} />
    </header>
    <p class="visually-hidden" role="status" aria-live="polite">${said(word, activity(view))}</p>
    ${!over && connection !== "live" && html`<${ConnectionLine} state=${connection} />`}
    ${view.status === "queued" && !view.workerUp && html`<div class="run-pad"><div class="notice warn">
      <${Icon} name="triangle-alert" /><div><strong>Queued, no worker is running</strong>
      <span>Your request is stored and starts by itself as soon as a worker is up. Whoever runs this server can look at the worker's log.</span></div></div></div>`}
    ${open && html`<div class="run-body" id=${id}><${Loop} view=${view} /><${ModelsLine} view=${view} adminRun=${adminRun} /><${Facets} view=${view} onFollow=${onFollow} onSource=${onSource} />
      <${Budget} view=${view} onSnapshot=${onSnapshot} /></div>`}
  </div>`;
}

/** What a screen reader hears; a run that is over is named once. */
const said = (word, doing) => (doing === word ? word : `${word}: ${doing}`);

function tally(view) {
  const parts = [`Worked for ${duration(view.budget?.seconds_spent || elapsedSeconds(view))}`];
  const steps = view.plan?.steps.filter((step) => step.status === "done").length;
  if (steps) parts.push(plural(steps, "step"));
  const sources = Object.values(view.sources).filter((row) => row.kept).length;
  if (sources) parts.push(plural(sources, "source"));
  return parts.join(" · ");
}

function ConnectionLine({ state }) {
  const said = {
    connecting: ["loader-circle", "Connecting…"],
    "catching-up": ["loader-circle", "Catching up…"],
    reconnecting: ["wifi-off", "Connection lost. Reconnecting; the run goes on without you."],
    offline: ["wifi-off", "You are offline. The run goes on without you, and nothing of it will be missing here."],
    polling: ["repeat", "Live connection unavailable. Checking every two seconds instead."],
    stale: ["wifi-off", "Nothing heard for a while. Reconnecting; the run goes on without you."],
  }[state];
  if (!said) return null;
  return html`<p class="connection-line"><${Icon} name=${said[0]} spin=${said[0] === "loader-circle"} /> ${said[1]}</p>`;
}

const TABS = [
  ["plan", "Plan"],
  ["draft", "Draft"],
  ["checks", "Checks"],
  ["sources", "Sources"],
  ["log", "Log"],
];

function Facets({ view, onFollow, onSource }) {
  const [tab, setTab] = useState("plan");
  const id = useId();
  const counts = {
    plan: view.plan ? `${view.plan.steps.filter((s) => s.status === "done" || s.status === "skipped").length}/${view.plan.steps.length}` : "",
    draft: view.sections.length || "",
    checks: view.verdict?.gates?.length ? `${view.verdict.gates.filter((g) => g.passed).length}/${view.verdict.gates.length}` : "",
    sources: Object.keys(view.sources).length || "",
    log: view.log.length || "",
  };
  const panel = useRef(null);
  const atEnd = useRef(true);
  const onFork = useCallback((event) => forkFrom(view.id, event, onFollow), [view.id]);
  const growing = tab === "log" || tab === "draft";
  useEffect(() => {
    if (growing && atEnd.current && view.status === "running") panel.current.scrollTop = panel.current.scrollHeight;
  }, [growing, view.log, view.texts]);
  const onScroll = ({ target }) => {
    atEnd.current = target.scrollHeight - target.scrollTop - target.clientHeight < 40;
  };
  const onKeyDown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = (TABS.findIndex(([name]) => name === tab) + step + TABS.length) % TABS.length;
    setTab(TABS[index][0]);
    event.currentTarget.children[index].focus();
  };
  return html`<div class="facets">
    <div class="tabs" role="tablist" aria-label="Details of the run" onKeyDown=${onKeyDown}>
      ${TABS.map(
        ([name, label]) => html`<button key=${name} type="button" role="tab" id=${`${id}-${name}`} aria-selected=${tab === name ? "true" : "false"}
          aria-controls=${`${id}-panel`} tabindex=${tab === name ? 0 : -1} onClick=${() => setTab(name)}>${label}${counts[name] !== "" && html` <span class="tab-count">${counts[name]}</span>`}</button>`,
      )}
    </div>
    <div class="tab-panel" ref=${panel} onScroll=${onScroll} role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${tab}`} tabindex="0">
      ${tab === "plan" && html`<${PlanFacet} view=${view} onFork=${onFork} />`}
      ${tab === "draft" && html`<${Draft} drafts=${draftsOf(view)} broken=${brokenOf(view)} sections=${view.sections} plan=${view.plan} />`}
      ${tab === "checks" && html`<${Checks} verdict=${view.verdict} verdicts=${view.verdicts} citations=${view.citations} />`}
      ${tab === "sources" && html`<${Sources} sources=${view.sources} onSource=${onSource} />`}
      ${tab === "log" && html`<${Log} log=${view.log} onFork=${onFork} />`}
    </div>
  </div>`;
}

function PlanFacet({ view, onFork }) {
  if (!view.plan) {
    return html`<p class="empty-line">${view.status === "queued" ? "The plan is made as soon as the run starts." : "Reading the request and your sources…"}</p>`;
  }
  const { plan } = view;
  return html`<div>
    <div class="plan-head">
      <div class="plan-graph-box"><${PlanGraph} plan=${plan} /></div>
      <p class="faint">${plan.author === "model" ? "Planned by the model" : plan.author === "human" ? "Edited by you" : "Planned by rule"}${plan.version > 1 ? `, version ${plan.version}` : ""}${plan.rationale ? `. ${plan.rationale}` : ""}</p>
    </div>
    <${Steps} plan=${plan} entries=${view.steps} headway=${view.headway} onFork=${onFork} />
  </div>`;
}
