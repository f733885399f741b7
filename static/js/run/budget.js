// What the run has used of what it may use.
import { html } from "../lib/view.js";
import { count, dollars, duration, short } from "../lib/format.js";

function Meter({ name, spent, reserved, limit, show, title }) {
  const used = limit > 0 ? Math.min(1, spent / limit) : 0;
  const near = used >= 0.8;
  return html`<div class="meter" title=${title}>
    <span class="meter-name">${name}</span>
    <progress class=${near ? "warn" : ""} max="1" value=${used} aria-label=${`${name} used`}></progress>
    <span class="meter-figures">${show(spent)}${reserved > 0 ? ` + ${show(reserved)} held` : ""} <span class="faint">/ ${show(limit)}</span></span>
  </div>`;
}

export function Budget({ budget, seconds, finished }) {
  if (!budget?.tokens_limit && !budget?.seconds_limit) return null;
  // Between two reports of the server the clock goes on; what the server says wins.
  const ran = finished ? budget.seconds_spent : Math.max(budget.seconds_spent ?? 0, Math.min(seconds, budget.seconds_limit));
  return html`<div class="budget" role="group" aria-label="Budget">
    <${Meter} name="Tokens" spent=${budget.tokens_spent ?? 0} reserved=${budget.tokens_reserved ?? 0} limit=${budget.tokens_limit ?? 0} show=${short}
      title=${`${count(budget.tokens_spent ?? 0)} of ${count(budget.tokens_limit ?? 0)} tokens`} />
    <${Meter} name="Time" spent=${ran ?? 0} reserved=${0} limit=${budget.seconds_limit ?? 0} show=${duration} title="Run time; waiting for you costs nothing" />
    <${Meter} name="Cost" spent=${Number(budget.usd_spent ?? 0)} reserved=${Number(budget.usd_reserved ?? 0)} limit=${Number(budget.usd_limit ?? 0)} show=${dollars} title="Provider cost in US dollars" />
  </div>`;
}
