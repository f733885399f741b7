// The queue: documents that wait for a check, those you hold, and those that are done.
import { bootData, html, render, useCallback, useEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { ago } from "../lib/format.js";
import * as api from "../lib/api.js";
import { continued, renewed } from "../lib/pages.js";
import { toastError } from "../ui/toast.js";
import { about, left, OUTCOMES, since } from "./words.js";

const boot = bootData();
const EVERY_MS = 20000;
const PAGE = 50;
const MOST = 200; // the API's longest page; what lies beyond is not followed live
const NOTHING = { rows: null, cursor: null };
const SHOWN = [
  ["open", "Open"],
  ["mine", "Mine"],
  ["done", "Done"],
  ...(boot.staff ? [["all", "All"]] : []),
];
const EMPTY = {
  open: ["Nothing waits for a check", "Documents appear here when their owners ask for a checker. This list looks for new ones by itself."],
  mine: ["You hold no document", "Claim one from the open ones. It stays with you while its page is open."],
  done: ["Nothing done yet", "Documents that you accepted or sent back are listed here."],
  all: ["No document was ever sent here", "Owners ask for a checker on the page of their run."],
};

const chosenAtFirst = () => {
  const asked = new URLSearchParams(location.search).get("show");
  return SHOWN.some(([name]) => name === asked) ? asked : "open";
};

/** What was done last stands first; what waits longest does among the others. */
const isBehind = {
  done: (row, last) => Date.parse(row.done_at) < Date.parse(last.done_at),
  others: (row, last) => Date.parse(row.asked_at) > Date.parse(last.asked_at),
};

function Queue() {
  const [which, setWhich] = useState(chosenAtFirst);
  const [list, setList] = useState(NOTHING);
  const [problem, setProblem] = useState(null);
  const [claiming, setClaiming] = useState("");
  const asked = useRef(0);
  const more = useRef(0); // the number of the question for more that is under way
  const shown = useRef(0);
  const { rows, cursor } = list;
  shown.current = rows?.length ?? 0;

  const load = useCallback(async (what, after = null) => {
    const mine = ++asked.current;
    more.current = after ? mine : 0;
    try {
      const query = new URLSearchParams({ which: what, limit: after ? PAGE : Math.min(MOST, Math.max(PAGE, shown.current)) });
      if (after) query.set("cursor", after);
      const page = await api.get(`/api/v2/checks?${query}`);
      if (mine !== asked.current) return;
      setList((now) => (after ? continued(now, page) : renewed(now, page, isBehind[what] ?? isBehind.others)));
      setProblem(null);
    } catch (error) {
      if (mine === asked.current) setProblem(error);
    } finally {
      if (more.current === mine) more.current = 0;
    }
  }, []);

  useEffect(() => {
    setList(NOTHING);
    shown.current = 0;
    load(which);
    // Somebody who waits for more is not made to ask again.
    const look = () => document.visibilityState === "visible" && !more.current && load(which);
    const timer = setInterval(look, EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [which]);

  const choose = (name) => {
    setWhich(name);
    history.replaceState(null, "", name === "open" ? location.pathname : `?show=${name}`);
  };
  const claim = async (row) => {
    setClaiming(row.id);
    try {
      await api.post(`/api/v2/checks/${row.id}/claim`);
      location.assign(`/workbench/${row.id}/`);
    } catch (error) {
      setClaiming("");
      const gone = error.status === 404;
      toastError(gone ? { title: "Somebody was faster", message: `“${row.title || "Untitled"}” is with another checker now.` } : error);
      load(which);
    }
  };

  return html`<div class="page workbench-page">
    <header class="page-head"><h1>Workbench</h1><p>Documents whose owners asked for a checker. Claim one, check it for similarity, and accept it or send it back with what is to be quoted, cited or put in other words.</p></header>
    ${!boot.checker && html`<div class="notice"><${Icon} name="info" /><div><strong>You see this page as staff</strong><span>You can read and assign every document. To check one yourself, add yourself to the group Checkers.</span></div></div>`}
    <div class="segments workbench-filter" role="group" aria-label="Show">
      ${SHOWN.map(([name, label]) => html`<button type="button" key=${name} aria-pressed=${which === name ? "true" : "false"} onClick=${() => choose(name)}>${label}</button>`)}
    </div>
    ${problem && html`<div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>${problem.title || "The list cannot be shown"}</strong><span>${problem.message}</span></div><button type="button" class="button" onClick=${() => load(which)}>Try again</button></div>`}
    ${rows === null && !problem && html`<p class="empty-line" role="status">Loading documents…</p>`}
    ${rows?.length === 0 && html`<div class="empty-state"><${Icon} name="inbox" /><h2>${EMPTY[which][0]}</h2><p>${EMPTY[which][1]}</p></div>`}
    ${rows?.length > 0 && html`<ul class="check-list" aria-label="Documents">${rows.map((row) => html`<${Row} key=${row.id} row=${row} busy=${claiming} onClaim=${claim} />`)}</ul>`}
    ${cursor && html`<button type="button" class="button wide" onClick=${() => load(which, cursor)}>Show more</button>`}
  </div>`;
}

function Row({ row, busy, onClaim }) {
  const title = row.title || "Untitled";
  const outcome = row.outcome && OUTCOMES[row.outcome];
  const free = row.status === "open" && boot.checker && (!row.assigned_to || row.for_me);
  return html`<li class="check-row" data-state=${row.outcome ?? row.status}>
    <div class="check-about">
      <h2><a href=${`/workbench/${row.id}/`}>${title}</a></h2>
      <p class="check-facts">${about(row).map((fact) => html`<span key=${fact}>${fact}</span>`)}<span><${When} row=${row} /></span></p>
      <p class="marks">
        ${outcome && html`<span class=${`badge ${outcome.tone}`}>${outcome.label}</span>`}
        ${row.mine && html`<span class="badge live"><${Icon} name="clock" /> With you for ${left(row.lease_seconds)}</span>`}
        ${row.for_me && !outcome && html`<span class="badge warn">Assigned to you</span>`}
        ${row.assigned_to && !row.for_me && !outcome && html`<span class="badge">Assigned to ${row.assigned_to}</span>`}
        ${row.holder && !row.mine && html`<span class="badge">${outcome ? "By" : "With"} ${row.holder}</span>`}
      </p>
    </div>
    ${free
      ? html`<button type="button" class="button primary" disabled=${busy !== ""} aria-label=${`Claim ${title}`} onClick=${() => onClaim(row)}>${busy === row.id ? "Claiming…" : "Claim"}</button>`
      : html`<a class="button" href=${`/workbench/${row.id}/`} aria-label=${`Open ${title}`}>Open</a>`}
  </li>`;
}

function When({ row }) {
  if (row.done_at) return html`<time datetime=${row.done_at} title=${new Date(row.done_at).toLocaleString("en-GB")}>done ${ago(row.done_at)}</time>`;
  return html`<time datetime=${row.asked_at} title=${new Date(row.asked_at).toLocaleString("en-GB")}>waiting for ${since(row.asked_at)}</time>`;
}

const host = document.getElementById("app");
host.replaceChildren();
render(html`<${Queue} />`, host);
