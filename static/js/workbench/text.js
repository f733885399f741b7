// The document's text with its citations, and what it says on whose word.
import { html, memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/view.js";
import { plural } from "../lib/format.js";
import { cleanHtml } from "../lib/markdown.js";
import * as api from "../lib/api.js";
import { Refused } from "../ui/refused.js";
import { VERDICTS } from "../document/verdicts.js";
import { showMarks } from "./shown_marks.js";
import { NOT_HELD } from "./words.js";

export function DocumentText({ check, onLost }) {
  const [read, setRead] = useState(null);
  const [problem, setProblem] = useState(null);
  const [tries, setTries] = useState(0);

  useEffect(() => {
    let current = true;
    setProblem(null);
    api.get(`/api/v2/checks/${check.id}/document`).then(
      (document) => current && setRead(document),
      (error) => {
        if (!current) return;
        if (NOT_HELD.includes(error.code)) onLost(error);
        else setProblem(error);
      },
    );
    return () => {
      current = false;
    };
  }, [check.id, tries]);

  if (problem) {
    return html`<div class="workbench-pad"><${Refused} problem=${problem} title="The document cannot be shown" />
      <button type="button" class="button" onClick=${() => setTries(tries + 1)}>Try again</button></div>`;
  }
  if (!read) {
    return html`<div class="document skeleton" role="status"><span class="visually-hidden">Loading the document</span>${Array.from({ length: 9 }, (_, i) => html`<i key=${i}></i>`)}</div>`;
  }
  return html`<${Body} source=${read.html} marked=${check.marked} /><${Claims} claims=${read.claims} />`;
}

const Body = memo(function Body({ source, marked }) {
  const article = useRef(null);
  const markup = useMemo(() => ({ __html: cleanHtml(source) }), [source]);
  useLayoutEffect(() => showMarks(article.current, marked.filter((one) => one.found).map((one) => one.text)), [markup, marked]);
  return html`<article class="document" ref=${article} dangerouslySetInnerHTML=${markup}></article>`;
});

function Claims({ claims }) {
  if (claims.length === 0) return null;
  const jump = (marker) => {
    const link = document.querySelector(`.document [data-marker="${marker}"]`);
    link?.scrollIntoView({ block: "center" });
    link?.focus({ preventScroll: true });
    link?.classList.add("flash");
    setTimeout(() => link?.classList.remove("flash"), 1600);
  };
  return html`<details class="workbench-claims"><summary>What it says on whose word: ${plural(claims.length, "citation")}</summary>
    <ol class="claims">${claims.map((one) => {
      const verdict = VERDICTS[one.verdict];
      return html`<li key=${one.marker} class="claim-line"><button type="button" class="link-button" onClick=${() => jump(one.marker)}>${one.claim}</button>
        <span class="verdict"><span class="faint">${one.work}${one.page ? `, p. ${one.page}` : ""}</span><span class=${`badge ${verdict?.tone ?? ""}`}>${verdict?.label ?? one.verdict}</span></span></li>`;
    })}</ol></details>`;
}
