// What can be done with several sources at once.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";
import { Menu } from "../ui/menu.js";

const FORMATS = [
  ["bib", "BibTeX", "BIB"],
  ["ris", "RIS", "RIS"],
  ["csl-json", "CSL-JSON (Zotero)", "JSON"],
];

/** `query`: which sources, as the API's filters. */
export function ExportMenu({ query, label, buttonClass = "button" }) {
  return html`<${Menu} label=${label} buttonClass=${buttonClass} button=${html`<${Icon} name="download" /> Export <${Icon} name="chevron-down" />`}
    items=${FORMATS.map(([format, name, hint]) => {
      const address = new URLSearchParams(query);
      address.set("format", format);
      return { label: name, hint, href: `/api/v2/sources/export?${address}`, download: true };
    })} />`;
}

export function BulkBar({ ids, all, onAll, onClear, onDelete }) {
  const query = new URLSearchParams();
  for (const id of ids) query.append("ids", id);
  return html`<div class="bulk" role="region" aria-label="Selected sources">
    <span role="status">${plural(ids.length, "source")} selected</span>
    ${ids.length < all && html`<button type="button" class="link-button" onClick=${onAll}>Select all ${all} shown</button>`}
    <span class="bulk-gap"></span>
    <${ExportMenu} query=${query} label="Export the selected sources" />
    <button type="button" class="button danger" onClick=${onDelete}><${Icon} name="trash-2" /> Delete</button>
    <button type="button" class="icon-button small" aria-label="Select nothing" onClick=${onClear}><${Icon} name="x" /></button>
  </div>`;
}
