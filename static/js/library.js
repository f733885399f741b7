// The library: every file, how far it has been read, and the reference that is made from it.
import { bootData, html, render, useEffect, useMemo, useReducer, useRef, useState } from "./lib/view.js";
import { Icon } from "./lib/icon.js";
import { ago, authorsOf, bytes, plural, yearOf } from "./lib/format.js";
import * as api from "./lib/api.js";
import { confirm } from "./ui/dialog.js";
import { toast, toastError } from "./ui/toast.js";
import { DropZone } from "./composer/drop.js";
import { Uploads, statusLine } from "./composer/uploads.js";

const boot = bootData();
const BADGE = { ready: ["good", "Ready"], failed: ["bad", "Not read"], queued: ["", "Waiting"], parsing: ["live", "Reading"], embedding: ["live", "Indexing"] };

const WAITING = { uploading: ["busy", "loader-circle"], refused: ["bad", "circle-alert"], imported: ["ready", "library"] };

function Library() {
  const [rows, setRows] = useState(null);
  const [failure, setFailure] = useState(null);
  const [editing, setEditing] = useState(null);
  const [, redraw] = useReducer((n) => n + 1, 0);
  const picker = useRef(null);
  const load = async () => {
    try {
      setRows(await api.all("/api/files?limit=200"));
      setFailure(null);
    } catch (error) {
      setFailure(error);
    }
  };
  const settled = useRef(new Set());
  const uploads = useMemo(() => new Uploads({ maxBytes: boot.limits.upload_max_bytes, onChange: redraw }), []);
  useEffect(() => void load(), []);
  useEffect(() => {
    const now = uploads.files.filter((file) => file.id || file.state === "imported").map((file) => `${file.id ?? file.key}:${file.state}`).join();
    if (now && !settled.current.has(now)) {
      settled.current.add(now);
      load();
    }
  });
  const busy = rows?.some((row) => row.status !== "ready" && row.status !== "failed");
  useEffect(() => {
    if (!busy) return undefined;
    const timer = setInterval(load, 2000);
    return () => clearInterval(timer);
  }, [busy]);

  const drop = async (row) => {
    const sure = await confirm({ title: "Delete this file?", text: `“${row.metadata.title || row.file_name}” and its passages are removed. Documents that cite it keep the text their citations were bound to.`, action: "Delete", danger: true });
    if (!sure) return;
    try {
      await api.remove(`/api/files/${row.id}`);
      setRows(rows.filter((other) => other.id !== row.id));
    } catch (error) {
      toastError(error);
    }
  };
  const waiting = uploads.files.filter((file) => file.state === "uploading" || file.state === "refused" || file.state === "imported");

  return html`<div>
    <div class="page-actions">
      <button type="button" class="button primary" onClick=${() => picker.current.click()}><${Icon} name="upload" /> Add files</button>
      <input ref=${picker} type="file" multiple hidden aria-label="Files" accept=".pdf,.docx,.pptx,.xlsx,.csv,.tsv,.epub,.odt,.rtf,.txt,.md,.markdown,.html,.htm,.bib,.ris,.json" onChange=${(event) => { uploads.add([...event.target.files]); event.target.value = ""; }} />
      ${rows && html`<span class="faint">${plural(rows.length, "file")}</span>`}
    </div>
    ${waiting.length > 0 && html`<ul class="files">${waiting.map((file) => html`<li key=${file.key} class="file" data-state=${WAITING[file.state][0]}>
      <${Icon} name=${WAITING[file.state][1]} spin=${file.state === "uploading"} />
      <div><span class="file-name">${file.name}</span><span class="file-status" role=${file.state === "refused" ? "alert" : undefined}>${statusLine(file)}</span></div>
      <button type="button" class="icon-button small" aria-label=${`Remove ${file.name}`} onClick=${() => uploads.remove(file.key)}><${Icon} name="x" /></button></li>`)}</ul>`}
    ${failure && html`<div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>${failure.title}</strong><span>${failure.message}</span></div><button type="button" class="button" onClick=${load}>Try again</button></div>`}
    ${rows === null && !failure && html`<p class="empty-line" role="status">Loading your files…</p>`}
    ${rows?.length === 0 && html`<div class="empty-state"><${Icon} name="library" /><h2>Nothing here yet</h2><p>Add the papers, chapters and notes that your documents should rest on. PDF, DOCX, TXT, Markdown and HTML are read, up to ${bytes(boot.limits.upload_max_bytes)} each.</p></div>`}
    ${rows?.length > 0 && html`<ul class="library-list">${rows.map((row) => html`<${Row} key=${row.id} row=${row} editing=${editing === row.id} onEdit=${() => setEditing(editing === row.id ? null : row.id)} onDelete=${() => drop(row)}
      onSaved=${(saved) => { setRows(rows.map((other) => (other.id === saved.id ? saved : other))); setEditing(null); toast("References made from now on use it.", { title: "Saved" }); }} />`)}</ul>`}
    <${DropZone} onFiles=${(files) => uploads.add(files)} />
  </div>`;
}

function Row({ row, editing, onEdit, onDelete, onSaved }) {
  const [tone, word] = BADGE[row.status];
  const authors = authorsOf(row.metadata);
  const title = row.metadata.title || row.file_name;
  return html`<li class="library-row card" data-status=${row.status}>
    <div class="library-main">
      <${Icon} name=${row.status === "failed" ? "circle-alert" : "file-text"} />
      <div class="library-about">
        <h2>${title}</h2>
        <p>${authors.length ? authors.slice(0, 4).join("; ") + (authors.length > 4 ? " …" : "") : "No author known"}${yearOf(row.metadata) ? ` · ${yearOf(row.metadata)}` : " · no year known"}</p>
        <p class="faint">${[row.file_name, bytes(row.size_bytes), row.pages ? plural(row.pages, "page") : "", row.passages_count ? plural(row.passages_count, "passage") : "", ago(row.created_at)].filter(Boolean).join(" · ")}</p>
        ${row.status === "failed" && html`<p class="error-text">${row.error}</p>`}
      </div>
      <span class=${`badge ${tone}`}>${word}${row.status === "embedding" ? ` ${Math.round(row.progress * 100)} %` : ""}</span>
      <div class="library-actions">
        <button type="button" class="icon-button" aria-label=${`Edit the reference of ${title}`} aria-expanded=${editing ? "true" : "false"} onClick=${onEdit}><${Icon} name="pencil" /></button>
        <button type="button" class="icon-button" aria-label=${`Delete ${title}`} onClick=${onDelete}><${Icon} name="trash-2" /></button>
      </div>
    </div>
    ${editing && html`<${Metadata} row=${row} onSaved=${onSaved} onCancel=${onEdit} />`}
  </li>`;
}

function Metadata({ row, onSaved, onCancel }) {
  const [title, setTitle] = useState(row.metadata.title ?? "");
  const [authors, setAuthors] = useState(authorsOf(row.metadata).join("\n"));
  const [year, setYear] = useState(String(yearOf(row.metadata)));
  const [doi, setDoi] = useState(row.metadata.DOI ?? "");
  const [error, setError] = useState("");
  const first = useRef(null);
  useEffect(() => first.current.focus(), []);
  const save = async (event) => {
    event.preventDefault();
    const names = authors.split("\n").map((name) => name.trim()).filter(Boolean);
    try {
      onSaved(await api.patch(`/api/files/${row.id}`, { title: title.trim() || null, authors: names.length ? names : null, year: year.trim() ? Number(year) : null, doi: doi.trim() || null }));
    } catch (problem) {
      setError(problem.message);
    }
  };
  const field = (name) => `${name}-${row.id}`;
  return html`<form class="metadata" onSubmit=${save} onKeyDown=${(event) => event.key === "Escape" && onCancel()}>
    <div class="field span"><label for=${field("title")}>Title</label><input ref=${first} id=${field("title")} value=${title} maxlength="1000" onInput=${(e) => setTitle(e.target.value)} /></div>
    <div class="field span"><label for=${field("authors")}>Authors, one per line as “Family, Given”</label><textarea id=${field("authors")} rows="3" value=${authors} onInput=${(e) => setAuthors(e.target.value)}></textarea></div>
    <div class="field"><label for=${field("year")}>Year</label><input id=${field("year")} type="number" min="0" max="2200" value=${year} onInput=${(e) => setYear(e.target.value)} /></div>
    <div class="field"><label for=${field("doi")}>DOI</label><input id=${field("doi")} value=${doi} maxlength="200" placeholder="10.…" onInput=${(e) => setDoi(e.target.value)} /></div>
    ${error && html`<p class="error-text span" role="alert">${error}</p>`}
    <div class="dialog-actions span"><button type="button" class="button quiet" onClick=${onCancel}>Cancel</button><button type="submit" class="button primary">Save</button></div>
  </form>`;
}

const host = document.getElementById("app");
host.replaceChildren();
render(html`<${Library} />`, host);
