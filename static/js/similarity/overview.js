// The figures of a report: how much, of what kind, like which texts, and what is only a hint.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { count, moment, plural } from "../lib/format.js";
import { MOST_TEXTS, toggled } from "./choices.js";
import { WhatCounts } from "./counts.js";
import { colourOf, GROUPS, leftOut, percent, WHERE } from "./words.js";

/** The number of a text, coloured as its matches are. */
export const TextNumber = ({ number }) => html`<span class="text-number" data-colour=${colourOf(number)}><span class="visually-hidden">Text </span>${number}</span>`;

/** `onJump(key)` shows a match. */
export function Overview({ report, matches, choices, counting, onChoose, onJump }) {
  const firstOf = (textId, hint) => matches.find((match) => match.text_id === textId && (match.kind === "paraphrase") === hint)?.key;
  return html`<section class="overview" aria-label="Report" aria-busy=${counting ? "true" : "false"}>
    <${Figure} report=${report} />
    <p class="overview-left-out">${leftOut(choices)}</p>
    <${WhatCounts} choices=${choices} onChoose=${onChoose} />
    ${report.limits.length > 0 && html`<div class="notice warn" role="note"><${Icon} name="triangle-alert" /><div><strong>Not everything was looked at</strong>${report.limits.map((said) => html`<span key=${said}>${said}</span>`)}</div></div>`}
    <${Groups} report=${report} choices=${choices} onChoose=${onChoose} />
    <${Texts} report=${report} choices=${choices} onChoose=${onChoose} onJump=${(id) => onJump(firstOf(id, false))} />
    ${choices.hints && html`<${Hints} report=${report} onJump=${(id) => onJump(firstOf(id, true))} />`}
    <p class="faint">Compared ${report.checked_at ? moment(report.checked_at) : ""} with ${plural(report.compared, "text")}. ${report.scope}</p>
  </section>`;
}

function Figure({ report }) {
  return html`<div class="overview-figure">
    <h2><span class="visually-hidden">Similarity: </span>${percent(report.percent)}</h2>
    <p>${plural(report.matched_words, "word")} of ${count(report.counted_words)} that count ${report.matched_words === 1 ? "is" : "are"} like your texts.</p>
    <p class="overview-scope">Compared with your own sources and documents only; not with the web or a publisher’s database.</p>
  </div>`;
}

function Groups({ report, choices, onChoose }) {
  const words = new Map(report.groups.map((row) => [row.group, row]));
  return html`<div class="overview-part"><h3>What is missing</h3>
    <ul class="overview-list">${Object.entries(GROUPS).map(([name, [label, about]]) => {
      const row = words.get(name);
      const out = choices.groups.includes(name);
      return html`<li key=${name} data-out=${out ? "true" : undefined}>
        <label><input type="checkbox" checked=${!out} onChange=${() => onChoose({ groups: toggled(choices.groups, name) })} />
          <span><strong>${label}</strong><small>${about}</small></span></label>
        <${Amount} out=${out} words=${row?.words ?? 0} share=${row?.percent ?? 0} note=${name === "cited_and_quoted" && choices.quotes && !out ? "left out" : ""} /></li>`;
    })}</ul></div>`;
}

function Texts({ report, choices, onChoose, onJump }) {
  const rows = report.texts.filter((text) => text.words > 0 || choices.texts.includes(text.text_id)).sort((a, b) => a.number - b.number);
  const full = choices.texts.length >= MOST_TEXTS;
  return html`<div class="overview-part"><h3>Texts that it is like ${rows.length > 0 && html`<span class="tab-count">${count(rows.length)}</span>`}</h3>
    ${rows.length === 0 && html`<p class="faint">None, as far as counts.</p>`}
    <ol class="overview-list">${rows.map((text) => {
      const out = choices.texts.includes(text.text_id);
      return html`<li key=${text.text_id} data-out=${out ? "true" : undefined}>
        <input type="checkbox" aria-label=${`Count text ${text.number}: ${text.title}`} checked=${!out} disabled=${full && !out} onChange=${() => onChoose({ texts: toggled(choices.texts, text.text_id) })} />
        <${TextNumber} number=${text.number} />
        <span class="overview-text">${out ? html`<span>${text.title || "Untitled"}</span>` : html`<button type="button" class="link-button" onClick=${() => onJump(text.text_id)}>${text.title || "Untitled"}</button>`}<small>${WHERE[text.kind]}</small></span>
        <${Amount} out=${out} words=${text.words} share=${text.percent} /></li>`;
    })}</ol>
    ${choices.texts.length > 0 && html`<p class="faint">Words of a text that is left out are matched against the other texts.</p>`}</div>`;
}

function Hints({ report, onJump }) {
  const rows = report.texts.filter((text) => text.paraphrases > 0).sort((a, b) => b.paraphrases - a.paraphrases);
  return html`<div class="overview-part overview-hints"><h3>Hints at paraphrases</h3>
    <p class="faint">${rows.length === 0 ? "None was noticed. Most heavy paraphrases are not." : "Sentences that may say the same in other words. They are hints, not proof, and in no percentage."}</p>
    ${rows.length > 0 && html`<ul class="overview-list">${rows.map((text) => html`<li key=${text.text_id}>
      <${TextNumber} number=${text.number} />
      <span class="overview-text"><button type="button" class="link-button" onClick=${() => onJump(text.text_id)}>${text.title || "Untitled"}</button></span>
      <span class="overview-amount">${plural(text.paraphrases, "sentence")}</span></li>`)}</ul>`}</div>`;
}

function Amount({ out, words, share, note = "" }) {
  if (out || note) return html`<span class="overview-amount faint">${note || "left out"}</span>`;
  if (!words) return html`<span class="overview-amount faint">none</span>`;
  return html`<span class="overview-amount">${percent(share)}<small>${plural(words, "word")}</small></span>`;
}
