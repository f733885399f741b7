import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { Menu } from "../ui/menu.js";

const FORMATS = [
  ["docx", "Word", "DOCX"],
  ["pdf", "PDF", "PDF"],
  ["md", "Markdown", "MD"],
  ["html", "Web page", "HTML"],
  ["tex", "LaTeX", "TEX"],
  ["bib", "References, BibTeX", "BIB"],
  ["ris", "References, RIS", "RIS"],
  ["csl-json", "References, CSL-JSON", "JSON"],
];

export function DownloadMenu({ runId, artifactId, style = "", placement = "" }) {
  const extra = style ? `&style=${encodeURIComponent(style)}` : "";
  const base = `/api/v2/runs/${runId}/artifacts/${artifactId}/download`;
  return html`<${Menu} label="Download" placement=${placement}
    button=${html`<${Icon} name="download" /> Download <${Icon} name="chevron-down" />`}
    items=${FORMATS.map(([format, label, hint]) => ({ label, hint, href: `${base}?format=${format}${extra}`, download: true }))} />`;
}
