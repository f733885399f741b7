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

/** Of somebody's own draft as it was brought. */
const UNCHANGED_FORMATS = [
  ["docx", "Word", "DOCX"],
  ["md", "Markdown", "MD"],
  ["pdf", "PDF", "PDF"],
  ["html", "Web page", "HTML"],
];

/** Of one that was changed, or may be: their file, with the changes or without. */
const DRAFT_FORMATS = [
  ["docx&changes=tracked", "Word, tracked changes", "DOCX"],
  ["docx&changes=accepted", "Word, what you accepted", "DOCX"],
  ["docx&changes=all", "Word, all but the rejected", "DOCX"],
  ["md&changes=accepted", "Markdown, what you accepted", "MD"],
  ["md&changes=all", "Markdown, all but the rejected", "MD"],
  ["pdf", "PDF", "PDF"],
  ["html", "Web page", "HTML"],
];

/** Text formats come with the pictures that they refer to. */
const ARCHIVED = new Set(["md", "tex"]);

/** `draft`: what the document says of the draft that it is a version of; `figures`: it has pictures. */
export function DownloadMenu({ runId, artifactId, style = "", placement = "", draft = null, figures = false }) {
  const formats = !draft ? FORMATS : draft.changed ? DRAFT_FORMATS : UNCHANGED_FORMATS;
  const extra = style ? `&style=${encodeURIComponent(style)}` : "";
  const base = `/api/v2/runs/${runId}/artifacts/${artifactId}/download`;
  return html`<${Menu} label="Download" placement=${placement}
    button=${html`<${Icon} name="download" /> Download <${Icon} name="chevron-down" />`}
    items=${formats.map(([format, label, hint]) => ({ label, hint: figures && ARCHIVED.has(format) ? "ZIP" : hint, href: `${base}?format=${format}${extra}`, download: true }))} />`;
}
