// The document beside the conversation: read it, change its citation style, follow its citations.
import { html, memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { count } from "../lib/format.js";
import { cleanHtml } from "../lib/markdown.js";
import * as api from "../lib/api.js";
import { DownloadMenu } from "./downloads.js";
import { SimulatedBadge } from "../models/badge.js";
import { PassagePanel } from "./passage.js";
import { VERDICTS } from "./verdicts.js";

export function DocumentPanel({ runId, artifactId, style: runStyle, styles, simulated, quiet, wanted, onClose }) {
  const [chosen, setChosen] = useState(artifactId);
  const [style, setStyle] = useState("");
  const [versions, setVersions] = useState([]);
  const [state, setState] = useState({ loading: true });
  const [citations, setCitations] = useState([]);
  const [selection, setSelection] = useState(null);
  const origin = useRef(null);
  const heading = useRef(null);
  const scroller = useRef(null);

  useEffect(() => setChosen(artifactId), [artifactId]);
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
  }, [runId, artifactId]);

  useEffect(() => {
    let current = true;
    setState((before) => ({ ...before, loading: true, error: null }));
    setSelection(null);
    const query = style ? `?style=${encodeURIComponent(style)}` : "";
    Promise.all([
      api.get(`/api/v2/runs/${runId}/artifacts/${chosen}${query}`),
      api.all(`/api/v2/runs/${runId}/citations?artifact_id=${chosen}&limit=200`),
    ]).then(
      ([document, rows]) => {
        if (!current) return;
        setState({ document });
        setCitations(rows);
      },
      (error) => current && setState({ error }),
    );
    return () => {
      current = false;
    };
  }, [runId, chosen, style]);

  // The source covers the lower half; the citation that it belongs to stays in sight above it.
  useEffect(() => {
    const box = scroller.current;
    if (!selection || !box || !origin.current) return;
    const offset = origin.current.getBoundingClientRect().top - box.getBoundingClientRect().top;
    if (offset > box.clientHeight * 0.36) box.scrollTop += offset - box.clientHeight * 0.2;
  }, [selection]);

  // A citation of an answer was followed here: its source is what is wanted.
  const loaded = state.document?.id;
  useEffect(() => {
    const link = wanted?.marker && loaded && scroller.current?.querySelector(`[data-marker="${wanted.marker}"]`);
    if (link) open(link);
  }, [wanted, loaded]);

  const closePassage = () => {
    setSelection(null);
    const back = origin.current;
    requestAnimationFrame(() => back?.isConnected && back.focus());
  };
  const open = (link) => {
    origin.current = link;
    setSelection({
      ids: (link.dataset.passages ?? "").split(" ").filter(Boolean),
      marker: Number(link.dataset.marker) || null,
    });
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    if (selection) closePassage();
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
        <label class="pill"><span class="visually-hidden">Citation style</span>
          <select value=${cited} onChange=${(event) => setStyle(event.target.value)}>
            ${(styles.some(([key]) => key === cited) ? styles : [[cited, cited], ...styles]).map(([key, name]) => html`<option key=${key} value=${key} selected=${key === cited}>${name}</option>`)}
          </select><${Icon} name="chevron-down" /></label>
        ${simulated && html`<${SimulatedBadge} />`}
        ${document?.words && html`<span class="faint words">${count(document.words)} words</span>`}
      </div>
      <${DownloadMenu} runId=${runId} artifactId=${chosen} style=${style} />
    </header>
    <div class="document-scroll" ref=${scroller} data-source=${selection ? "open" : "closed"} tabindex="0" role="group" aria-label="Text of the document" aria-busy=${loading ? "true" : "false"}>
      ${error && html`<div class="run-pad"><div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>${error.title || "The document cannot be shown"}</strong><span>${error.message}</span></div></div></div>`}
      ${!document && loading && html`<${Skeleton} />`}
      ${document && html`<${Body} source=${document.html ?? ""} citations=${citations} marker=${selection?.marker} onCitation=${open} />`}
    </div>
    ${selection && html`<${PassagePanel} selection=${selection} citations=${citations} onClose=${closePassage} />`}
  </section>`;
}

const Body = memo(function Body({ source, citations, marker, onCitation }) {
  const article = useRef(null);
  const markup = useMemo(() => ({ __html: cleanHtml(source) }), [source]);
  useLayoutEffect(() => {
    const verdicts = new Map(citations.map((row) => [row.marker, row.verdict]));
    for (const link of article.current.querySelectorAll("[data-passages]")) {
      const verdict = VERDICTS[verdicts.get(Number(link.dataset.marker))];
      link.dataset.tone = verdict?.tone ?? "";
      link.title = verdict ? `${verdict.label}: open the source` : "Open the source";
      if (link.tagName !== "A") {
        link.tabIndex = 0;
        link.setAttribute("role", "button");
      }
      link.dataset.open = marker && Number(link.dataset.marker) === marker ? "true" : "false";
    }
  }, [markup, citations, marker]);
  const activate = (event) => {
    const link = event.target.closest?.("[data-passages]");
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
