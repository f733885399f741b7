// Which model works on the next request: as chosen in the settings, one of those there are, or none.
import { html, useEffect, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { chainOf, nameOf, partsOf, RULES } from "../models/words.js";

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

/** The model that writes where the settings decide; undefined where none does. */
const automatic = (state) => state?.roles.writer?.models.find((model) => model.available);

/** Whether what is sent now would be made up by a simulator. */
export function choosesSimulated(state, value) {
  if (!state || value === RULES) return false;
  if (!value) return Boolean(automatic(state)?.simulated);
  const { connection, name } = partsOf(chainOf(value)[0]);
  return name.startsWith("simulated") || state.connections.some((each) => each.slug === connection && each.simulated);
}

export function ModelPill({ state, value, onChange }) {
  const groups = state ? groupsOf(state) : [];
  const known = new Set(groups.flatMap(([, models]) => models));
  const first = automatic(state);
  const leads = first ? nameOf(first.model) : "rules only";
  return html`<label class="pill" title=${state && !value ? `As in the settings: ${leads}` : undefined}><span class="visually-hidden">Model</span>
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      <option value="" selected=${value === ""}>${state ? `Automatic: ${leads}` : "Model: automatic"}</option>
      ${groups.map(([connection, models]) => html`<optgroup key=${connection.slug} label=${connection.label || connection.slug}>
        ${models.map((model) => html`<option key=${model} value=${model} selected=${value === model}>${nameOf(model)}</option>`)}</optgroup>`)}
      ${value && value !== RULES && !known.has(value) && html`<option value=${value} selected>${chainOf(value).map(nameOf).join(", then ")}</option>`}
      <option value=${RULES} selected=${value === RULES}>Rules only, no model</option>
    </select><${Icon} name="chevron-down" /></label>`;
}
