// One source in the list.
import { html, memo } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { authorsOf, bytes, plural, yearOf } from "../lib/format.js";
import { Menu } from "../ui/menu.js";
import { Marks } from "../sources/marks.js";
import { extentOf, SETTLED, statusOf } from "../sources/words.js";

const ICONS = { failed: "circle-alert", upload: "file-text", import: "quote", scholarly: "graduation-cap", web: "globe" };

export const Row = memo(function Row({ row, selected, current, onSelect, onOpen, onAgain, onDelete }) {
  const authors = authorsOf(row.csl);
  const by = authors.length ? authors.slice(0, 3).join("; ") + (authors.length > 3 ? ` and ${authors.length - 3} more` : "") : "No author known";
  const facts = [row.csl["container-title"], row.file_name && row.file_name !== row.title ? row.file_name : "", extentOf(row), row.size_bytes ? bytes(row.size_bytes) : "", row.runs_citing ? `cited in ${plural(row.runs_citing, "document")}` : ""].filter(Boolean);
  const working = !SETTLED.has(row.status);
  const open = (tab) => onOpen(row, tab);
  return html`<li class="library-row" data-status=${row.status} data-current=${current ? "true" : "false"}>
    <label class="library-check"><input type="checkbox" checked=${selected} aria-label=${`Select ${row.title}`} onChange=${(event) => onSelect(row.id, event.target.checked)} onClick=${(event) => event.shiftKey && onSelect(row.id, event.target.checked, true)} /></label>
    <span class="library-icon"><${Icon} name=${row.status === "failed" ? ICONS.failed : ICONS[row.origin]} /></span>
    <div class="library-about">
      <h2><button type="button" class="library-open" onClick=${() => open()}>${row.title}</button></h2>
      ${(!working || authors.length > 0) && html`<p>${by} · ${yearOf(row.csl) || "no year"}</p>`}
      <p class="faint">${facts.join(" · ")}</p>
      ${row.status === "failed" && html`<p class="error-text">${row.error} <button type="button" class="link-button" onClick=${() => onAgain(row)}>Try again</button></p>`}
      ${row.status === "ready" && row.remarks.length > 0 && html`<p class="remark"><${Icon} name="info" /> <span>${row.remarks[0]}${row.remarks.length > 1 ? ` (and ${row.remarks.length - 1} more)` : ""}</span></p>`}
      ${working && html`<div class="library-progress"><span>${statusOf(row)}</span><progress max="1" ...${row.status === "queued" ? { value: 0 } : row.progress ? { value: row.progress } : {}} aria-label=${`Reading of ${row.title}`}></progress></div>`}
      <${Marks} source=${row} origin />
    </div>
    <div class="library-actions">
      <${Menu} label=${`Actions for ${row.title}`} buttonClass="icon-button" button=${html`<${Icon} name="ellipsis" />`}
        items=${[
          { label: "Open", icon: html`<${Icon} name="book-open" />`, action: () => open() },
          { label: "Edit the reference", icon: html`<${Icon} name="pencil" />`, action: () => open("reference") },
          { label: "What is known of it", icon: html`<${Icon} name="info" />`, action: () => open("about") },
          ...(row.has_file ? [{ label: "Download the file", icon: html`<${Icon} name="download" />`, href: `/api/v2/sources/${row.id}/content?download=true`, download: true }] : []),
          "-",
          { label: "Delete", icon: html`<${Icon} name="trash-2" />`, danger: true, action: () => onDelete([row]) },
        ]} />
    </div>
  </li>`;
});
