// One match: what the document says beside what the other text says, and where that stands.
import { html, useEffect, useMemo, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { count, plural } from "../lib/format.js";
import * as api from "../lib/api.js";
import { Refused } from "../ui/refused.js";
import { differing } from "./differing.js";
import { TextNumber } from "./overview.js";
import { GROUPS, KINDS, WHERE } from "./words.js";

const BEFORE_CHARS = 180;

function usePassage(runId, match) {
  const [state, setState] = useState({});
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setState({});
    const at = `start=${match.text_start}&end=${match.text_end}`;
    api.get(`/api/v2/runs/${runId}/similarity/texts/${match.text_id}?${at}`, { signal: stop.signal }).then(
      (passage) => setState({ passage }),
      (problem) => problem.name !== "AbortError" && setState({ problem }),
    );
    return () => stop.abort();
  }, [runId, match.key, match.text_id, tries]);
  return { ...state, retry: () => setTries(tries + 1) };
}

/** `mine`: the words of the document. `onSource(target)` opens the source beside. */
export function SideBySide({ runId, match, of, text, mine, onStep, onClose, onSource, onLeaveOut }) {
  const { passage, problem, retry } = usePassage(runId, match);
  const head = useRef(null);
  const [here, there] = useMemo(() => (passage && match.kind === "light" ? differing(mine, passage.text) : [[[mine, false]], [[passage?.text ?? "", false]]]), [passage, mine, match.kind]);
  const hint = match.kind === "paraphrase";
  useEffect(() => head.current.parentElement.scrollTo({ top: 0 }), [match.key]);
  return html`<section class="match" aria-label="Side by side">
    <header class="match-head" ref=${head}>
      <h2>Match ${count(match.place)} <small>of ${count(of)}</small></h2>
      <div class="match-steps">
        <button type="button" class="icon-button" aria-label="Previous match" aria-keyshortcuts="p" title="Previous match (P)" disabled=${match.place === 1} onClick=${() => onStep(-1)}><${Icon} name="arrow-up" /></button>
        <button type="button" class="icon-button" aria-label="Next match" aria-keyshortcuts="n" title="Next match (N)" disabled=${match.place === of} onClick=${() => onStep(1)}><${Icon} name="arrow-down" /></button>
        <button type="button" class="icon-button" aria-label="Back to the report" title="Back to the report (Esc)" onClick=${onClose}><${Icon} name="x" /></button>
      </div>
    </header>
    <p class="match-about"><span class=${hint ? "badge" : match.group === "cited_and_quoted" ? "badge good" : "badge warn"}>${hint ? "Hint, not proof" : GROUPS[match.group][0]}</span>
      <span>${KINDS[match.kind]}, ${plural(match.words, "word")}</span></p>
    ${hint && html`<p class="faint">The two may say the same in other words. Read both: if the thought is the source’s, name it. Hints are in no percentage.</p>`}
    <div class="match-side"><h3>In your document</h3>
      <blockquote class="match-quote"><${Words} parts=${here} /></blockquote></div>
    <div class="match-side" aria-busy=${passage || problem ? "false" : "true"}>
      <h3>${text.kind === "earlier_document" ? "In your earlier document" : "In the source"}${passage?.page ? `, page ${passage.page}` : ""}</h3>
      <p class="match-title"><${TextNumber} number=${text.number} /> <span>${text.title || "Untitled"} <small class="faint">${WHERE[text.kind]}</small></span></p>
      ${problem && html`<${Refused} problem=${problem} title="The passage cannot be shown" /><button type="button" class="button" onClick=${retry}>Try again</button>`}
      ${!passage && !problem && html`<p class="faint" role="status">Looking it up…</p>`}
      ${passage && html`<blockquote class="match-quote there"><span class="around">${ending(passage.before)}</span><mark><${Words} parts=${there} /></mark><span class="around">${passage.after}</span></blockquote>`}
      ${match.kind === "light" && passage && html`<p class="faint match-legend"><span class="differs">Underlined</span> words differ.</p>`}
    </div>
    ${passage && html`<div class="match-actions">
      ${passage.source_id && html`<button type="button" class="button" onClick=${() => onSource({ sourceId: passage.source_id, passageId: passage.passage_id, page: passage.page ?? undefined, words: passage.text.slice(0, 400) })}><${Icon} name="book-open" /> ${passage.page ? `Open page ${passage.page}` : "Open the source"}</button>`}
      ${passage.conversation_id && html`<a class="button" href=${`/c/${passage.conversation_id}/#document=${passage.run_id},${passage.artifact_id}`}><${Icon} name="file-text" /> Open that document</a>`}
      <button type="button" class="button quiet" onClick=${onLeaveOut}>Leave this text out</button>
    </div>`}
    <p class="faint match-keys"><kbd>N</kbd> next, <kbd>P</kbd> previous, <kbd>Esc</kbd> back</p>
  </section>`;
}

/** The last words of what stands before, so that the match itself is in sight. */
function ending(text) {
  if (text.length <= BEFORE_CHARS) return text;
  const cut = text.slice(-BEFORE_CHARS);
  return `… ${cut.slice(cut.search(/\s/) + 1)}`;
}

function Words({ parts }) {
  return html`<span>${parts.map(([words, differs], index) => (differs ? html`<span key=${index} class="differs">${words}</span>` : words))}</span>`;
}
