// What is known of a source: how it came here, what registries say, where it is cited.
import { html, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { landingOf } from "../lib/address.js";
import { bytes, plural } from "../lib/format.js";
import * as api from "../lib/api.js";
import { toastError } from "../ui/toast.js";
import { ReferenceCheck } from "./check.js";
import { SETTLED, statusOf, extentOf } from "./words.js";

export function About({ source, onChanged, onReference }) {
  const [busy, setBusy] = useState(false);
  const again = async () => {
    setBusy(true);
    try {
      onChanged(await api.post(`/api/v2/sources/${source.id}/read`));
    } catch (error) {
      toastError(error);
    } finally {
      setBusy(false);
    }
  };
  const landing = landingOf(source);
  return html`<div class="source-pad about">
    ${source.status === "failed" && html`<div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>This file could not be read</strong><span>${source.error}</span>
      <div class="notice-actions"><button type="button" class="button" disabled=${busy} onClick=${again}><${Icon} name="rotate-ccw" /> Try again</button></div></div></div>`}
    <${ReferenceCheck} source=${source} onChanged=${onChanged} onReference=${onReference} />
    <section><h3>Where it can be found</h3>
      ${!landing && html`<p class="faint">Neither a DOI nor an address is known.</p>`}
      ${landing && html`<p><a href=${landing} target="_blank" rel="noopener noreferrer">${source.doi ? `doi:${source.doi}` : landing} <${Icon} name="external-link" /></a></p>`}
    </section>
    ${source.abstract && html`<section><h3>Abstract</h3><p class="abstract">${source.abstract}</p></section>`}
    <section><h3>How it came here</h3>
      ${source.record_words.map((line, index) => html`<p key=${index}>${line}</p>`)}
    </section>
    <section><h3>What was read</h3>
      <p>${SETTLED.has(source.status) ? extentOf(source) || "Nothing yet" : statusOf(source)}${source.size_bytes ? `, ${bytes(source.size_bytes)}` : ""}${source.file_name ? ` (${source.file_name})` : ""}.</p>
      ${source.remarks.map((line, index) => html`<p key=${index} class="remark"><${Icon} name="info" /> <span>${line}</span></p>`)}
    </section>
    <section><h3>Cited in</h3>
      ${source.cited_in.length === 0 && html`<p class="faint">No document of yours cites it yet.</p>`}
      <ul class="cited-in">${source.cited_in.map((place) => html`<li key=${place.run_id}>
        ${place.conversation_id
          ? html`<a href=${`/c/${place.conversation_id}/#document=${place.run_id},${place.artifact_id}`}>${place.title}</a>`
          : html`<span>${place.title}</span>`}
        <span class="faint">${plural(place.citations, "citation")}</span></li>`)}</ul>
    </section>
  </div>`;
}
