// The citation style of what is read: the usual ones at hand, thousands behind a search, one's own.
import { html, useEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { Dialog, open } from "../ui/dialog.js";

const MORE = "more…";
const TYPED_MS = 250;

/** `styles`: [id, name] of the usual ones; `onChange(id)`. */
export function StyleChoice({ value, styles, onChange }) {
  const [found, setFound] = useState([]); // chosen from the search earlier
  const listed = [...styles, ...found];
  const shown = listed.some(([id]) => id === value) ? listed : [[value, value], ...listed];
  const pick = async (event) => {
    if (event.target.value !== MORE) return onChange(event.target.value);
    event.target.value = value;
    const style = await open(({ settle }) => html`<${Search} settle=${settle} />`);
    if (!style) return undefined;
    setFound((before) => [...before.filter(([id]) => id !== style.id), [style.id, style.title]]);
    return onChange(style.id);
  };
  return html`<label class="pill style-choice"><span class="visually-hidden">Citation style</span>
    <select value=${value} onChange=${pick}>
      ${shown.map(([id, name]) => html`<option key=${id} value=${id} selected=${id === value}>${name}</option>`)}
      <option value=${MORE}>More styles…</option>
    </select><${Icon} name="chevron-down" /></label>`;
}

function Search({ settle }) {
  const [typed, setTyped] = useState("");
  const [state, setState] = useState({});
  const [refused, setRefused] = useState("");
  const picker = useRef(null);
  useEffect(() => {
    let current = true;
    setState((before) => ({ ...before, busy: true }));
    const timer = setTimeout(() => {
      api.get(`/api/v2/styles?q=${encodeURIComponent(typed.trim())}`).then(
        (styles) => current && setState({ styles }),
        (error) => current && setState({ error }),
      );
    }, TYPED_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [typed]);
  const bring = async (file) => {
    setRefused("");
    try {
      settle(await api.upload("/api/v2/styles", file, { onProgress: () => {} }).done);
    } catch (error) {
      setRefused(error.message);
    }
  };
  const rows = state.styles ? [...state.styles.own, ...state.styles.bundled] : [];
  return html`<${Dialog} title="Citation styles" onCancel=${() => settle(null)}>
    <div class="field"><label for="style-search">Journal, publisher or style</label>
      <input id="style-search" type="search" autofocus maxlength="200" value=${typed} placeholder="e.g. Nature, IEEE, Chicago notes" onInput=${(event) => setTyped(event.target.value)} /></div>
    ${state.error && html`<p class="error-text" role="alert">${state.error.message}</p>`}
    <p class="visually-hidden" role="status">${state.styles && !state.busy ? `${rows.length} styles` : "Searching"}</p>
    <ul class="style-list" aria-busy=${state.busy ? "true" : "false"}>${rows.map((style) => html`<li key=${style.id}><button type="button" onClick=${() => settle(style)}><span>${style.title}</span>${style.own && html`<small>yours</small>`}</button></li>`)}
      ${state.styles && !rows.length && html`<li class="faint">No style of this name. Bring its .csl file.</li>`}</ul>
    ${refused && html`<p class="error-text" role="alert">${refused}</p>`}
    <div class="dialog-actions">
      <button type="button" class="button quiet" onClick=${() => picker.current.click()}><${Icon} name="upload" /> Bring a .csl file</button>
      <input ref=${picker} type="file" accept=".csl" hidden aria-label="A style" onChange=${(event) => event.target.files[0] && bring(event.target.files[0])} />
      <button type="button" class="button" onClick=${() => settle(null)}>Cancel</button></div>
  <//>`;
}
