// Why there are the versions that there are, what is different between two, and back to one.
import { html, useEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { ago, count, moment, plural } from "../lib/format.js";
import * as api from "../lib/api.js";
import { confirm } from "../ui/dialog.js";
import { nameOf } from "../models/words.js";
import { toast, toastError } from "../ui/toast.js";
import { figure } from "../run/cycles.js";
import { Diff } from "./diff.js";

const WRITERS = { model: "by a language model", rule: "by rule", human: "by a person" };

/** `onShow(id)` opens a version as text, `onMade(row)` a new one; `busy` while the run is at work. */
export function HistoryPanel({ runId, artifactId, busy, onShow, onMade, onClose }) {
  const [state, setState] = useState({});
  const [pair, setPair] = useState(null); // [from, to]
  const first = useRef(null);
  useEffect(() => {
    let current = true;
    api.get(`/api/v2/runs/${runId}/versions`).then(
      ({ items }) => current && setState({ items }),
      (error) => current && setState({ error }),
    );
    return () => {
      current = false;
    };
  }, [runId, artifactId]);
  useEffect(() => first.current?.focus(), [pair === null]);
  const restore = async (row) => {
    const agreed = await confirm({
      title: `Bring version ${row.version} back?`,
      text: "It becomes the newest version. Nothing is removed: every other version stays in the history.",
      action: "Bring it back",
    });
    if (!agreed) return;
    try {
      const made = await api.post(`/api/v2/runs/${runId}/versions/${row.id}/restore`);
      toast(`Version ${row.version} is back, as version ${made.version}.`, { title: "Brought back" });
      onMade(made);
    } catch (problem) {
      toastError(problem);
    }
  };
  const { items, error } = state;
  if (pair) return html`<${Comparison} runId=${runId} rows=${items} pair=${pair} onPair=${setPair} onBack=${() => setPair(null)} />`;
  return html`<div class="checks-panel history-panel" role="region" aria-label="History of the document">
    <header><div><h2 tabindex="-1" ref=${first}>History</h2>
      ${items && html`<p class="faint">${plural(items.length, "version")}, the newest first</p>`}</div>
      <button type="button" class="button quiet" onClick=${onClose}><${Icon} name="arrow-left" /> Back to the text</button></header>
    ${error && html`<p class="error-text" role="alert">${error.message}</p>`}
    ${!items && !error && html`<p class="faint" role="status">Loading the history</p>`}
    ${items?.length > 1 && html`<button type="button" class="button history-compare" onClick=${() => setPair([items.at(-1).id, items[0].id])}><${Icon} name="split" /> Compare the first with the newest</button>`}
    ${items && html`<ol class="versions">${items.map((row, index) => html`<li key=${row.id}><${Version} row=${row} before=${items[index + 1]} busy=${busy} shown=${row.id === artifactId}
      onShow=${onShow} onCompare=${setPair} onRestore=${restore} /></li>`)}</ol>`}
  </div>`;
}

function Version({ row, before, busy, shown, onShow, onCompare, onRestore }) {
  const change = before?.words != null && row.words != null ? row.words - before.words : 0;
  const words = row.words == null ? "" : `${plural(row.words, "word")}${change ? ` (${change > 0 ? "+" : "−"}${count(Math.abs(change))})` : ""}`;
  const who = row.person ? `by ${row.person}` : row.models.length ? `by ${row.models.map(nameOf).join(", ")}` : (WRITERS[row.author] ?? "");
  return html`<article class="claim-card card version-card" data-newest=${row.newest}>
    <header><strong>${row.headline}</strong>${row.newest && html`<span class="badge live">newest</span>`}${shown && html`<span class="badge">shown</span>`}</header>
    <p class="faint">Version ${row.version} · <time datetime=${row.created_at} title=${new Date(row.created_at).toLocaleString("en-GB")}>${ago(row.created_at)}, ${moment(row.created_at)}</time>${[words, who].filter(Boolean).map((text) => ` · ${text}`)}</p>
    ${row.why && html`<p class="version-why">${row.why}</p>`}
    ${row.judged && html`<${Judged} verdict=${row.judged} />`}
    ${row.passages.length > 0 && html`<${Remedies} rows=${row.passages} />`}
    ${row.flagged.length > 0 && html`<${FlaggedList} row=${row} />`}
    <div class="claim-actions">
      <button type="button" class="link-button" onClick=${() => onShow(row.id)}><${Icon} name="file-text" /> Show</button>
      ${before && html`<button type="button" class="link-button" onClick=${() => onCompare([before.id, row.id])}><${Icon} name="split" /> What changed</button>`}
      ${!row.newest && html`<button type="button" class="link-button" disabled=${busy} title=${busy ? "The run is still at work" : null} onClick=${() => onRestore(row)}><${Icon} name="rotate-ccw" /> Bring back</button>`}
    </div>
  </article>`;
}

function Judged({ verdict }) {
  const failed = verdict.gates.filter((gate) => !gate.passed);
  if (!failed.length) return html`<p class="verdict"><span class="badge good"><${Icon} name="circle-check" /> every check passed</span></p>`;
  return html`<details class="version-details"><summary><span class="badge warn"><${Icon} name="triangle-alert" /> ${plural(failed.length, "check")} not met</span></summary>
    <ul>${failed.map((gate) => html`<li key=${gate.gate}>${gate.message}</li>`)}</ul></details>`;
}

const REMEDIES = { quote: "quoted", cite: "cited", rephrase: "rephrased with its source", shorten: "quotation shortened", cut: "cut", keep: "kept", rewrite: "section written again", recount: "counts what is there now", refill: "added to keep the length" };

function Remedies({ rows }) {
  return html`<details class="version-details"><summary>${plural(rows.length, "passage")} changed because of the report</summary>
    <ul>${rows.map((one, index) => html`<li key=${index}><span class="badge">${REMEDIES[one.remedy] ?? one.remedy}</span> <span class="faint">${one.reason}</span>
      <div class="diff-text">${one.before && html`<del>${one.before}</del>`}${one.after && html` <ins>${one.after}</ins>`}</div></li>`)}</ul></details>`;
}

function FlaggedList({ row }) {
  return html`<details class="version-details"><summary>${plural(row.flagged.length, "passage")} flagged in cycle ${row.cycle.number}${row.cycle.observed_similarity == null ? "" : ` (${figure(row.cycle.observed_similarity, row.cycle.observed_below)})`}</summary>
    <ul>${row.flagged.map((one) => html`<li key=${one.id}>“${one.text}”${one.source_title && html` <span class="faint">${one.source_title}</span>`}${one.note && html` <span class="faint">${one.note}</span>`}</li>`)}</ul></details>`;
}

// -- two versions side by side, in one text

function Comparison({ runId, rows, pair, onPair, onBack }) {
  const [state, setState] = useState({});
  const [from, to] = pair;
  const first = useRef(null);
  useEffect(() => {
    let current = true;
    setState((before) => ({ ...before, loading: true }));
    api.get(`/api/v2/runs/${runId}/versions/compare?from=${from}&to=${to}`).then(
      (found) => current && setState({ found }),
      (error) => current && setState({ error }),
    );
    return () => {
      current = false;
    };
  }, [from, to]);
  useEffect(() => first.current.focus(), []);
  const { found, error, loading } = state;
  const choice = (label, value, onChange) => html`<label class="pill"><span>${label}</span><select value=${value} onChange=${(event) => onChange(event.target.value)}>
    ${rows.map((row) => html`<option key=${row.id} value=${row.id} selected=${row.id === value}>Version ${row.version}: ${row.headline}</option>`)}</select><${Icon} name="chevron-down" /></label>`;
  return html`<div class="checks-panel compare-panel" role="region" aria-label="Comparison of two versions" aria-busy=${loading ? "true" : "false"}>
    <header><div><h2 tabindex="-1" ref=${first}>What changed</h2>
      ${found && html`<p class="faint" role="status">${plural(found.words_added, "word")} added, ${count(found.words_removed)} removed</p>`}</div>
      <button type="button" class="button quiet" onClick=${onBack}><${Icon} name="arrow-left" /> Back to the history</button></header>
    <div class="compare-choices">${choice("From", from, (id) => onPair([id, to]))}${choice("to", to, (id) => onPair([from, id]))}</div>
    <p class="diff-legend faint"><del>removed</del> <ins>added</ins></p>
    ${error && html`<p class="error-text" role="alert">${error.message}</p>`}
    ${found && html`<${Found} found=${found} />`}
  </div>`;
}

const CHANGES = { same: ["", "unchanged"], changed: ["warn", "changed"], added: ["good", "new"], removed: ["bad", "removed"] };

function Found({ found }) {
  const restyled = found.style_before !== found.style_after;
  const same = found.sections.every((section) => section.change === "same" && !section.moved) && !found.title.length;
  return html`${restyled && html`<p class="notice"><${Icon} name="info" /><span>References follow ${found.style_after} instead of ${found.style_before}.</span></p>`}
    ${same && html`<p class="notice good"><${Icon} name="circle-check" /><span>The text is the same in both.</span></p>`}
    ${found.title.length > 0 && html`<section class="compared"><h3>Title</h3><${Diff} parts=${found.title} /></section>`}
    ${groupsOf(found.sections).map((group) => Array.isArray(group)
      ? html`<p key=${group[0].id} class="faint unchanged">${group.map((section) => section.heading || "Beginning").join(", ")} <span class="badge">unchanged</span></p>`
      : html`<${ComparedSection} key=${`${group.change}-${group.id}`} section=${group} />`)}
    ${[["No longer cited", found.sources_removed], ["Newly cited", found.sources_added]].map(([label, titles]) => titles.length > 0 && html`<section class="compared"><h3>${label}</h3><ul>${titles.map((title) => html`<li key=${title}>${title}</li>`)}</ul></section>`)}`;
}

/** Sections that stayed, together where they follow each other; the others one by one. */
function groupsOf(sections) {
  const groups = [];
  for (const section of sections) {
    const same = section.change === "same" && !section.moved;
    if (!same) groups.push(section);
    else if (Array.isArray(groups.at(-1))) groups.at(-1).push(section);
    else groups.push([section]);
  }
  return groups;
}

function ComparedSection({ section }) {
  const [tone, label] = CHANGES[section.change];
  const name = section.heading || "Text";
  return html`<section class="compared">
    <h3>${section.before_heading && html`<del>${section.before_heading}</del> `}${name} <span class=${`badge ${tone}`}>${section.moved ? `${label}, moved` : label}</span></h3>
    ${section.change !== "same" && html`<${Diff} parts=${section.parts} />`}
  </section>`;
}
