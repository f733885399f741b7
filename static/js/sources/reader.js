// The open page of a source: as printed where it is a PDF, as text else, with pages to turn.
import { html, useEffect, useMemo, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { landingOf } from "../lib/address.js";
import { openPdf, PdfPage } from "./pdf.js";
import { quotesIn } from "./quotes.js";
import { TextPage } from "./text.js";

const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3];

/** `passage`: the API's, or null; `view`: "page" or "text"; `number` and `of`: pages or stretches. */
export function Reader({ source, passage, claim, words, number, of, onTurn, view, onView }) {
  const [pdf, setPdf] = useState(null);
  const [failed, setFailed] = useState("");
  const [zoom, setZoom] = useState(1);
  const [shown, setShown] = useState(null);
  const scroller = useRef(null);
  const printed = view === "page" && source.viewable && !failed;

  useEffect(() => {
    if (!source.viewable) return undefined;
    setFailed("");
    setPdf(null);
    const task = openPdf(`/api/v2/sources/${source.id}/content`);
    task.opened.then(setPdf, (error) => error.message !== "closed" && setFailed("The PDF could not be shown here, so this is the text that was read of it."));
    return () => task.close();
  }, [source.id, source.viewable]);

  const here = passage && (passage.page ?? passage.place) === number ? passage : null;
  const marked = useMemo(() => (here ? { text: here.text, boxes: here.boxes } : null), [here?.id]);
  const quotes = useMemo(() => (here ? quotesIn(claim).filter((quote) => quote.length > 20) : []), [here?.id, claim]);
  const last = printed && pdf ? pdf.numPages : of;
  const turn = (to) => {
    if (to < 1 || to > last || to === number) return;
    onTurn(to);
    if (scroller.current) scroller.current.scrollTop = 0;
  };
  const step = (by) => setZoom((now) => ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, ZOOMS.indexOf(now) + by))]);
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const act = { ArrowLeft: () => turn(number - 1), ArrowRight: () => turn(number + 1), "+": () => step(1), "=": () => step(1), "-": () => step(-1) }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const landing = landingOf(source);
  const unit = printed || source.pages ? "page" : "part";

  return html`<div class="reader" onKeyDown=${onKeyDown}>
    <div class="reader-bar" role="toolbar" aria-label="Pages">
      <button type="button" class="icon-button small" aria-label=${`Previous ${unit}`} disabled=${number <= 1} onClick=${() => turn(number - 1)}><${Icon} name="chevron-left" /></button>
      <label class="reader-number"><span class="visually-hidden">${unit === "page" ? "Page" : "Part"}</span>
        <input type="text" inputmode="numeric" value=${number} size="3" onChange=${(event) => { turn(Number.parseInt(event.target.value, 10) || number); event.target.value = number; }} /></label>
      <span class="faint">of ${last || "…"}</span>
      <button type="button" class="icon-button small" aria-label=${`Next ${unit}`} disabled=${number >= last} onClick=${() => turn(number + 1)}><${Icon} name="chevron-right" /></button>
      ${passage && !here && html`<button type="button" class="link-button" onClick=${() => turn(passage.page ?? passage.place)}>Back to the passage</button>`}
      <span class="reader-gap"></span>
      ${printed && html`<button type="button" class="icon-button small" aria-label="Smaller" disabled=${zoom === ZOOMS[0]} onClick=${() => step(-1)}><${Icon} name="zoom-out" /></button>
        <span class="faint reader-zoom">${Math.round(zoom * 100)} %</span>
        <button type="button" class="icon-button small" aria-label="Larger" disabled=${zoom === ZOOMS.at(-1)} onClick=${() => step(1)}><${Icon} name="zoom-in" /></button>`}
      ${source.viewable && html`<div class="segments" role="group" aria-label="Show">
        <button type="button" aria-pressed=${view === "page" ? "true" : "false"} onClick=${() => onView("page")}>Page</button>
        <button type="button" aria-pressed=${view === "text" ? "true" : "false"} onClick=${() => onView("text")}>Text</button></div>`}
    </div>
    <div class=${printed ? "reader-scroll printed" : "reader-scroll"} ref=${scroller} tabindex="0" role="group" aria-label=${`${unit === "page" ? "Page" : "Part"} ${number} of the source`}>
      ${source.reading === "abstract" && html`<p class="reader-note">Only the abstract was read${landing ? html`; <a href=${landing} target="_blank" rel="noopener noreferrer">where the whole work can be found</a>` : ""}.</p>`}
      ${failed && view === "page" && html`<p class="reader-note">${failed}</p>`}
      ${printed && here && shown?.marked === 0 && html`<p class="reader-note">The passage could not be found on the printed page; “Text” shows it as it was read.</p>`}
      ${printed && !pdf && html`<p class="empty-line reader-wait" role="status"><${Icon} name="loader-circle" spin /> Opening the page…</p>`}
      ${printed && pdf && html`<${PdfPage} pdf=${pdf} number=${Math.min(number, pdf.numPages)} zoom=${zoom} passage=${marked} quotes=${quotes} onShown=${setShown} onFailed=${() => setFailed("This page could not be shown, so this is the text that was read of it.")} />`}
      ${!printed && html`<${TextPage} sourceId=${source.id} number=${number} passageId=${here?.id} claim=${claim} words=${words} />`}
    </div>
  </div>`;
}
