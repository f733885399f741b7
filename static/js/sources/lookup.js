// Metadata from registries: asked for on a click, shown with what differs, taken only when accepted.
import { html, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";

export function Lookup({ source, doi, onAccept }) {
  const [typed, setTyped] = useState(null);
  const [state, setState] = useState(null);
  const value = typed ?? doi;
  const id = `lookup-${source.id}`;
  const ask = async () => {
    setState({ busy: true });
    try {
      setState({ found: await api.post(`/api/v2/sources/${source.id}/metadata`, value.trim() ? { identifier: value.trim() } : {}) });
    } catch (error) {
      setState({ error });
    }
  };
  const onKeyDown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // not a submit of the form around it
    ask();
  };
  const accept = (csl) => {
    onAccept(csl);
    setState({ taken: true });
  };
  return html`<div class="lookup">
    <div class="field"><label for=${id}>Fill in from a registry</label>
      <div class="lookup-row"><input id=${id} class="input" value=${value} placeholder="DOI or arXiv number; empty: by title and authors" maxlength="300" spellcheck=${false} onInput=${(event) => setTyped(event.target.value)} onKeyDown=${onKeyDown} />
        <button type="button" class="button" disabled=${state?.busy} onClick=${ask}><${Icon} name=${state?.busy ? "loader-circle" : "search"} spin=${Boolean(state?.busy)} /> Look up</button></div></div>
    <div role="status">
      ${state?.taken && html`<p class="faint">Filled in below. Nothing is kept before you save.</p>`}
      ${state?.error && html`<p class="error-text">${state.error.message}</p>`}
      ${state?.found && html`<${Candidates} found=${state.found} onAccept=${accept} onDismiss=${() => setState(null)} />`}
    </div>
  </div>`;
}

function Candidates({ found, onAccept, onDismiss }) {
  return html`<div class="candidates">
    <p class="faint">${found.message}</p>
    ${found.candidates.map((candidate, index) => html`<article key=${index} class="candidate card">
      <header><strong>${candidate.csl.title ?? "Untitled"}</strong><span class="faint">${candidate.providers.join(", ")}</span></header>
      ${candidate.notices.map((notice) => html`<p class="error-text">${notice}</p>`)}
      ${candidate.differences.length === 0
        ? html`<p class="faint"><${Icon} name="check" /> It says the same as here.</p>`
        : html`<table><thead><tr><th scope="col">Field</th><th scope="col">Here</th><th scope="col">There</th></tr></thead>
            <tbody>${candidate.differences.map((row) => html`<tr key=${row.field}><th scope="row">${row.label}</th><td>${row.now || html`<span class="faint">empty</span>`}</td><td>${row.proposed}</td></tr>`)}</tbody></table>
          <div class="dialog-actions"><button type="button" class="button quiet" onClick=${onDismiss}>Leave as it is</button><button type="button" class="button primary" onClick=${() => onAccept(candidate.csl)}>Use these</button></div>`}
    </article>`)}
  </div>`;
}
