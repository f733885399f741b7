// The editor of a reference: typed fields, authors one by one, and how it prints.
import { html, useEffect, useMemo, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { cleanHtml } from "../lib/markdown.js";
import { toast } from "../ui/toast.js";
import { Authors } from "./authors.js";
import { FIELDS, caughtUp, fieldsOf, formOf, changesOf, sameForm } from "./fields.js";
import { Lookup } from "./lookup.js";
import { TYPES } from "./words.js";

const PREVIEW_MS = 600;

export function ReferenceForm({ source, styles, onSaved }) {
  const [form, setForm] = useState(() => formOf(source.csl));
  const [errors, setErrors] = useState({});
  const [saving, setSaving] = useState(false);
  const host = useRef(null);
  const before = useMemo(() => formOf(source.csl), [source.csl]);
  const begun = useRef(before); // what the form's words were typed into
  const dirty = !sameForm(form, before);
  const catchUp = (from, to) => {
    begun.current = to;
    setForm((now) => caughtUp(now, from, to));
  };
  useEffect(() => catchUp(begun.current, before), [before]);
  const set = (name, value) => {
    setForm((now) => ({ ...now, [name]: value }));
    setErrors((now) => ({ ...now, [name]: undefined }));
  };
  const save = async (event) => {
    event.preventDefault();
    setSaving(true);
    try {
      const saved = await api.patch(`/api/v2/sources/${source.id}`, { csl: changesOf(form, before) });
      toast("References made from now on use it.", { title: "Saved" });
      catchUp(form, formOf(saved.csl));
      setErrors({});
      onSaved(saved);
    } catch (problem) {
      const found = {};
      for (const one of problem.errors ?? []) found[one.field.replace(/^csl\./, "").split(".")[0]] = one.message;
      setErrors(Object.keys(found).length ? found : { form: problem.message });
      requestAnimationFrame(() => host.current?.querySelector("[aria-invalid=true]")?.focus());
    } finally {
      setSaving(false);
    }
  };
  const field = (name) => `${name}-${source.id}`;
  const row = (name) => html`<${Field} key=${name} name=${name} id=${field(name)} type=${form.type} value=${form[name]} error=${errors[name]} onInput=${(value) => set(name, value)} />`;
  return html`<form class="reference-form source-pad" ref=${host} onSubmit=${save} novalidate>
    <${Preview} csl=${{ ...source.csl, ...changesOf(form, {}) }} styles=${styles} />
    <${Lookup} source=${source} doi=${form.DOI} onAccept=${(csl) => setForm((now) => ({ ...now, ...formOf({ ...csl }, true) }))} />
    <div class="field"><label for=${field("type")}>Kind of work</label>
      <select id=${field("type")} class="select" value=${form.type} onChange=${(event) => set("type", event.target.value)}>
        ${(TYPES.some(([key]) => key === form.type) ? TYPES : [...TYPES, [form.type, form.type]]).map(([key, label]) => html`<option key=${key} value=${key} selected=${key === form.type}>${label}</option>`)}
      </select>${errors.type && html`<span class="error-text">${errors.type}</span>`}</div>
    ${row("title")}
    <${Authors} names=${form.author} onChange=${(names) => set("author", names)} error=${errors.author} id=${field("author")} />
    <div class="reference-grid">${fieldsOf(form.type).map(row)}</div>
    ${errors.form && html`<p class="error-text" role="alert">${errors.form}</p>`}
    ${errors.issued && html`<p class="error-text" role="alert">${errors.issued}</p>`}
    <div class="form-bar">
      <span class="faint">${source.metadata_edited ? "Corrected by you" : "As the file states it"}</span>
      <button type="button" class="button quiet" disabled=${!dirty} onClick=${() => setForm(before)}>Undo</button>
      <button type="submit" class="button primary" disabled=${!dirty || saving}>${saving ? "Saving…" : "Save"}</button>
    </div>
  </form>`;
}

function Field({ name, id, type, value, error, onInput }) {
  const { label, wide, ...attributes } = FIELDS[name];
  const shared = { id, maxlength: 2000, value, "aria-invalid": error ? "true" : undefined, "aria-describedby": error ? `${id}-error` : undefined, onInput: (event) => onInput(event.target.value) };
  return html`<div class=${wide ? "field span" : "field"}>
    <label for=${id}>${typeof label === "function" ? label(type) : label}</label>
    ${name === "title" ? html`<textarea rows="2" ...${shared}></textarea>` : html`<input ...${attributes} ...${shared} />`}
    ${error && html`<span id=${`${id}-error`} class="error-text">${error}</span>`}</div>`;
}

/** How the reference prints, a moment after the last change. */
function Preview({ csl, styles }) {
  const [style, setStyle] = useState(styles[0][0]);
  const [shown, setShown] = useState({});
  const wanted = JSON.stringify(csl);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      api.post("/api/v2/sources/reference", { csl: JSON.parse(wanted), style }).then(
        (found) => current && setShown({ html: found.html }),
        (error) => current && setShown({ error: error.message }),
      );
    }, PREVIEW_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [wanted, style]);
  return html`<figure class="printed">
    <figcaption><span>How it prints</span><label class="pill"><span class="visually-hidden">Citation style</span>
      <select value=${style} onChange=${(event) => setStyle(event.target.value)}>${styles.map(([key, label]) => html`<option key=${key} value=${key}>${label}</option>`)}</select><${Icon} name="chevron-down" /></label></figcaption>
    ${shown.error ? html`<p class="error-text">${shown.error}</p>` : html`<p aria-live="polite" dangerouslySetInnerHTML=${{ __html: shown.html ? cleanHtml(shown.html) : "…" }}></p>`}
  </figure>`;
}
