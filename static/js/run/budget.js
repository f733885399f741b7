// What the run has used of what it may use, and what calls under way have set aside.
import { html } from "../lib/view.js";
import { count, dollars, duration, short } from "../lib/format.js";
import { raiseBudget } from "./raise.js";
import { TERMINAL } from "./state.js";

const WARN_AT = 0.8;

/** Share of a limit that is used or set aside, 0 to 1. */
export function shareOf(spent, reserved, limit) {
  return limit > 0 ? Math.min(1, (spent + reserved) / limit) : 0;
}

function Meter({ name, spent, reserved, limit, show, title }) {
  const used = shareOf(spent, 0, limit);
  const held = shareOf(spent, reserved, limit);
  const figures = `${show(spent)} used${reserved > 0 ? `, ${show(reserved)} set aside` : ""}, of ${show(limit)}`;
  return html`<div class="meter" title=${title}>
    <span class="meter-name">${name}</span>
    <svg class="meter-bar" data-near=${used >= WARN_AT} viewBox="0 0 100 4" preserveAspectRatio="none" role="meter" aria-label=${`${name} used`}
      aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(used * 100)} aria-valuetext=${figures}>
      <rect class="meter-held" width=${held * 100} height="4" /><rect class="meter-used" width=${used * 100} height="4" /></svg>
    <span class="meter-figures"><span>${show(spent)}</span>${reserved > 0 && html` <span class="meter-reserved">+ ${show(reserved)} held</span>`} <span class="faint">/ ${show(limit)}</span></span>
  </div>`;
}

export function Budget({ view, onSnapshot }) {
  const { budget } = view;
  if (!budget?.tokens_limit && !budget?.seconds_limit) return null;
  const over = TERMINAL.has(view.status);
  const rows = [
    { name: "Tokens", of: "tokens", show: short, title: `${count(budget.tokens_spent ?? 0)} of ${count(budget.tokens_limit ?? 0)} tokens` },
    { name: "Time", of: "seconds", show: duration, title: "Run time; waiting for you costs nothing" },
    { name: "Cost", of: "usd", show: dollars, title: "Provider cost in US dollars" },
  ].map((row) => ({
    ...row,
    spent: Number(budget[`${row.of}_spent`] ?? 0),
    reserved: over ? 0 : Number(budget[`${row.of}_reserved`] ?? 0), // nothing is under way any more
    limit: Number(budget[`${row.of}_limit`] ?? 0),
  }));
  const near = over ? [] : rows.filter((row) => shareOf(row.spent, 0, row.limit) >= WARN_AT);
  return html`<div class="budget" role="group" aria-label="Budget">
    ${rows.map((row) => html`<${Meter} key=${row.of} ...${row} />`)}
    <p class="budget-note" role="status">${near.map((row) => `${Math.round(shareOf(row.spent, 0, row.limit) * 100)} % of the ${WORD[row.of]} limit is used; at the limit the run ends with its best draft.`).join(" ")}</p>
    ${!over && html`<button type="button" class="link-button budget-change" onClick=${() => raiseBudget(view, onSnapshot)}>Change the budget</button>`}
  </div>`;
}

const WORD = { tokens: "token", seconds: "time", usd: "cost" };
