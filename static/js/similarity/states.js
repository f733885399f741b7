// What stands in the report's place while there is none.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";

/** While it is compared, or waits for its turn. */
export function Comparing({ waiting, problem }) {
  const refused = problem?.code === "too_many_comparisons";
  const running = !refused && waiting?.status === "running";
  const share = running ? Math.max(waiting.progress, 2) : 0;
  const said = refused ? problem.message : running ? `Comparing: ${waiting.progress}\u202f% done` : waiting ? turn(waiting.ahead) : "Asking for the comparison…";
  return html`<div class="similarity-state"><${Icon} name=${running ? "loader-circle" : "clock"} spin=${running} />
    <h2>${running ? "The document is being compared" : refused ? "Many comparisons of yours are under way" : "The document waits to be compared"}</h2>
    ${running ? html`<progress max="100" value=${share} aria-label="How far the comparison is"></progress>` : html`<progress aria-label="Waiting"></progress>`}
    <p role="status">${said}</p>
    ${problem && !refused && html`<p class="error-text">${problem.message} Trying again.</p>`}
    <p class="faint">${refused ? "This page asks again by itself." : "It takes a few seconds, half a minute for long documents. You may leave: it goes on without you, and the result is kept."}</p></div>`;
}

function turn(ahead) {
  if (!ahead) return "Next in line";
  return `${plural(ahead, "comparison")} before it`;
}

export function Failed({ waiting, onRetry }) {
  return html`<div class="similarity-state"><${Icon} name="circle-x" /><h2>The comparison failed</h2>
    <p role="alert">${waiting.error}</p>
    <button type="button" class="button primary" onClick=${onRetry}><${Icon} name="rotate-ccw" /> Compare again</button></div>`;
}

export function Refusal({ problem, onRetry }) {
  return html`<div class="similarity-state"><${Icon} name="circle-alert" /><h2>${problem.title || "The report cannot be shown"}</h2>
    <p role="alert">${problem.message}</p>
    <button type="button" class="button" onClick=${onRetry}>Try again</button></div>`;
}

export function NoDocument({ back }) {
  return html`<div class="similarity-state"><${Icon} name="file-text" /><h2>There is no document yet</h2>
    <p>As soon as the run has written one, it can be compared here.</p>
    ${back && html`<a class="button" href=${back}>To the run</a>`}</div>`;
}

/** Above the text of a report in which nothing was found. */
export function Nothing({ report }) {
  const none = report.compared === 0;
  return html`<div class="notice ${none ? "warn" : "good"} similarity-nothing"><${Icon} name=${none ? "info" : "circle-check"} /><div>
    <strong>${none ? "There was nothing to compare with" : "Nothing that counts was found"}</strong>
    <span>${none ? "You have no other sources or documents with text. The 0\u202f% says nothing about this document." : "No words in common with your own texts, as far as counts. It says nothing about texts that you do not have."}</span></div></div>`;
}

export function Newer({ version, newest, onCompare }) {
  return html`<div class="notice warn similarity-newer" role="status"><${Icon} name="info" /><div><strong>Version ${newest.version} is newer</strong>
    <span>This report is about version ${version}.</span>
    <div class="notice-actions"><button type="button" class="button primary" onClick=${onCompare}>Compare version ${newest.version}</button></div></div></div>`;
}
