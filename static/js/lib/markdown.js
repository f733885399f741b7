// Markdown and HTML from models and files become page content only through here.
import MarkdownIt from "../../vendor/markdown-it/markdown-it.mjs";
import DOMPurify from "../../vendor/dompurify/purify.mjs";

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false, breaks: true });

const RULES = {
  // The content security policy refuses inline styles anyway; ids of ours are never overwritten.
  FORBID_TAGS: ["style", "form", "input", "button", "img", "video", "audio", "svg"],
  FORBID_ATTR: ["style"],
  ADD_ATTR: ["target"],
  SANITIZE_NAMED_PROPS: false,
};

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  const href = node.tagName === "A" ? node.getAttribute("href") : null;
  if (href && !href.startsWith("#")) {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer nofollow");
  }
});

/** A cleaned fragment, ready to be inserted. */
export function cleanHtml(source) {
  return DOMPurify.sanitize(source, { ...RULES, USE_PROFILES: { html: true, mathMl: true } });
}

/** Passage markers of a draft become small marks; the finished document carries real citations. */
export function renderMarkdown(source) {
  const marked = source.replace(/\[\[[pn]:[^\]]*\]\]/g, "⟦•⟧").replace(/\[(\[[^\]]*\]?)?$/, "");
  // Columns of a table are aligned by inline styles, which even to be parsed complain to the console.
  const rendered = markdown.render(marked).replace(/ style="text-align:(?:left|right|center)"/g, "").replaceAll("⟦•⟧", '<span class="draft-cite" title="bound to a passage">•</span>');
  return DOMPurify.sanitize(rendered, { ...RULES, USE_PROFILES: { html: true } });
}
