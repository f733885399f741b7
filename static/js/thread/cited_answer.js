// An answer in the thread, whose citations lead to the pages they rest on.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/view.js";
import { cleanHtml, renderMarkdown } from "../lib/markdown.js";
import * as api from "../lib/api.js";
import { CitationCards } from "../citations/card.js";
import { Computation } from "../document/computed.js";
import { citationsOf, dress, idsOf, linkOf, markerOf } from "../citations/links.js";

const NOTHING = { citations: [], sources: new Map() };

/** `text` is the stored answer: shown until the document is there, and where it cannot be had. */
export function CitedAnswer({ runId, artifactId, text, onSource }) {
  const [source, setSource] = useState("");
  const [computed, setComputed] = useState([]);
  const [bound, setBound] = useState(NOTHING);
  const root = useRef(null);
  useEffect(() => {
    let current = true;
    api.get(`/api/v2/runs/${runId}/artifacts/${artifactId}`).then(
      (found) => {
        if (!current) return;
        setSource(found.html ?? "");
        setComputed(found.computed ?? []);
      },
      () => {},
    );
    citationsOf(runId, artifactId).then(
      (found) => current && setBound(found),
      () => {}, // the citations lead to their passages all the same
    );
    return () => {
      current = false;
    };
  }, [runId, artifactId]);
  const markup = useMemo(() => ({ __html: source ? linked(source) : renderMarkdown(text) }), [source, text]);
  useLayoutEffect(() => dress(root.current, bound.citations, null), [markup, bound]);
  const open = (link, passageId) => onSource({ passageIds: passageId ? [passageId] : idsOf(link), marker: markerOf(link), citations: bound.citations }, link);
  const activate = (event) => {
    const link = linkOf(event);
    if (!link || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    open(link);
  };
  return html`<div><div class="answer prose" ref=${root} onClick=${activate} onKeyDown=${activate} dangerouslySetInnerHTML=${markup}></div>
    ${computed.length > 0 && html`<details class="how-computed"><summary>How computed</summary>
      ${computed.map((one) => html`<${Computation} key=${one.artifact_id} one=${one} />`)}</details>`}
    <${CitationCards} root=${root} citations=${bound.citations} sources=${bound.sources} onOpen=${open} /></div>`;
}

/** The document without its title, its citations as buttons. Ids stay with the document itself. */
function linked(source) {
  const holder = document.createElement("template");
  holder.innerHTML = cleanHtml(source);
  holder.content.querySelector("h1")?.remove();
  for (const element of holder.content.querySelectorAll("[id]")) element.removeAttribute("id");
  for (const citation of holder.content.querySelectorAll("[data-passages]")) citation.removeAttribute("href");
  return holder.innerHTML;
}
