// The library: what it holds and how far it was read; search in titles and inside the texts; one
// source open beside the list.
import { bootData, html, render, useCallback, useEffect, useMemo, useReducer, useRef, useState } from "./lib/view.js";
import { Icon } from "./lib/icon.js";
import { bytes, plural } from "./lib/format.js";
import * as api from "./lib/api.js";
import { confirm } from "./ui/dialog.js";
import { toast, toastError } from "./ui/toast.js";
import { DropZone } from "./composer/drop.js";
import { BulkBar, ExportMenu } from "./library/bulk.js";
import { Filters, narrowed } from "./library/filters.js";
import { Intake } from "./library/intake.js";
import { IntakeLine } from "./library/intake_line.js";
import { Row } from "./library/row.js";
import { NO_FILTER, queryOf, useRows } from "./library/rows.js";
import { PassageHits } from "./library/search.js";
import { useSource } from "./sources/opened.js";
import { SourcePanel } from "./sources/panel.js";

const boot = bootData();
const TYPED_MS = 250;
const RELOAD_MS = 700;

function Library() {
  const [filter, setFilter] = useState(NO_FILTER);
  const [typed, setTyped] = useState("");
  const [inside, setInside] = useState(false);
  const [selected, setSelected] = useState(new Set());
  const [, redraw] = useReducer((n) => n + 1, 0);
  const list = useRows(filter);
  const picker = useRef(null);
  const field = useRef(null);
  const source = useSource(field);
  const { target } = source;
  const last = useRef(null);
  const later = useRef(null);
  const shown = useRef(null);
  shown.current = target?.sourceId;
  const reload = useRef(list.reload);
  reload.current = list.reload;
  const intake = useMemo(() => new Intake({
    maxBytes: boot.limits.upload_max_bytes,
    onChange: redraw,
    onStored: () => { later.current ??= setTimeout(() => { later.current = null; reload.current(); }, RELOAD_MS); },
  }), []);
  const { rows, counts, total, failure } = list;

  useEffect(() => {
    const timer = setTimeout(() => setFilter((now) => (now.q === (inside ? "" : typed.trim()) ? now : { ...now, q: inside ? "" : typed.trim() })), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed, inside]);
  useEffect(() => {
    const onKeyDown = (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);

  const open = useCallback((row, tab) => source.open({ sourceId: row.id, tab }), []);
  const openHit = useCallback((hit, words) => source.open({ sourceId: hit.source_id, passageId: hit.id, words }), []);
  const select = useCallback((id, on, range) => {
    setSelected((now) => {
      const next = new Set(now);
      const ids = rows.map((row) => row.id);
      const [from, to] = [ids.indexOf(last.current), ids.indexOf(id)].sort((a, b) => a - b);
      const reached = range && from >= 0 ? ids.slice(from, to + 1) : [id];
      for (const one of reached) on ? next.add(one) : next.delete(one);
      last.current = id;
      return next;
    });
  }, [rows]);
  const again = useCallback(async (row) => {
    try {
      list.change(await api.post(`/api/v2/sources/${row.id}/read`));
      reload.current();
    } catch (error) {
      toastError(error);
    }
  }, []);
  const remove = useCallback(async (which) => {
    const one = which.length === 1;
    const sure = await confirm({
      title: one ? "Delete this source?" : `Delete ${which.length} sources?`,
      text: `${one ? `“${which[0].title}” with its file and passages is` : "They are, with their files and passages,"} removed. Documents that cite ${one ? "it" : "them"} keep the text their citations were bound to.`,
      action: "Delete",
      danger: true,
    });
    if (!sure) return;
    try {
      const ids = which.map((row) => row.id);
      const { deleted } = await api.post("/api/v2/sources/delete", { ids });
      setSelected((now) => new Set([...now].filter((id) => !ids.includes(id))));
      if (ids.includes(shown.current)) source.close();
      await reload.current();
      if (deleted) toast(`${plural(deleted, "source")} removed.`, { title: "Deleted" });
      if (deleted < ids.length) toast(`${plural(ids.length - deleted, "source")} of ${ids.length} could not be removed, or had been already. What is still listed is still there; try again.`, { title: "Not all are deleted", kind: "bad" });
    } catch (error) {
      toastError(error);
    }
  }, []);
  const chosen = (rows ?? []).filter((row) => selected.has(row.id));
  const searching = inside && typed.trim().length > 1;
  const filtered = narrowed(filter) > 0 || filter.q || filter.status;
  const empty = rows?.length === 0 && !filtered && !intake.open;

  return html`<div class="library-stage">
    <div class="library-scroll"><div class="page library-page">
      <header class="page-head library-head"><div><h1>Library</h1><p>What your documents rest on. A request without files works from all of it.</p></div>
        <div class="page-actions">
          ${total > 0 && html`<${ExportMenu} query=${queryOf(filter)} label="Export what is listed" />`}
          <button type="button" class="button primary" onClick=${() => picker.current.click()}><${Icon} name="upload" /> Add sources</button>
          <input ref=${picker} type="file" multiple hidden aria-label="Files" onChange=${(event) => { intake.add([...event.target.files]); event.target.value = ""; }} />
        </div></header>
      <${IntakeLine} intake=${intake} />
      ${empty
        ? html`<${Empty} onAdd=${() => picker.current.click()} />`
        : html`<div class="library-tools">
            <div class="search-row" role="search">
              <div class="search-field"><${Icon} name="search" /><input ref=${field} class="input" type="search" aria-label=${inside ? "Search inside the texts" : "Find sources"} placeholder=${inside ? "What do my sources say about…" : "Title, author, journal, DOI or file"} value=${typed} maxlength="300" onInput=${(event) => setTyped(event.target.value)} /></div>
              <div class="segments" role="group" aria-label="Search in">
                <button type="button" aria-pressed=${inside ? "false" : "true"} onClick=${() => { setInside(false); field.current.focus(); }}>Sources</button>
                <button type="button" aria-pressed=${inside ? "true" : "false"} onClick=${() => { setInside(true); field.current.focus(); }}>Inside the texts</button></div>
            </div>
            <${Filters} filter=${filter} onChange=${setFilter} counts=${counts} total=${total} searching=${searching} />
          </div>`}
      ${failure && html`<div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>${failure.title}</strong><span>${failure.message}</span></div><button type="button" class="button" onClick=${list.reload}>Try again</button></div>`}
      ${searching
        ? html`<${PassageHits} query=${typed.trim()} filter=${filter} current=${target?.passageId} onOpen=${openHit} />`
        : html`${rows === null && !failure && html`<p class="empty-line" role="status">Loading your sources…</p>`}
          ${chosen.length > 0 && html`<${BulkBar} ids=${chosen.map((row) => row.id)} all=${rows.length} onAll=${() => setSelected(new Set(rows.map((row) => row.id)))} onClear=${() => setSelected(new Set())} onDelete=${() => remove(chosen)} />`}
          ${rows?.length > 0 && html`<ul class="library-list" aria-label="Sources" onKeyDown=${walk}>${rows.map((row) => html`<${Row} key=${row.id} row=${row} selected=${selected.has(row.id)} current=${target?.sourceId === row.id} onSelect=${select} onOpen=${open} onAgain=${again} onDelete=${remove} />`)}</ul>`}
          ${rows?.length === 0 && filtered && html`<div class="empty-state"><${Icon} name="search" /><h2>No source fits</h2><p>${filter.q ? `Nothing here has “${filter.q}” in its title, authors, journal, DOI or file name.` : "No source has all of these."}</p>
            <button type="button" class="button" onClick=${() => { setTyped(""); setFilter(NO_FILTER); }}>Show everything</button></div>`}
          ${list.cursor && html`<button type="button" class="button wide" onClick=${list.more}>Show more</button>`}`}
    </div></div>
    ${target && html`<${SourcePanel} target=${target} styles=${boot.styles} onClose=${source.close} onChanged=${list.change} />`}
    <${DropZone} onFiles=${(files) => intake.add(files)} />
  </div>`;
}

/** Up and down go from title to title. */
function walk(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !event.target.matches(".library-open")) return;
  const titles = [...event.currentTarget.querySelectorAll(".library-open")];
  const next = titles[titles.indexOf(event.target) + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function Empty({ onAdd }) {
  return html`<div class="empty-state large"><${Icon} name="library" /><h2>Start with what you have read</h2>
    <p>Drop papers, chapters, slides or notes anywhere on this page, a whole folder at once if you like. A BibTeX, RIS or Zotero (CSL-JSON) file brings its references along.</p>
    <button type="button" class="button primary" onClick=${onAdd}><${Icon} name="upload" /> Choose files</button>
    <p class="faint">Up to ${bytes(boot.limits.upload_max_bytes)} each. Every claim that is written leads back to a page in here.</p></div>`;
}

const host = document.getElementById("app");
host.replaceChildren();
render(html`<${Library} />`, host);
