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

const PICTURES = { ...RULES, FORBID_TAGS: RULES.FORBID_TAGS.filter((tag) => tag !== "img") };
/** Pictures come from the runs of this server, or inside the page, and from nowhere else. */
const OWN_PICTURE = /^data:image\/png;base64,[A-Za-z0-9+/=]+$|^\/api\/v2\/runs\/[0-9a-f-]{36}\/artifacts\/[0-9a-f-]{36}\/download\?format=png$/;

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "IMG") return;
  if (!OWN_PICTURE.test(node.getAttribute("src") ?? "")) node.remove();
  else node.setAttribute("loading", "lazy");
});

/** A cleaned fragment, ready to be inserted. */
export function cleanHtml(source) {
  return DOMPurify.sanitize(source, { ...PICTURES, USE_PROFILES: { html: true, mathMl: true } });
}

/** Passage markers of a draft become small marks; the finished document carries real citations. */
export function renderMarkdown(source) {
  const placed = source.replace(/!\[([^\]\n]*)\]\(exhibit:[^)\n]*\)/g, "[$1]");
  const marked = placed.replace(/\[\[[pn]:[^\]]*\]\]/g, "⟦•⟧").replace(/\[(\[[^\]]*\]?)?$/, "");
  // Columns of a table are aligned by inline styles, which even to be parsed complain to the console.
  const rendered = markdown.render(marked).replace(/ style="text-align:(?:left|right|center)"/g, "").replaceAll("⟦•⟧", '<span class="draft-cite" title="bound to a passage">•</span>');
  return DOMPurify.sanitize(rendered, { ...RULES, USE_PROFILES: { html: true } });
}
