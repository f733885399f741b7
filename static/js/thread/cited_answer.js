// An answer in the thread, whose citations lead to the passages they rest on.
import { html, useEffect, useMemo, useState } from "../lib/view.js";
import { cleanHtml, renderMarkdown } from "../lib/markdown.js";
import * as api from "../lib/api.js";

/** `text` is the stored answer: shown until the document is there, and where it cannot be had. */
export function CitedAnswer({ runId, artifactId, text, onOpen }) {
  const [source, setSource] = useState("");
  useEffect(() => {
    let current = true;
    api.get(`/api/v2/runs/${runId}/artifacts/${artifactId}`).then(
      (found) => current && setSource(found.html ?? ""),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [runId, artifactId]);
  const markup = useMemo(() => ({ __html: source ? linked(source) : renderMarkdown(text) }), [source, text]);
  const activate = (event) => {
    const citation = event.target.closest?.("[data-passages]");
    if (!citation || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    onOpen(runId, artifactId, Number(citation.dataset.marker));
  };
  return html`<div class="answer prose" onClick=${activate} onKeyDown=${activate} dangerouslySetInnerHTML=${markup}></div>`;
}

/** The document without its title, its citations as buttons. Ids stay with the document itself. */
function linked(source) {
  const holder = document.createElement("template");
  holder.innerHTML = cleanHtml(source);
  holder.content.querySelector("h1")?.remove();
  for (const element of holder.content.querySelectorAll("[id]")) element.removeAttribute("id");
  for (const citation of holder.content.querySelectorAll("[data-passages]")) {
    citation.removeAttribute("href");
    citation.tabIndex = 0;
    citation.setAttribute("role", "button");
    citation.title = "Open the source";
  }
  return holder.innerHTML;
}
