// What narrows the list: status with counts at hand, the rest behind one button.
import { html, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { count } from "../lib/format.js";
import { ORIGINS, READINGS, REFERENCES, TYPES } from "../sources/words.js";
import { NO_FILTER } from "./rows.js";

const SORTS = [
  ["newest", "Newest first"],
  ["oldest", "Oldest first"],
  ["title", "Title"],
  ["author", "Author"],
  ["year", "Year"],
];
const SELECTS = [
  ["reading", "Read", Object.entries(READINGS).map(([key, { label }]) => [key, label])],
  ["origin", "Comes from", Object.entries(ORIGINS).map(([key, { label }]) => [key, label])],
  ["verification", "Reference", [...Object.entries(REFERENCES).map(([key, { label }]) => [key, label]), ["retracted", "Retracted"], ["unchecked", "Not checked yet"]]],
  ["type", "Kind of work", TYPES],
];

/** How many filters are set beside words and status. */
export const narrowed = (filter) => Object.keys(NO_FILTER).filter((name) => !["sort", "q", "status"].includes(name) && filter[name]).length;

export function Filters({ filter, onChange, counts, total, searching }) {
  const [open, setOpen] = useState(narrowed(filter) > 0);
  const set = (change) => onChange({ ...filter, ...change });
  const working = (counts.queued ?? 0) + (counts.parsing ?? 0) + (counts.embedding ?? 0);
  const chips = [
    ["", "All", total],
    ["ready", "Ready", counts.ready ?? 0],
    ["unfinished", "Being read", working],
    ["failed", "Not read", counts.failed ?? 0],
  ].filter(([status, , n]) => n || !status || status === "ready" || filter.status === status);
  const active = narrowed(filter);
  return html`<div class="filters">
    <div class="filter-line">
      <div class="chips" role="group" aria-label="Status">${!searching && chips.map(([status, label, n]) => html`<button key=${label} type="button" class="chip" data-tone=${status === "failed" ? "bad" : ""} aria-pressed=${filter.status === status ? "true" : "false"} onClick=${() => set({ status })}>${label} <span>${count(n)}</span></button>`)}</div>
      <button type="button" class="button quiet" aria-expanded=${open ? "true" : "false"} aria-controls="more-filters" onClick=${() => setOpen(!open)}><${Icon} name="sliders-horizontal" /> Filters${active ? html` <span class="tab-count">${active}</span>` : ""}</button>
      ${!searching && html`<label class="pill"><span class="visually-hidden">Sort by</span><select value=${filter.sort} onChange=${(event) => set({ sort: event.target.value })}>${SORTS.map(([key, label]) => html`<option key=${key} value=${key}>${label}</option>`)}</select><${Icon} name="chevron-down" /></label>`}
    </div>
    ${open && html`<div class="more-filters" id="more-filters">
      ${SELECTS.filter(([name]) => !searching || name !== "verification").map(([name, label, options]) => html`<div key=${name} class="field"><label for=${`filter-${name}`}>${label}</label>
        <select id=${`filter-${name}`} class="select" value=${filter[name]} onChange=${(event) => set({ [name]: event.target.value })}><option value="">Any</option>${options.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select></div>`)}
      <div class="field"><span class="label" id="filter-years">Years</span><div class="years" role="group" aria-labelledby="filter-years">
        <input class="input" type="number" aria-label="From year" placeholder="from" value=${filter.year_from} onChange=${(event) => set({ year_from: event.target.value })} />
        <input class="input" type="number" aria-label="To year" placeholder="to" value=${filter.year_to} onChange=${(event) => set({ year_to: event.target.value })} /></div></div>
      ${active > 0 && html`<button type="button" class="link-button" onClick=${() => onChange({ ...NO_FILTER, q: filter.q, sort: filter.sort })}>Show everything</button>`}
    </div>`}
  </div>`;
}
