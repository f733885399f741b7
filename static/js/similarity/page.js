// The similarity report of a document: the text with its matches, and beside it the figures or one
// match side by side with its source.
import { bootData, html, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { keepPlace, placeOf } from "../lib/place.js";
import { useSource } from "../sources/opened.js";
import { SourcePanel } from "../sources/panel.js";
import { choicesOf, queryOf, searchOf, toggled } from "./choices.js";
import { Overview } from "./overview.js";
import { useReport, useVersions } from "./report.js";
import { SideBySide } from "./side.js";
import { Comparing, Failed, Newer, NoDocument, Nothing, Refusal } from "./states.js";
import { DraftText, hitsOf, shownMatches } from "./text.js";
import { percent } from "./words.js";

const boot = bootData();
const NONE = [];
const back = boot.run.conversation_id ? `/c/${boot.run.conversation_id}/` : "";

function SimilarityPage() {
  const versions = useVersions(boot.run.id, boot.versions);
  const [version, setVersion] = useState(boot.version);
  const [choices, setChoices] = useState(() => choicesOf(location.search));
  const [current, setCurrent] = useState(() => placeOf("match")?.[0] ?? null);
  const { report, waiting, problem, counting, retry } = useReport(boot.run.id, version, choices);
  const text = useRef(null);
  const source = useSource(text);
  const [pane, setPane] = useState("report"); // on a phone one of the two is shown
  const [wanted, setWanted] = useState(null); // the match to bring into sight
  const matches = useMemo(() => (report ? shownMatches(report) : NONE), [report]);
  const match = matches.find(({ key }) => key === current) ?? null;

  useEffect(() => {
    history.replaceState(null, "", location.pathname + searchOf(version, choices) + location.hash);
  }, [version, choices]);
  useEffect(() => keepPlace("match", current ? [current] : null), [current]);
  // A match of the address is brought into sight once there is a text.
  const placed = useRef(false);
  useEffect(() => {
    if (!report || placed.current) return;
    placed.current = true;
    if (match) reveal(match.key, false);
  }, [report]);

  const reveal = (key, focus) => {
    const [first] = hitsOf(text.current, key);
    first?.scrollIntoView({ block: "center" });
    if (focus) first?.focus({ preventScroll: true });
  };
  const show = useCallback((key, focus = true) => {
    if (!key) return;
    setCurrent(key);
    setPane("text");
    setWanted({ key, focus });
  }, []);
  // At once, not with the next frame: the next key is meant for the match that this one led to.
  useLayoutEffect(() => wanted && reveal(wanted.key, wanted.focus), [wanted]);
  const step = (by, from = current) => {
    if (!matches.length) return;
    const at = matches.findIndex(({ key }) => key === from);
    const next = at < 0 ? (by > 0 ? 0 : matches.length - 1) : Math.max(0, Math.min(matches.length - 1, at + by));
    show(matches[next].key);
  };
  const close = () => {
    const key = current;
    setCurrent(null);
    requestAnimationFrame(() => (hitsOf(text.current, key)[0] ?? text.current)?.focus({ preventScroll: true }));
  };
  const choose = (changed) => setChoices((before) => ({ ...before, ...changed }));
  const compare = (id) => {
    setCurrent(null);
    setVersion(id);
  };
  const onKeyDown = (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, .source-panel, dialog")) return;
    if (event.key === "Escape" && current) close();
    else if (event.key === "n") step(1);
    else if (event.key === "p") step(-1);
    else return;
    event.preventDefault();
  };

  const newest = versions[0];
  const about = report ?? waiting;
  const shownText = match && report.texts.find((one) => one.text_id === match.text_id);
  return html`<div class="stage similarity" data-document="closed" data-source=${source.target ? "open" : "closed"} data-pane=${pane} data-match=${match ? "open" : "closed"} onKeyDown=${onKeyDown}>
    <div class="similarity-main">
      <header class="similarity-bar">
        ${back && html`<a class="icon-button" href=${report || waiting ? `${back}#document=${boot.run.id},${version}` : back} aria-label="Back to the document"><${Icon} name="arrow-left" /></a>`}
        <div class="similarity-title"><h1>Similarity report</h1><p>${about?.title || boot.run.title}</p></div>
        ${versions.length > 0 && html`<label class="pill"><span class="visually-hidden">Version</span>
          <select value=${version} onChange=${(event) => compare(event.target.value)}>${versions.map((row) => html`<option key=${row.id} value=${row.id} selected=${row.id === version}>Version ${row.version}</option>`)}</select><${Icon} name="chevron-down" /></label>`}
        ${report && html`<a class="button" href=${`/api/v2/runs/${boot.run.id}/similarity/download?${queryOf(version, choices)}`} download><${Icon} name="download" /> PDF</a>`}
      </header>
      ${report && html`<div class="segments similarity-panes" role="group" aria-label="Show">
        <button type="button" aria-pressed=${pane === "report" ? "true" : "false"} onClick=${() => setPane("report")}>Report</button>
        <button type="button" aria-pressed=${pane === "text" ? "true" : "false"} onClick=${() => setPane("text")}>Document</button></div>`}
      <p class="visually-hidden" role="status">${report && !counting ? `Similarity ${percent(report.percent)}` : ""}</p>
      <div class="similarity-body">
        ${newest && version && newest.id !== version && html`<${Newer} version=${versions.find(({ id }) => id === version)?.version ?? ""} newest=${newest} onCompare=${() => compare(newest.id)} />`}
        ${report && problem && html`<p class="error-text similarity-problem" role="alert">${problem.message}</p>`}
        ${report && matches.length === 0 && html`<${Nothing} report=${report} />`}
        ${report
          ? html`<${DraftText} root=${text} report=${report} matches=${matches} current=${match?.key ?? null} onOpen=${(key) => show(key)} onStep=${step} />`
          : html`<${State} version=${version} waiting=${waiting} problem=${problem} onRetry=${retry} />`}
      </div>
    </div>
    ${report && html`<aside class="similarity-side" aria-label="Similarity">
      ${match
        ? html`<${SideBySide} runId=${boot.run.id} match=${match} of=${matches.length} text=${shownText} mine=${wordsOf(report, match)} onStep=${step} onClose=${close}
            onSource=${(target) => source.open(target)} onLeaveOut=${() => { close(); choose({ texts: toggled(choices.texts, match.text_id) }); }} />`
        : html`<${Overview} report=${report} matches=${matches} choices=${choices} counting=${counting} onChoose=${choose} onJump=${show} />`}
    </aside>`}
    ${source.target && html`<${SourcePanel} target=${source.target} styles=${boot.styles} onClose=${source.close} />`}
  </div>`;
}

function State({ version, waiting, problem, onRetry }) {
  if (!version) return html`<${NoDocument} back=${back} />`;
  if (waiting?.status === "failed") return html`<${Failed} waiting=${waiting} onRetry=${onRetry} />`;
  if (problem && !problem.transient) return html`<${Refusal} problem=${problem} onRetry=${onRetry} />`;
  return html`<${Comparing} waiting=${waiting} problem=${problem} />`;
}

/** The words of the document that a match is about. */
function wordsOf(report, match) {
  const words = [];
  for (const section of report.sections) {
    for (const paragraph of section.paragraphs) {
      const mine = paragraph.pieces.filter((piece) => piece.match === match.id).map((piece) => piece.text);
      if (mine.length) words.push(mine.join(" "));
    }
  }
  return words.join(" ").replace(/\s+/g, " ").trim();
}

const host = document.getElementById("app");
host.replaceChildren();
render(html`<${SimilarityPage} />`, host);
