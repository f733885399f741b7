// More of tokens, time or money for a run: while it goes on, or where a limit has ended it.
import { html, useState } from "../lib/view.js";
import * as api from "../lib/api.js";
import { count, dollars, duration } from "../lib/format.js";
import { Dialog, open } from "../ui/dialog.js";
import { TERMINAL } from "./state.js";
import { limitReached } from "./words.js";

/** What people type for each limit: `unit` of the API's number is one of theirs. */
const LIMITS = [
  { name: "tokens", label: "Tokens", unit: 1, step: 1000, show: count },
  { name: "seconds", label: "Minutes of run time", unit: 60, step: 1, show: duration },
  { name: "usd", label: "US dollars", unit: 1, step: 0.5, show: dollars },
];

/** Ask for new limits and set them. Ends with the run's new snapshot given to `onSnapshot`. */
export async function raiseBudget(view, onSnapshot) {
  const snapshot = await open(({ settle }) => html`<${RaiseDialog} view=${view} settle=${settle} />`);
  if (snapshot) onSnapshot(snapshot);
}

const limitOf = (view, name) => Number(view.budget?.[`${name}_limit`] ?? 0);
const spentOf = (view, name) => Number(view.budget?.[`${name}_spent`] ?? 0);

/** Twice what it was or what is used, whichever is more, where that is what the run ran out of. */
export function suggested(view, { name, unit }) {
  const now = limitOf(view, name);
  const wanted = limitReached(view) === name ? 2 * Math.max(now, spentOf(view, name)) : now;
  return String(Math.round((wanted / unit) * 100) / 100);
}

function RaiseDialog({ view, settle }) {
  const over = TERMINAL.has(view.status);
  const [values, setValues] = useState(() => Object.fromEntries(LIMITS.map((limit) => [limit.name, suggested(view, limit)])));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");

  const submit = async (event) => {
    event.preventDefault();
    const body = {};
    for (const { name, unit } of LIMITS) {
      const wanted = Number(values[name]) * unit;
      if (values[name] !== "" && Math.abs(wanted - limitOf(view, name)) > 1e-9) body[name] = name === "tokens" ? Math.round(wanted) : wanted;
    }
    if (!Object.keys(body).length) {
      if (!over) settle(null);
      else setError("Raise the limit that was reached.");
      return;
    }
    setBusy(true);
    setError("");
    try {
      settle(await api.patch(`/api/v2/runs/${view.id}/budget`, body));
    } catch (problem) {
      setError(problem.errors?.length ? problem.errors.map((e) => e.message).join(" ") : problem.message);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${over ? "Continue with more" : "Change the budget"} onCancel=${() => settle(null)}>
    <form onSubmit=${submit} novalidate>
      <p>${over ? "The run goes on from its last saved step, with what it has." : "The new limits hold at once. At a limit the run ends with its best draft so far."}</p>
      ${LIMITS.map(({ name, label, step, show }) => html`<div key=${name} class="field">
        <label for=${`raise-${name}`}>${label}</label>
        <input id=${`raise-${name}`} type="number" min="0" step=${step} inputmode="decimal" autofocus=${limitReached(view) === name} value=${values[name]}
          aria-describedby=${`raise-${name}-now`} onInput=${(e) => setValues({ ...values, [name]: e.target.value })} />
        <span class="hint" id=${`raise-${name}-now`}>${show(spentOf(view, name))} used of ${show(limitOf(view, name))}</span></div>`)}
      ${error && html`<p class="error-text" role="alert">${error}</p>`}
      <div class="dialog-actions">
        <button type="button" class="button quiet" onClick=${() => settle(null)}>Cancel</button>
        <button type="submit" class="button primary" disabled=${busy}>${busy ? "Setting…" : over ? "Continue" : "Set the limits"}</button>
      </div>
    </form>
  <//>`;
}
