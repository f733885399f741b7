// Which model works on the next request: as chosen in the settings, one of those there are, or none.
import { html, useEffect, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { chainOf, nameOf, RULES } from "../models/words.js";

const OFFERED = 25; // a list that somebody can look through; the rest is chosen in the settings

/** What there is to choose from; null until it is known. Without it the choice is automatic. */
export function useModels(wanted) {
  const [state, setState] = useState(null);
  useEffect(() => {
    if (!wanted) return;
    api.get("/api/v2/models").then(setState, () => {}); // the request goes as the settings say
  }, [wanted]);
  return state;
}

/** [connection, models] of everything that could work now, what is chosen for something first. */
function groupsOf(state) {
  const chosen = Object.values(state.roles).flatMap((role) => role.models);
  const unfit = new Set(chosen.filter((model) => !model.available).map((model) => model.model));
  return state.connections
    .filter((connection) => connection.test_ok !== false)
    .map((connection) => {
      const used = chosen.filter((model) => model.connection === connection.slug).map((model) => model.model);
      const offered = (connection.models ?? []).map((model) => `${connection.slug}:${model.id}`);
      return [connection, [...new Set([...used, ...offered.slice(0, OFFERED)])].filter((model) => !unfit.has(model))];
    })
    .filter(([, models]) => models.length);
}

/** "gpt-5-mini" where the settings lead to one, "rules" where to none. */
function automatic(state) {
  const writer = state?.roles.writer;
  if (!writer) return "";
  const first = writer.models.find((model) => model.available);
  return first ? nameOf(first.model) : "rules";
}

export function ModelPill({ state, value, onChange }) {
  const groups = state ? groupsOf(state) : [];
  const known = new Set(groups.flatMap(([, models]) => models));
  const leads = automatic(state);
  return html`<label class="pill" title=${leads && !value ? `As in the settings: ${leads}` : undefined}><span class="visually-hidden">Model</span>
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      <option value="" selected=${value === ""}>Model: automatic</option>
      ${groups.map(([connection, models]) => html`<optgroup key=${connection.slug} label=${connection.label || connection.slug}>
        ${models.map((model) => html`<option key=${model} value=${model} selected=${value === model}>${nameOf(model)}</option>`)}</optgroup>`)}
      ${value && value !== RULES && !known.has(value) && html`<option value=${value} selected>${chainOf(value).map(nameOf).join(", then ")}</option>`}
      <option value=${RULES} selected=${value === RULES}>Rules only, no model</option>
    </select><${Icon} name="chevron-down" /></label>`;
}
