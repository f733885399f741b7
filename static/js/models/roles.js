// Who does what: one model for all work, or one for each kind of it.
import { html, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { Chain } from "./chain.js";
import { Embedder } from "./embedder.js";
import { nameOf, RULES } from "./words.js";

const SHARED = "embedder"; // one for everybody
const CHOSEN_BY = { user: "your choice", deployment: "the choice for everybody", environment: "the server's setting", run: "the run's choice" };

/** `choices` is what the shown scope says itself; `onChoose(role, choice)` stores one. */
export function Roles({ state, scope, staff, choices, facts, onChoose, busy }) {
  const roles = Object.entries(state.roles);
  const own = roles.filter(([name]) => name !== SHARED && choices[name]);
  const [open, setOpen] = useState(own.length > 0 || Boolean(state.roles[SHARED]?.progress));
  const chain = (name, label) => html`<${Chain} label=${label} choice=${choices[name] ?? ""} facts=${facts} connections=${state.connections} unknownPrice=${state.unknown_usd_per_mtok ?? 15} busy=${busy} onChange=${(choice) => onChoose(name, choice)} />`;
  return html`<section class="panel" aria-labelledby="roles">
    <h2 id="roles">Who does what</h2>
    <p>${scope === "deployment" ? "What everybody uses who has not chosen for themselves." : "The first of the list works; the others are tried in turn when it fails."}</p>
    <h3 class="role-title">One model for everything</h3>
    ${!choices.default && html`<p class="faint">${inherited(state, scope)}</p>`}
    ${chain("default", "Models for everything")}
    <div class="roles-more">
      <button type="button" class="button quiet" aria-expanded=${open ? "true" : "false"} aria-controls="roles-each" onClick=${() => setOpen(!open)}><${Icon} name=${open ? "chevron-down" : "chevron-right"} /> Different models for different work${own.length ? ` (${own.length})` : ""}</button>
      ${open && html`<ul class="roles" id="roles-each">${roles.map(([name, role]) => html`<li key=${name} class="role">
        <h3 class="role-title">${role.title}</h3><p>${role.purpose}</p>
        ${name === SHARED
          ? html`<${Embedder} role=${role} staff=${staff && scope === "deployment"} connections=${state.connections} busy=${busy} onChoose=${(choice) => onChoose(name, choice)} />`
          : html`${!choices[name] && html`<p class="faint">${worksWith(role, state.connections)}</p>`}${chain(name, `Models for the ${role.title}`)}`}
      </li>`)}</ul>`}
    </div>
  </section>`;
}

function inherited(state, scope) {
  const by = Object.values(state.roles).find((role) => role.chosen_by && role.chosen_by !== scope);
  if (!by || by.choice === "") return state.mode === "rules" ? "Nothing is chosen: documents are composed by rule." : "Nothing is chosen here.";
  return `Nothing is chosen here; ${nameOf(by.models[0]?.model ?? by.choice)} works, by ${CHOSEN_BY[by.chosen_by] ?? "another choice"}.`;
}

function worksWith(role, connections) {
  const first = role.models.find((model) => model.available) ?? role.models[0];
  if (!first || role.choice === RULES) return role.why || "Works by rules.";
  const from = connections.find((each) => each.slug === first.connection);
  return `Not chosen here: ${nameOf(first.model)}, from ${from?.label || first.connection}, does it.${role.available ? "" : ` ${role.why}`}`;
}
