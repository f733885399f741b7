// The document beside the conversation: read it, change its citation style, follow its citations.
import { html, memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { count } from "../lib/format.js";
import { cleanHtml } from "../lib/markdown.js";
import * as api from "../lib/api.js";
import { CitationCards } from "../citations/card.js";
import { citationsOf, dress, idsOf, linkOf, markerOf } from "../citations/links.js";
import { DownloadMenu } from "./downloads.js";
import { SimulatedBadge } from "../models/badge.js";
import { toast, toastError } from "../ui/toast.js";
import { ChangesPanel } from "./changes.js";
import { ComputedButton, ComputedPanel } from "./computed.js";
import { ChecksButton, ChecksPanel } from "./checks.js";
import { HistoryPanel } from "./history.js";
import { OriginalityStatement } from "./statement.js";
import { StyleChoice } from "./style_choice.js";

const NOTHING = { citations: [], sources: new Map() };

/** `source`: what `useSource` gives; citations are opened there. */
export function DocumentPanel({ runId, artifactId, style: runStyle, styles, simulated, quiet, busy, source, onClose }) {
  const [chosen, setChosen] = useState(artifactId);
  const [style, setStyle] = useState(""); // empty: the document's own
  const [own, setOwn] = useState("");
  const [versions, setVersions] = useState([]);
  const [state, setState] = useState({ loading: true });
  const [bound, setBound] = useState(NOTHING);
  const [beside, setBeside] = useState(""); // what stands in the text's place: checks or history
  const heading = useRef(null);
  const scroller = useRef(null);
  const article = useRef(null);
  const asked = useRef("");

  useEffect(() => {
    setChosen(artifactId);
    setStyle("");
  }, [artifactId]);
  useEffect(() => {
    if (!quiet) heading.current?.focus(); // one that opened by itself leaves the focus where it is
  }, []);

  useEffect(() => {
    let current = true;
    api.all(`/api/v2/runs/${runId}/artifacts?kind=document&limit=100`).then(
      (rows) => current && setVersions(rows),
      () => current && setVersions([]), // the version list is a convenience; the document loads by itself
    );
    return () => {
      current = false;
    };
  }, [runId, artifactId, chosen]);

  useEffect(() => {
    let current = true;
    setState((before) => ({ ...before, loading: true, error: null }));
    const query = style ? `?style=${encodeURIComponent(style)}` : "";
    Promise.all([api.get(`/api/v2/runs/${runId}/artifacts/${chosen}${query}`), citationsOf(runId, chosen)]).then(
      ([document, found]) => {
        if (!current) return;
        setState({ document });
        if (!style) setOwn(document.style ?? "");
        if (document.draft?.looked_through && asked.current !== chosen) {
          asked.current = chosen; // what was found is shown first, once
          setBeside("changes");
        }
        setBound(found);
      },
      (error) => current && setState({ error }),
    );
    return () => {
      current = false;
    };
  }, [runId, chosen, style]);

  const { target } = source;
  const open = (link, passageId) => source.open({ passageIds: passageId ? [passageId] : idsOf(link), marker: markerOf(link), citations: bound.citations }, link);
  // A source that a reload brought back learns which claim it belongs to.
  useEffect(() => {
    const row = target?.passageId && !target.citations && bound.citations.find((one) => one.passage_id === target.passageId);
    if (row) source.open({ ...target, passageIds: [row.passage_id], marker: row.marker, citations: bound.citations, quiet: true }, null);
  }, [bound]);
  const keep = async () => {
    try {
      const made = await api.post(`/api/v2/runs/${runId}/artifacts/${chosen}/style`, { style });
      setStyle("");
      setChosen(made.id);
      toast(`Version ${made.version} is cited in this style. Earlier versions stay as they were.`, { title: "Kept" });
    } catch (problem) {
      toastError(problem);
    }
  };
  const toggle = (name) => setBeside((now) => (now === name ? "" : name));
  const show = (id) => {
    setStyle("");
    setChosen(id);
    setBeside("");
  };
  const kept = (row) => {
    toast(`Version ${row.version} has what you accepted. Your draft and the proposals stay in the history.`, { title: "Kept" });
    show(row.id);
  };
  const made = (row) => {
    setStyle("");
    setChosen(row.id);
  };
  const jump = (marker) => {
    const link = article.current?.querySelector(`[data-marker="${marker}"]`);
    if (!link) return;
    setBeside("");
    requestAnimationFrame(() => {
      link.scrollIntoView({ block: "center" });
      link.focus({ preventScroll: true });
      link.classList.add("flash");
      setTimeout(() => link.classList.remove("flash"), 1600);
    });
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    if (beside) setBeside("");
    else if (target) source.close();
    else onClose();
  };
  const { document, error, loading } = state;
  // The document's own style: the request may have named another than the composer's control.
  const cited = style || document?.style || runStyle;

  return html`<section class="document-panel" aria-label="Document" onKeyDown=${onKeyDown}>
    <header class="document-bar">
      <button type="button" class="icon-button" ref=${heading} aria-label="Close the document" onClick=${onClose}><${Icon} name="x" /></button>
      <div class="document-choices">
        ${versions.length > 1 && html`<label class="pill"><span class="visually-hidden">Version</span>
          <select value=${chosen} onChange=${(event) => setChosen(event.target.value)}>
            ${versions.map((row) => html`<option key=${row.id} value=${row.id} selected=${row.id === chosen}>Version ${row.version}</option>`)}
          </select><${Icon} name="chevron-down" /></label>`}
        ${!document?.draft && html`<${StyleChoice} value=${cited} styles=${styles} onChange=${setStyle} />`}
        ${document?.draft?.looked_through && html`<button type="button" class="pill-button history-button" aria-expanded=${beside === "changes" ? "true" : "false"} onClick=${() => toggle("changes")}><${Icon} name="list-checks" /> ${document.draft.proposed ? "Changes" : "What was found"}</button>`}
        ${style && own && style !== own && html`<button type="button" class="button quiet keep-style" disabled=${loading} onClick=${keep}>Keep this style</button>`}
        ${document && html`<${ChecksButton} bound=${bound} open=${beside === "checks"} onToggle=${() => toggle("checks")} />`}
        <${ComputedButton} computed=${document?.computed} open=${beside === "computed"} onToggle=${() => toggle("computed")} />
        ${document && html`<a class="pill-button history-button" href=${`/runs/${runId}/similarity/?version=${chosen}`}><${Icon} name="scan-text" /> Similarity</a>`}
        ${versions.length > 0 && html`<button type="button" class="pill-button history-button" aria-expanded=${beside === "history" ? "true" : "false"} onClick=${() => toggle("history")}><${Icon} name="clock" /> History</button>`}
        ${simulated && html`<${SimulatedBadge} />`}
        ${document?.words && html`<span class="faint words">${count(document.words)} words</span>`}
      </div>
      <${DownloadMenu} runId=${runId} artifactId=${chosen} style=${style} draft=${document?.draft ?? null} figures=${Boolean(document?.computed?.length)} />
    </header>
    ${beside === "checks" && html`<${ChecksPanel} bound=${bound} onJump=${jump} onSource=${source.open} onClose=${() => setBeside("")} />`}
    ${beside === "computed" && document?.computed?.length > 0 && html`<${ComputedPanel} computed=${document.computed} onClose=${() => setBeside("")} />`}
    ${beside === "history" && html`<${HistoryPanel} runId=${runId} artifactId=${chosen} busy=${busy} onShow=${show} onMade=${made} onClose=${() => setBeside("")} />`}
    ${beside === "changes" && html`<${ChangesPanel} key=${chosen} runId=${runId} artifactId=${chosen} busy=${busy} onKept=${kept} onClose=${() => setBeside("")} />`}
    <div class="document-scroll" ref=${scroller} tabindex="0" role="group" aria-label="Text of the document" aria-busy=${loading ? "true" : "false"} hidden=${beside !== ""}>
      ${error && html`<div class="run-pad"><div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>${error.title || "The document cannot be shown"}</strong><span>${error.message}</span></div></div></div>`}
      ${!document && loading && html`<${Skeleton} />`}
      <${OriginalityStatement} runId=${runId} artifactId=${artifactId} />
      ${document && html`<${Body} source=${document.html ?? ""} citations=${bound.citations} marker=${target?.marker} article=${article} onCitation=${open} />
        <${CitationCards} root=${article} citations=${bound.citations} sources=${bound.sources} onOpen=${open} />`}
    </div>
  </section>`;
}

const Body = memo(function Body({ source, citations, marker, article, onCitation }) {
  const markup = useMemo(() => ({ __html: cleanHtml(source) }), [source]);
  useLayoutEffect(() => dress(article.current, citations, marker), [markup, citations, marker]);
  const activate = (event) => {
    const link = linkOf(event);
    if (!link) return;
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onCitation(link);
  };
  return html`<article class="document" ref=${article} onClick=${activate} onKeyDown=${activate} dangerouslySetInnerHTML=${markup}></article>`;
});

function Skeleton() {
  return html`<div class="document skeleton" role="status"><span class="visually-hidden">Loading the document</span>
    ${Array.from({ length: 9 }, (_, i) => html`<i key=${i}></i>`)}</div>`;
}
