// A card at a citation: who, what and where, the words it rests on, and what was found of the claim.
// Shown on hover and on keyboard focus; on a touch screen the first tap opens it.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { shortReference } from "../lib/format.js";
import { Verdict } from "../sources/claim.js";
import { Marks } from "../sources/marks.js";
import { Marked, quotedSpans } from "../sources/quotes.js";
import { linkOf, rowsOf } from "./links.js";

const OPEN_MS = 220;
const CLOSE_MS = 180;
const MARGIN = 8; // px between the card and the citation, and the window's edge
const EXCERPT = 420; // characters

/** `root`: ref of the element whose citations get cards. `onOpen(link)` opens the source. */
export function CitationCards({ root, citations, sources, onOpen, active }) {
  const [link, setLink] = useState(null);
  const card = useRef(null);
  const timer = useRef(null);

  useEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    const later = (action, delay) => {
      clearTimeout(timer.current);
      timer.current = setTimeout(action, delay);
    };
    const over = (event) => {
      const on = linkOf(event);
      if (event.pointerType === "touch" || !on) return;
      later(() => setLink(on), OPEN_MS);
    };
    const out = (event) => event.pointerType !== "touch" && linkOf(event) && later(() => setLink(null), CLOSE_MS);
    const focus = (event) => linkOf(event)?.matches(":focus-visible") && setLink(linkOf(event));
    const blur = (event) => linkOf(event) && later(() => setLink(null), CLOSE_MS);
    // Before the click reaches the document: the first tap shows the card, the second opens the source.
    let touched = false;
    const down = (event) => {
      touched = event.pointerType === "touch";
    };
    const click = (event) => {
      const on = linkOf(event);
      clearTimeout(timer.current);
      if (!on || !touched || on === card.current?.citation) {
        setLink(null);
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      setLink(on);
    };
    const pairs = [["pointerover", over], ["pointerout", out], ["focusin", focus], ["focusout", blur], ["pointerdown", down]];
    pairs.forEach(([name, listener]) => element.addEventListener(name, listener));
    element.addEventListener("click", click, true);
    return () => {
      clearTimeout(timer.current);
      pairs.forEach(([name, listener]) => element.removeEventListener(name, listener));
      element.removeEventListener("click", click, true);
    };
  }, [root.current, citations]);

  useEffect(() => {
    if (!link) return undefined;
    const close = () => setLink(null);
    const onKeyDown = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close();
    };
    const elsewhere = (event) => !card.current?.contains(event.target) && !link.contains(event.target) && close();
    const moved = (event) => !card.current?.contains(event.target) && close();
    document.addEventListener("keydown", onKeyDown, true);
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("scroll", moved, true);
    return () => {
      document.removeEventListener("keydown", onKeyDown, true);
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("scroll", moved, true);
    };
  }, [link]);

  useLayoutEffect(() => {
    const box = card.current;
    if (!box || !link) return;
    box.citation = link;
    link.setAttribute("aria-describedby", "citation-card");
    place(box, link);
    return () => link.removeAttribute("aria-describedby");
  }, [link]);

  const rows = link && !active ? rowsOf(link, citations) : [];
  if (!rows.length) return null;
  return html`<div class="citation-card" id="citation-card" role="tooltip" ref=${card} onPointerEnter=${() => clearTimeout(timer.current)} onPointerLeave=${(event) => event.pointerType !== "touch" && setLink(null)}>
    ${rows.slice(0, 3).map((row, index) => html`<${Row} key=${row.passage_id ?? index} row=${row} source=${sources.get(row.source_id)} onOpen=${() => { const on = link; setLink(null); onOpen(on, row.passage_id); }} />`)}
    ${rows.length > 3 && html`<p class="faint">and ${rows.length - 3} more</p>`}
  </div>`;
}

function Row({ row, source, onOpen }) {
  const csl = source?.csl ?? {};
  const spans = quotedSpans(row.text, row.claim);
  const from = spans.length ? wordAt(row.text, Math.max(0, spans[0][0] - 90)) : 0;
  const text = row.text.slice(from, wordAt(row.text, from + EXCERPT)).trimEnd();
  const shifted = spans.map(([a, b]) => [a - from, Math.min(b - from, text.length)]).filter(([a, b]) => a >= 0 && a < b);
  return html`<section>
    <header><strong>${csl.title || source?.file_name || "Source"}</strong>
      <span class="faint">${[shortReference(csl), row.page ? `page ${row.page}` : ""].filter(Boolean).join(", ")}</span></header>
    <p class="card-text">${from > 0 ? "… " : ""}<${Marked} text=${text} spans=${shifted} />${from + text.length < row.text.trimEnd().length ? " …" : ""}</p>
    <${Verdict} citation=${row} />
    ${source && html`<${Marks} source=${source} />`}
    ${row.passage_id && html`<button type="button" class="link-button" tabindex="-1" onClick=${onOpen}><${Icon} name="book-open" /> ${row.page ? `Open page ${row.page}` : "Open the source"}</button>`}
  </section>`;
}

/** Where the next word begins, from `at` on. */
function wordAt(text, at) {
  if (at <= 0 || at >= text.length) return Math.min(Math.max(at, 0), text.length);
  const space = text.indexOf(" ", at - 1);
  return space < 0 ? text.length : space + 1;
}

/** Below the citation, above it where there is more room; never beyond the window. */
function place(box, link) {
  const rect = link.getBoundingClientRect();
  const { innerWidth: width, innerHeight: height } = window;
  const below = height - rect.bottom - 2 * MARGIN;
  const above = rect.top - 2 * MARGIN;
  const under = below >= Math.min(box.scrollHeight, 260) || below >= above;
  box.style.maxHeight = `${Math.max(120, under ? below : above)}px`;
  const size = box.getBoundingClientRect();
  box.style.left = `${Math.max(MARGIN, Math.min(rect.left, width - size.width - MARGIN))}px`;
  box.style.top = `${under ? rect.bottom + MARGIN : Math.max(MARGIN, rect.top - size.height - MARGIN)}px`;
}
