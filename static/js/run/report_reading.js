// What could be read of a similarity report's file, and what could not. Whoever brought it may have
// made it, so it says whose word this is.
import { html, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { count, plural } from "../lib/format.js";

const KINDS = { internet: "internet", publication: "publications", student_paper: "submitted works" };
const GROUPS = {
  not_cited_or_quoted: "neither cited nor quoted",
  missing_quotation: "without quotation marks",
  missing_citation: "without a citation",
  cited_and_quoted: "cited and quoted",
};
const FILTERS = {
  quotes: "quotations",
  bibliography: "the list of references",
  citations: "cited text",
  small_matches: "small matches",
};
const FIELDS = {
  title: "title",
  word_count: "word count",
  character_count: "character count",
  similarity: "similarity",
  by_kind: "share by kind of source",
  groups: "match groups",
  group_counts: "number of matches",
  sources: "sources",
  passages: "passages",
  flags: "integrity flags",
  excluded: "filters",
};
const FOLDED = 5;

export function ReportReading({ cycle }) {
  const { report, unreadable, marked, found, not_found: missing, fit, fit_reason: why } = cycle.reading;
  const id = `reading-${cycle.cycle_id}`;
  return html`<section class="reading card" aria-labelledby=${id}>
    <h2 id=${id}><${Icon} name="scan-text" /> What the report says <span class="badge warn">User-provided, not verified</span></h2>
    ${unreadable
      ? html`<p>The file could not be read, so only the figure that was given counts. ${unreadable}</p>`
      : html`<${Facts} report=${report} />
          ${fit === "cannot_tell" && html`<p class="faint">It cannot be told whether the report is of this document. ${why}</p>`}
          ${marked > 0 && html`<p>${found === marked ? `All ${plural(marked, "passage")} that it marks were found in the document.` : `${found} of the ${plural(marked, "passage")} that it marks were found in the document.`}</p>`}
          ${missing.length > 0 && html`<details><summary>${missing.length < marked - found ? `The first ${missing.length} of those not found` : plural(missing.length, "passage")} not found</summary>
            <ul>${missing.map((one, at) => html`<li key=${at}>“${one.text}” <span class="faint">${one.reason}</span></li>`)}</ul></details>`}
          <${Sources} sources=${report.sources} />
          <${Unread} unread=${report.unread} />`}
  </section>`;
}

function Facts({ report }) {
  const groups = Object.entries(GROUPS).filter(([name]) => report.groups[name]?.value || report.group_counts[name]);
  const kinds = Object.entries(KINDS).filter(([name]) => report.by_kind[name]);
  const filters = report.excluded.map((name) => FILTERS[name] ?? name.replaceAll("_", " "));
  return html`<dl class="reading-facts">
    ${report.similarity && html`<dt>Similarity</dt><dd>${percent(report.similarity)}${kinds.length > 0 && html` <span class="faint">${kinds.map(([name, words]) => `${words} ${percent(report.by_kind[name])}`).join(", ")}</span>`}</dd>`}
    ${groups.length > 0 && html`<dt>Matches</dt><dd><ul>${groups.map(([name, words]) => html`<li key=${name}>${report.group_counts[name] ?? ""} ${words}${report.groups[name] ? `, ${percent(report.groups[name])}` : ""}</li>`)}</ul></dd>`}
    ${report.title && html`<dt>Document</dt><dd>${report.title}${report.word_count === null ? "" : `, ${count(report.word_count)} words`}</dd>`}
    ${filters.length > 0 && html`<dt>Left out by it</dt><dd>${filters.join(", ")}</dd>`}
    ${report.flags.length > 0 && html`<dt>Flags</dt><dd><ul>${report.flags.map((flag) => html`<li key=${flag}>${flag}</li>`)}</ul></dd>`}
  </dl>`;
}

function Sources({ sources }) {
  const [all, setAll] = useState(sources.length <= FOLDED);
  if (!sources.length) return null;
  return html`<h3>Sources</h3>
    <ol class="reading-sources">${(all ? sources : sources.slice(0, FOLDED)).map((source, at) => html`<li key=${at} value=${source.number}>${source.title || "Untitled"} <span class="faint">${[KINDS[source.kind], source.percent && percent(source.percent)].filter(Boolean).join(", ")}</span></li>`)}</ol>
    ${!all && html`<button type="button" class="link-button" onClick=${() => setAll(true)}>Show all ${sources.length} sources</button>`}`;
}

function Unread({ unread }) {
  const rows = Object.entries(unread);
  if (!rows.length) return null;
  return html`<details><summary>Not read: ${[...new Set(rows.map(([field]) => nameOf(field)))].join(", ")}</summary>
    <ul>${rows.map(([field, why]) => html`<li key=${field}>${nameOf(field)}${detailOf(field)}: ${why}.</li>`)}</ul></details>`;
}

function nameOf(field) {
  return FIELDS[field.split(".")[0]] ?? field;
}

function detailOf(field) {
  const part = field.slice(field.indexOf(".") + 1);
  if (part === field) return "";
  return ` (${KINDS[part] ?? GROUPS[part] ?? FILTERS[part] ?? part.replaceAll("_", " ")})`;
}

/** As the report prints it: a bound stays a bound. */
function percent({ value, below }) {
  return `${below ? "less than " : ""}${value} %`;
}
