// One document on the workbench: read it, attach what was found, accept it or send it back.
import { bootData, html, render, useCallback, useEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { toast, toastError } from "../ui/toast.js";
import { Work } from "./work.js";
import { Assign } from "./assign.js";
import { History } from "./history.js";
import { DocumentText } from "./text.js";
import { useLease } from "./lease.js";
import { about, left, NOT_HELD, OUTCOMES, since } from "./words.js";

const boot = bootData();
const WARN_SECONDS = 120;

function CheckPage() {
  const [check, setCheck] = useState(boot.check);
  const [lost, setLost] = useState(null); // why it is no longer held, as the server says
  const [underWay, setUnderWay] = useState([]);
  // What saves itself is in nobody's way: the press that ended the typing counts.
  const busy = underWay.filter((name) => name !== "save").at(-1) ?? "";
  const flush = useRef(async () => true);
  const [pane, setPane] = useState("work"); // on a phone one of the two is shown
  const path = `/api/v2/checks/${check.id}`;

  const onLost = useCallback((problem) => {
    setLost(problem);
    setCheck((now) => ({ ...now, mine: false, lease_seconds: null, readable: boot.staff && now.readable }));
  }, []);
  const lease = useLease(check, boot.lease_seconds, setCheck, onLost);

  /** Ask the server for something about this check; what it answers is shown. */
  const act = useCallback(async (name, call) => {
    setUnderWay((now) => [...now, name]);
    try {
      const now = await call();
      if (now) setCheck(now);
      return now ?? true;
    } catch (problem) {
      if (NOT_HELD.includes(problem.code)) onLost(problem);
      throw problem;
    } finally {
      setUnderWay((now) => now.filter((_, at) => at !== now.indexOf(name)));
    }
  }, []);
  const claim = async () => {
    try {
      await act("claim", () => api.post(`${path}/claim`));
      setLost(null);
    } catch (problem) {
      toastError(problem);
    }
  };
  const release = async () => {
    // The note stays with the check, for whoever takes it up: first its last words.
    if (!(await flush.current())) return;
    try {
      await act("release", () => api.post(`${path}/release`));
      location.assign("/workbench/");
    } catch (problem) {
      toastError(problem);
    }
  };
  const decided = (now) => {
    setLost(null);
    toast(now.outcome === "accepted" ? "The run goes on with the document as it is." : "The run revises it now.", { title: OUTCOMES[now.outcome].label });
  };

  const title = check.title || "Untitled";
  const outcome = check.outcome && OUTCOMES[check.outcome];
  return html`<div class="workbench-stage" data-pane=${pane}>
    <header class="workbench-bar">
      <a class="icon-button" href="/workbench/" aria-label="Back to the workbench"><${Icon} name="arrow-left" /></a>
      <div class="workbench-title"><h1>${title}</h1>
        <p class="check-facts">${about(check).map((fact) => html`<span key=${fact}>${fact}</span>`)}${!check.done_at && html`<span>waiting for ${since(check.asked_at)}</span>`}</p></div>
      ${outcome && html`<span class=${`badge ${outcome.tone}`}>${outcome.label}</span>`}
      ${check.mine && html`<${Lease} lease=${lease} busy=${busy} onRelease=${release} />`}
    </header>
    ${check.readable && html`<div class="segments workbench-panes" role="group" aria-label="Show">
      <button type="button" aria-pressed=${pane === "work" ? "true" : "false"} onClick=${() => setPane("work")}>Your check</button>
      <button type="button" aria-pressed=${pane === "text" ? "true" : "false"} onClick=${() => setPane("text")}>Document</button></div>`}
    <div class="workbench-columns">
      <section class="workbench-text" aria-label="Document" tabindex="0">
        ${check.readable
          ? html`<${DocumentText} check=${check} onLost=${onLost} />`
          : html`<div class="workbench-closed"><${Icon} name="book-open" /><p>${closedText(check, lost)}</p></div>`}
      </section>
      <aside class="workbench-side" aria-label="Your check">
        ${lost && html`<${Lost} problem=${lost} busy=${busy} onClaim=${claim} />`}
        ${!check.mine && !lost && check.status === "open" && boot.checker && (!check.assigned_to || check.for_me) && html`<${Claim} busy=${busy} onClaim=${claim} />`}
        ${outcome && html`<${Ended} check=${check} />`}
        <${Work} check=${check} path=${path} busy=${busy} act=${act} flush=${flush} noteChars=${boot.note_chars} onDecided=${decided} />
        ${boot.staff && check.status !== "done" && html`<${Assign} check=${check} path=${path} act=${act} />`}
        <${History} check=${check} />
      </aside>
    </div>
  </div>`;
}

function closedText(check, lost) {
  if (lost) return ["lease_expired", "not_claimed"].includes(lost.code) ? "Claim the document again to read on." : "The document is no longer with you.";
  if (check.outcome) return "This check is done, so the document is no longer with you.";
  if (check.status === "open") return boot.checker ? "Claim the document to read it." : "Only checkers and staff read documents here.";
  return "The document is with another checker.";
}

function Lease({ lease, busy, onRelease }) {
  const short = lease.seconds < WARN_SECONDS;
  const tone = lease.failing || lease.idle || short ? "warn" : "live";
  return html`<div class="workbench-lease">
    <span class=${`badge ${tone}`} title="Renewed by itself while you work on this page"><${Icon} name="clock" /> With you for ${left(lease.seconds)}</span>
    <span class="visually-hidden" role="status">${lease.failing ? "The server cannot be reached. Trying again." : ""}</span>
    ${lease.idle && html`<span class="notice warn workbench-idle" role="alert">Nobody has touched this page for a while. The document goes back to the queue then. <button type="button" class="link-button">Keep it</button></span>`}
    ${lease.failing && html`<span class="error-text" aria-hidden="true">Server cannot be reached, trying again</span>`}
    <button type="button" class="button quiet" disabled=${busy !== ""} onClick=${onRelease}>Hand back</button>
  </div>`;
}

function Claim({ busy, onClaim }) {
  return html`<section class="work-card claim-card-first"><h2>Take this document</h2>
    <p>Nobody else can take it while it is with you. It stays with you for ${left(boot.lease_seconds)} at a time, and longer while you work on this page.</p>
    <button type="button" class="button primary" disabled=${busy !== ""} onClick=${onClaim}>${busy === "claim" ? "Claiming…" : "Claim"}</button></section>`;
}

function Lost({ problem, busy, onClaim }) {
  const again = ["lease_expired", "not_claimed"].includes(problem.code);
  return html`<div class="notice warn" role="alert"><${Icon} name="triangle-alert" /><div><strong>${again ? "The document is no longer with you" : "This check is over for you"}</strong><span>${problem.message}</span>
    <div class="notice-actions">${again && html`<button type="button" class="button primary" disabled=${busy !== ""} onClick=${onClaim}>${busy === "claim" ? "Claiming…" : "Claim it again"}</button>`}
      <a class="button" href="/workbench/">Back to the workbench</a></div></div></div>`;
}

function Ended({ check }) {
  const place = useRef(null);
  useEffect(() => place.current.scrollIntoView({ block: "nearest" }), []); // whoever just decided is at the other end
  const words = {
    accepted: ["Accepted", "The document's owner sees your name, your note and the similarity. Its run goes on."],
    rejected: ["Sent back", "The run revises what you marked and noted. Its owner sees your name, your note and the similarity."],
    withdrawn: ["Withdrawn", "Nobody waits for this check any more: its owner took the document back or brought a report, or the run ended."],
  }[check.outcome];
  return html`<div ref=${place} class=${`notice ${check.outcome === "withdrawn" ? "" : "good"}`}><${Icon} name=${check.outcome === "withdrawn" ? "info" : "circle-check"} /><div><strong>${words[0]}</strong><span>${words[1]}</span>
    <div class="notice-actions"><a class="button" href="/workbench/">Next document</a></div></div></div>`;
}

const host = document.getElementById("app");
host.replaceChildren();
render(html`<${CheckPage} />`, host);
