// What registries say of a reference: asked on a click, compared field by field, taken over by choice.
import { html, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { ago } from "../lib/format.js";
import * as api from "../lib/api.js";
import { toastError } from "../ui/toast.js";
import { markOf } from "./words.js";

const NAMES = { title: "Title", author: "Authors", issued: "Year", "container-title": "Journal or book", volume: "Volume", issue: "Issue", page: "Pages", publisher: "Publisher", DOI: "DOI", type: "Kind of work" };

export function ReferenceCheck({ source, onChanged, onReference }) {
  const [busy, setBusy] = useState("");
  const mark = markOf(source);
  const differences = source.verification === "mismatch" ? (source.verification_detail.differences ?? []) : [];
  const ask = async (what, body) => {
    setBusy(what);
    try {
      await api.post(`/api/v2/sources/${source.id}/${what}`, body);
      onChanged(await api.get(`/api/v2/sources/${source.id}`));
    } catch (error) {
      toastError(error);
    } finally {
      setBusy("");
    }
  };
  return html`<section class="reference-check"><h3>Reference</h3>
    <p>${mark && html`<span class=${`badge ${mark.tone}`}><${Icon} name=${mark.icon} />${mark.label}</span> `}${source.verification_words}
      ${source.verified_at && html` <span class="faint">Checked ${ago(source.verified_at)}.</span>`}</p>
    ${differences.length > 0 && html`<table><thead><tr><th scope="col">Field</th><th scope="col">Here</th><th scope="col">In the registry</th><th><span class="visually-hidden">Take over</span></th></tr></thead>
      <tbody>${differences.map(({ field, ours, theirs }) => html`<tr key=${field}><th scope="row">${NAMES[field] ?? field}</th><td>${ours || html`<span class="faint">empty</span>`}</td><td>${theirs}</td>
        <td><button type="button" class="link-button" disabled=${Boolean(busy)} onClick=${() => ask("accept", { fields: [field] })}>Take over</button></td></tr>`)}</tbody></table>`}
    <div class="claim-actions">
      ${differences.length > 1 && html`<button type="button" class="link-button" disabled=${Boolean(busy)} onClick=${() => ask("accept", { fields: [] })}><${Icon} name="check" /> Take over all</button>`}
      <button type="button" class="link-button" disabled=${Boolean(busy)} onClick=${() => ask("verify")}><${Icon} name=${busy === "verify" ? "loader-circle" : "repeat"} spin=${busy === "verify"} /> ${busy === "verify" ? "Asking the registries…" : source.verified_at ? "Check again" : "Check now"}</button>
      ${(mark?.tone === "bad" || mark?.tone === "warn") && html`<button type="button" class="link-button" onClick=${onReference}><${Icon} name="pencil" /> Edit the reference</button>`}
    </div>
  </section>`;
}
