// Passages that are to be revised, out of the DOCX in which they were highlighted.
import { html, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";
import * as api from "../lib/api.js";
import { Refused } from "../ui/refused.js";
import { GROUPS, NOT_HELD } from "./words.js";

export function MarkedStep({ check, path, act, busy, locked }) {
  const [problem, setProblem] = useState(null);
  const picker = useRef(null);
  const { marked } = check;
  const lost = marked.filter((one) => !one.found).length;
  const run = async (call) => {
    setProblem(null);
    try {
      await act("marked", call);
    } catch (error) {
      setProblem(NOT_HELD.includes(error.code) ? null : error);
    }
  };
  const attach = (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    const form = new FormData();
    form.append("document", file, file.name);
    run(() => api.post(`${path}/marked`, form));
  };
  if (locked && marked.length === 0) return null;
  return html`<section class="work-card" aria-labelledby="marked-head"><h2 id="marked-head">Passages to revise</h2>
    ${check.marked_file_name
      ? html`<div class="attached"><${Icon} name="file-text" /><span>${check.marked_file_name}</span>
          ${!locked && html`<button type="button" class="link-button" disabled=${busy !== ""} onClick=${() => picker.current.click()}>Replace</button>
          <button type="button" class="icon-button small" aria-label="Remove the marked document" disabled=${busy !== ""} onClick=${() => run(() => api.remove(`${path}/marked`))}><${Icon} name="x" /></button>`}</div>`
      : html`<button type="button" class="button" disabled=${locked || busy !== ""} onClick=${() => picker.current.click()}><${Icon} name="upload" /> ${busy === "marked" ? "Reading…" : "Upload the highlighted DOCX"}</button>`}
    <input ref=${picker} type="file" hidden accept=".docx" aria-label="Highlighted document" onChange=${attach} />
    ${problem && html`<${Refused} problem=${{ message: problem.message }} title="The document was not taken" />`}
    ${marked.length > 0 && html`<p role="status" class="marked-sum">${plural(marked.length, "passage")}${lost > 0 ? `, ${lost} not found in this document` : ""}</p>
      <ol class="marked-list">${marked.map((one, index) => html`<${Passage} key=${index} one=${one} />`)}</ol>`}
  </section>`;
}

function Passage({ one }) {
  return html`<li class="marked-passage" data-found=${one.found ? "true" : "false"}>
    <p class="marked-text"><${Swatch} colour=${one.colour} />${one.text}</p>
    ${one.note && html`<p class="marked-note"><${Icon} name="message-square" /><span>${one.note}</span></p>`}
    <p class="faint">${one.found ? [one.heading, GROUPS[one.group]].filter(Boolean).join(" · ") : "Not found in this document: it is handed in as a note."}</p>
  </li>`;
}

const NAMED = { darkblue: "#000080", darkcyan: "#008080", darkgreen: "#008000", darkmagenta: "#800080", darkred: "#800000", darkyellow: "#808000", darkgray: "#808080", lightgray: "#c0c0c0", green: "#00ff00" };

function Swatch({ colour }) {
  if (!colour) return null;
  const value = NAMED[colour.toLowerCase()] ?? colour;
  return html`<span class="swatch" title=${`Marked in ${colour}`} style=${{ background: value }}></span>`;
}
