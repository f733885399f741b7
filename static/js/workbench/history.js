// What happened to this check, and what became of the document's cycles before it.
import { html } from "../lib/view.js";
import { plural } from "../lib/format.js";
import { cycleResult, told } from "./words.js";

export function History({ check }) {
  if (check.history.length === 0) return null;
  const earlier = check.cycles.slice(0, -1);
  return html`<section class="work-card" aria-labelledby="history-head"><h2 id="history-head">History</h2>
    ${earlier.length > 0 && html`<h3>${plural(earlier.length, "earlier cycle")} of this document</h3>
      <ul class="cycle-list">${earlier.map((one) => html`<li key=${one.number}><strong>Cycle ${one.number}</strong> ${cycleResult(one)}${one.note && html`<q>${one.note}</q>`}</li>`)}</ul>
      <h3>This cycle</h3>`}
    <ol class="history-list">${check.history.map((one, index) => html`<li key=${index}><time datetime=${one.at}>${new Date(one.at).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })}</time><span>${told(one)}</span></li>`)}</ol>
  </section>`;
}
