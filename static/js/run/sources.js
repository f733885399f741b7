// The sources that a run looked at: what it kept, what it left out, and why.
import { html, memo, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { webAddress } from "../lib/address.js";
import { plural, shortReference } from "../lib/format.js";
import { Marks } from "../sources/marks.js";
import { ORIGINS } from "../sources/words.js";

const LIBRARY_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/; // what was left out never came into the library
const FOLDED = 5;

export const Sources = memo(function Sources({ sources, onSource }) {
  const rows = Object.values(sources);
  if (!rows.length) return html`<p class="empty-line">No source has been looked at yet.</p>`;
  const kept = rows.filter((row) => row.kept);
  // A work left out in one round and kept in a later one is kept.
  const known = new Set(kept.flatMap(namesOf));
  const dropped = rows.filter((row) => !row.kept && !namesOf(row).some((name) => known.has(name)));
  const text = kept.filter(({ source }) => source.reading && source.reading !== "full_text").length;
  return html`<div class="sources">
    <p class="faint">${[`${plural(kept.length, "source")} kept`, text ? `${text} of them not in full text` : "", dropped.length ? `${dropped.length} left out` : ""].filter(Boolean).join(", ")}</p>
    <ul class="source-list" aria-label="Kept">${kept.map((row) => html`<${Row} key=${row.source.id} row=${row} onSource=${onSource} />`)}</ul>
    ${dropped.length > 0 && html`<${LeftOut} rows=${dropped} />`}
  </div>`;
});

function namesOf({ source }) {
  const { DOI, title } = source.csl ?? {};
  return [DOI, title].filter(Boolean).map((name) => name.toLowerCase());
}

function LeftOut({ rows }) {
  const [all, setAll] = useState(rows.length <= FOLDED);
  return html`<h3>Left out</h3>
    <ul class="source-list" aria-label="Left out">${(all ? rows : rows.slice(0, FOLDED)).map((row) => html`<${Row} key=${row.source.id} row=${row} />`)}</ul>
    ${!all && html`<button type="button" class="link-button" onClick=${() => setAll(true)}>Show all ${rows.length} that were left out</button>`}`;
}

function Row({ row, onSource }) {
  const { source, kept, reason, query } = row;
  const url = webAddress(row.url);
  const title = source.csl?.title || source.file_name || "Untitled source";
  const facts = [shortReference(source.csl), source.passages ? plural(source.passages, "passage") : ""].filter(Boolean);
  const why = reason || (query ? `found by “${query}”` : "");
  const mine = kept && LIBRARY_ID.test(source.id);
  return html`<li class="source" data-kept=${kept}>
    <${Icon} name=${kept ? (source.origin && source.origin !== "upload" ? ORIGINS[source.origin].icon : "book-open") : "circle-slash"} />
    <div>
      ${mine
        ? html`<button type="button" class="source-open" onClick=${(event) => onSource({ sourceId: source.id }, event.currentTarget)}>${title}</button>`
        : url
          ? html`<a class="source-title" href=${url} target="_blank" rel="noopener noreferrer nofollow">${title}</a>`
          : html`<span class="source-title">${title}</span>`}
      <span class="faint">${facts.join(" · ")}</span>
      ${why && html`<span class="faint">${kept ? "Kept" : "Left out"}: ${why}</span>`}
      ${kept && html`<${Marks} source=${source} origin />`}
    </div>
  </li>`;
}
