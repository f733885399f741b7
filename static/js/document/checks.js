// What was checked in a document: claims by verdict, those to look at, and references that registries
// do not confirm.
import { html, useEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural, shortReference } from "../lib/format.js";
import { sentence } from "../sources/claim.js";
import { markOf } from "../sources/words.js";
import { flagged, verdictName, verdictOf, VERDICTS } from "./verdicts.js";

const doubtful = (source) => source.retracted || ["mismatch", "not_found", "unreachable"].includes(source.verification);

function findings({ citations, sources }) {
  const cited = new Set(citations.map((row) => row.source_id));
  return {
    claims: citations.filter(flagged),
    references: [...sources.values()].filter((source) => cited.has(source.id) && doubtful(source)),
    cited: [...cited].filter(Boolean).length,
  };
}

export function ChecksButton({ bound, open, onToggle }) {
  if (!bound.citations.length) return null;
  const { claims, references } = findings(bound);
  const n = claims.length + references.length;
  return html`<button type="button" class=${n ? "pill-button checks-button warn" : "pill-button checks-button"} aria-expanded=${open ? "true" : "false"} onClick=${onToggle}>
    <${Icon} name=${n ? "shield-alert" : "shield-check"} /> ${n ? `${n} to check` : "Checked"}</button>`;
}

export function ChecksPanel({ bound, onJump, onSource, onClose }) {
  const { citations, sources } = bound;
  const { claims, references, cited } = findings(bound);
  const [verdict, setVerdict] = useState("");
  const first = useRef(null);
  useEffect(() => first.current.focus(), []);
  const counts = Object.keys(VERDICTS).map((name) => [name, citations.filter((row) => verdictName(row) === name).length]).filter(([, n]) => n);
  const shown = verdict ? citations.filter((row) => verdictName(row) === verdict) : claims;
  return html`<div class="checks-panel" role="region" aria-label="Checks of the document">
    <header><div><h2 tabindex="-1" ref=${first}>${claims.length + references.length ? "What to look at" : "Nothing stands out"}</h2>
      <p class="faint">${plural(citations.length, "citation")} of ${plural(cited, "source")}</p></div>
      <button type="button" class="button quiet" onClick=${onClose}><${Icon} name="arrow-left" /> Back to the text</button></header>
    <div class="chips" role="group" aria-label="Citations by verdict">
      ${counts.map(([name, n]) => html`<button key=${name} type="button" class="chip" data-tone=${VERDICTS[name].tone} aria-pressed=${verdict === name ? "true" : "false"} onClick=${() => setVerdict(verdict === name ? "" : name)}>${VERDICTS[name].label} <span>${n}</span></button>`)}
    </div>
    ${verdict && html`<p class="faint">${VERDICTS[verdict].text}</p>`}
    ${shown.length === 0 && html`<p class="notice good"><${Icon} name="circle-check" /><span>Every claim that is cited was found in the passage it is bound to. What a passage means is yours to judge.</span></p>`}
    <ol class="claims">${shown.map((row) => html`<li key=${row.marker}><${Flagged} row=${row} source=${sources.get(row.source_id)} citations=${citations} onJump=${onJump} onSource=${onSource} /></li>`)}</ol>
    ${references.length > 0 && html`<h3>References</h3>
      <ul class="claims">${references.map((source) => {
        const mark = markOf(source);
        return html`<li key=${source.id}><article class="claim-card card">
          <header><span class=${`badge ${mark.tone}`}><${Icon} name=${mark.icon} />${mark.label}</span></header>
          <p><strong>${source.csl?.title || source.file_name}</strong> <span class="faint">${shortReference(source.csl)}</span></p>
          <p class="faint">${source.verification_words || mark.text}</p>
          <div class="claim-actions"><button type="button" class="link-button" onClick=${(event) => onSource({ sourceId: source.id, tab: "reference" }, event.currentTarget)}><${Icon} name="pencil" /> Compare and correct</button>
            <button type="button" class="link-button" onClick=${(event) => onSource({ sourceId: source.id, tab: "about" }, event.currentTarget)}><${Icon} name="info" /> What is known of it</button></div>
        </article></li>`;
      })}</ul>`}
  </div>`;
}

function Flagged({ row, source, citations, onJump, onSource }) {
  const verdict = verdictOf(row);
  const open = (event) => onSource({ passageIds: [row.passage_id], marker: row.marker, citations }, event.currentTarget);
  return html`<article class="claim-card card">
    <header><span class=${`badge ${verdict.tone}`}>${verdict.label}</span><span class="faint">${[shortReference(source?.csl) || source?.file_name, row.page ? `page ${row.page}` : ""].filter(Boolean).join(", ")}</span></header>
    <blockquote class="claim">${row.claim}</blockquote>
    <p class="faint">${row.reason ? sentence(row.reason) : verdict.text}</p>
    <div class="claim-actions"><button type="button" class="link-button" onClick=${() => onJump(row.marker)}><${Icon} name="scan-text" /> Show in the text</button>
      ${row.passage_id && html`<button type="button" class="link-button" onClick=${open}><${Icon} name="book-open" /> ${row.page ? `Open page ${row.page}` : "Open the source"}</button>`}</div>
  </article>`;
}
