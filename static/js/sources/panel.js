// A source beside what cites it: the page with the passage, the reference, and what is known of it.
import { html, useCallback, useEffect, useId, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { landingOf } from "../lib/address.js";
import { authorsOf, yearOf } from "../lib/format.js";
import * as api from "../lib/api.js";
import { keepPlace } from "../lib/place.js";
import { About } from "./about.js";
import { Claim, StoredPassage } from "./claim.js";
import { Marks } from "./marks.js";
import { Reader } from "./reader.js";
import { ReferenceForm } from "./reference.js";

const TABS = [
  ["read", "Read"],
  ["reference", "Reference"],
  ["about", "About"],
];

/**
 * `target`: {passageIds, marker, citations} from a citation, or {sourceId, passageId, page, tab, words}.
 * `onClose` gives the focus back to what opened the panel.
 */
export function SourcePanel({ target, styles, onClose, onChanged }) {
  const [chosen, setChosen] = useState(0);
  const [state, setState] = useState({ loading: true });
  const [tab, setTab] = useState("read");
  const [number, setNumber] = useState(1);
  const [view, setView] = useState("page");
  const panel = useRef(null);
  const id = useId();
  const ids = target.passageIds ?? (target.passageId ? [target.passageId] : []);
  const passageId = ids[chosen] ?? "";

  useEffect(() => setChosen(0), [target]);
  useEffect(() => {
    if (!target.quiet) panel.current?.focus({ preventScroll: true });
  }, [target]);
  useEffect(() => {
    let current = true;
    setState((before) => ({ ...before, loading: true, error: null }));
    load(target, passageId).then(
      (found) => {
        if (!current) return;
        setState(found);
        setNumber(target.page || found.passage?.place || 1);
        setTab(target.tab || (found.source.passages_count || found.source.viewable ? "read" : "about"));
      },
      (error) => current && setState({ error }),
    );
    return () => {
      current = false;
    };
  }, [target, passageId]);
  const { source, passage, loading, error } = state;
  useEffect(() => {
    if (source) keepPlace("source", [source.id, String(number), passage?.id ?? "", tab === "read" ? "" : tab]);
  }, [source?.id, number, passage?.id, tab]);
  useEffect(() => () => keepPlace("source", null), []);

  const changed = useCallback((saved) => {
    // Registries take a while: by now another source may be open here.
    setState((now) => (now.source?.id === saved.id ? { ...now, source: saved } : now));
    onChanged?.(saved);
  }, [onChanged]);
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    onClose();
  };
  const onTabKey = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const index = (TABS.findIndex(([name]) => name === tab) + step + TABS.length) % TABS.length;
    setTab(TABS[index][0]);
    event.currentTarget.children[index].focus();
  };
  const citation = citationOf(target, passageId);
  const csl = source?.csl ?? {};

  return html`<aside class="source-panel" ref=${panel} tabindex="-1" role="region" aria-label="Source" aria-busy=${loading ? "true" : "false"} onKeyDown=${onKeyDown}>
    <header class="source-head">
      <button type="button" class="icon-button" aria-label="Close the source" onClick=${onClose}><${Icon} name="x" /></button>
      <div class="source-panel-title"><h2>${source?.title ?? (error ? "Source" : "Opening the source…")}</h2>
        ${source && html`<p class="faint">${[authorsOf(csl).slice(0, 3).join("; ") + (authorsOf(csl).length > 3 ? " …" : ""), yearOf(csl), csl["container-title"]].filter(Boolean).join(" · ")}</p>`}
        ${source && html`<${Marks} source=${source} />`}
      </div>
      ${source?.has_file && html`<a class="icon-button" href=${`/api/v2/sources/${source.id}/content?download=true`} download aria-label="Download the file"><${Icon} name="download" /></a>`}
    </header>
    ${ids.length > 1 && html`<div class="source-choices" role="group" aria-label="Passages of this citation">
      ${ids.map((one, index) => html`<button key=${one} type="button" class="pill" aria-pressed=${index === chosen ? "true" : "false"} onClick=${() => setChosen(index)}>Passage ${index + 1}</button>`)}</div>`}
    ${citation && html`<${Claim} citation=${citation} />`}
    ${error && html`<${StoredPassage} error=${error} citation=${citation} />`}
    ${source && html`<div class="tabs" role="tablist" aria-label="Sides of the source" onKeyDown=${onTabKey}>
      ${TABS.map(([name, label]) => html`<button key=${name} type="button" role="tab" id=${`${id}-${name}`} aria-selected=${tab === name ? "true" : "false"} aria-controls=${`${id}-panel`} tabindex=${tab === name ? 0 : -1} onClick=${() => setTab(name)}>${label}</button>`)}
    </div>
    <div class="source-body" role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${tab}`}>
      ${tab === "read" && (source.passages_count || source.viewable
        ? html`<${Reader} key=${source.id} source=${source} passage=${passage} claim=${citation?.claim ?? ""} words=${target.words ?? ""} number=${number} of=${source.pages ?? state.parts ?? 0} onTurn=${setNumber} view=${source.viewable ? view : "text"} onView=${setView} />`
        : html`<${Unread} source=${source} />`)}
      ${tab === "reference" && html`<${ReferenceForm} key=${source.id} source=${source} styles=${styles} onSaved=${changed} />`}
      ${tab === "about" && html`<${About} key=${source.id} source=${source} onChanged=${changed} onReference=${() => setTab("reference")} />`}
    </div>`}
  </aside>`;
}

async function load(target, passageId) {
  const passage = passageId ? await api.get(`/api/v2/passages/${passageId}?radius=0`) : null;
  const source = await api.get(`/api/v2/sources/${passage?.source_id ?? target.sourceId}`);
  // Formats without pages come in stretches; how many there are is known with the first.
  const parts = source.pages || !source.passages_count ? null : (await api.get(`/api/v2/sources/${source.id}/pages/1`)).of;
  return { source, passage, parts };
}

function citationOf({ citations, marker }, passageId) {
  if (!citations) return null;
  const bound = citations.filter((row) => row.passage_id === passageId);
  return bound.find((row) => row.marker === marker) ?? bound[0] ?? citations.find((row) => row.marker === marker) ?? null;
}

function Unread({ source }) {
  const address = landingOf(source);
  return html`<div class="empty-state"><${Icon} name="book-open" /><h3>Only the reference is here</h3>
    <p>No text of this work has been read, so no claim can rest on it. Upload its file to read and cite it.</p>
    ${address && html`<a class="button" href=${address} target="_blank" rel="noopener noreferrer"><${Icon} name="external-link" /> Where it can be found</a>`}</div>`;
}
