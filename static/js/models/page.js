// The page "Models": what works now, what is connected, what is chosen.
import { bootData, html, render, useEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { toast, toastError } from "../ui/toast.js";
import { Connect } from "./connect.js";
import { Connections } from "./connections.js";
import { Roles } from "./roles.js";
import { SimulatedBadge } from "./badge.js";
import { nameOf } from "./words.js";

const ADDRESS = "/api/v2/models";
const PROGRESS_MS = 5000;
const boot = bootData();

function Models() {
  const [state, setState] = useState(null);
  const [failure, setFailure] = useState(null);
  const [scope, setScope] = useState("user");
  const [busy, setBusy] = useState(false);

  // What was asked for before something changed does not know of it.
  const asked = useRef(0);
  const show = (next) => {
    asked.current += 1;
    setState(next);
    setFailure(null);
  };
  const load = async () => {
    const mine = (asked.current += 1);
    try {
      const found = await api.get(ADDRESS);
      if (mine === asked.current) show(found);
    } catch (problem) {
      if (mine === asked.current) setFailure(problem);
    }
  };
  useEffect(() => {
    load();
  }, []);

  // A model that is left alone is tried again after a while: what is shown would be out of date.
  useEffect(() => {
    const rests = Object.values(state?.roles ?? {}).flatMap((role) => role.models.map((model) => (model.health === "closed" ? 0 : model.retry_in))).filter((rest) => rest > 0);
    if (!rests.length) return undefined;
    const timer = setTimeout(load, (Math.min(...rests) + 1) * 1000);
    return () => clearTimeout(timer);
  }, [state]);

  // Another embedder is made ready in the background; the page shows how far it is.
  const building = Boolean(state?.roles.embedder?.progress);
  useEffect(() => {
    if (!building) return undefined;
    const timer = setInterval(() => document.hidden || load(), PROGRESS_MS);
    return () => clearInterval(timer);
  }, [building]);

  const choose = async (role, choice) => {
    setBusy(true);
    try {
      show(await api.put(`${ADDRESS}/roles`, { scope, roles: { [role]: choice } }));
    } catch (problem) {
      toastError(problem);
    }
    setBusy(false);
  };
  const kept = async (next, said) => {
    toast(said, { title: "Saved" });
    if (next) show(next);
    await load();
    document.getElementById("now")?.focus();
  };

  if (failure && !state) {
    return html`<div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>${failure.title}</strong><span>${failure.message}</span></div><button type="button" class="button" onClick=${load}>Try again</button></div>`;
  }
  if (!state) return html`<p class="app-wait models-wait" role="status">Opening…</p>`;

  const staff = boot.staff && state.may_change_deployment;
  const mine = (connection) => Boolean(connection.id) && connection.scope === scope;
  const shown = state.connections.filter((connection) => scope === "user" || connection.scope !== "user");
  const choices = state.choices?.[scope] ?? {};
  const known = new Map(Object.values(state.roles).flatMap((role) => role.models.map((model) => [model.model, model])));
  return html`<div class="models-page">
    <${Now} state=${state} />
    ${staff && html`<${Scope} scope=${scope} onScope=${setScope} />`}
    ${shown.length > 0 && html`<${Connections} connections=${shown} models=${[...known.values()]} mine=${mine} onChanged=${load} />`}
    <${Connect} key=${scope} providers=${state.providers} scope=${scope} chosen=${choices.default ?? ""} first=${shown.length === 0} onKept=${kept} />
    ${(shown.length > 0 || Object.keys(choices).length > 0) && html`<${Roles} key=${`roles-${scope}`} state=${{ ...state, connections: shown }} scope=${scope} staff=${staff} choices=${choices} facts=${(model) => known.get(model)} onChoose=${choose} busy=${busy} />`}
  </div>`;
}

/** What a request that is sent now would be worked on with. */
function Now({ state }) {
  if (state.mode === "rules") {
    return html`<div class="notice" id="now" tabindex="-1"><${Icon} name="info" /><div>
      <strong>Runs work without a model, by rules</strong>
      <span>${why(state) || "Documents are composed from your sources: passages are chosen, ordered, quoted and cited, and every citation is checked."}</span>
      <span>Connect a model to get prose in its own words, in your level and length, synthesis across sources instead of attributed quotation, and a judgement whether a passage supports a claim. What it writes is checked in the same way.</span></div></div>`;
  }
  const writer = state.roles.writer;
  const first = writer?.models.find((model) => model.available);
  return html`<div class="notice good" id="now" tabindex="-1"><${Icon} name="circle-check" /><div>
    <strong>${first ? `${nameOf(first.model)} writes` : "A model works"}${state.simulated ? html` <${SimulatedBadge} />` : ""}</strong>
    <span>${state.simulated ? "Its answers are made up: they show how everything works and are not fit for use." : "What it is sent: your request, and passages of your sources. What it writes is checked against them."}</span>
    <div class="notice-actions"><a class="button primary" href="/"><${Icon} name="plus" /> New document</a></div></div></div>`;
}

/** Why a model that was chosen does not work, where one was. */
function why(state) {
  return Object.values(state.roles).find((role) => role.choice && !role.available && role.why)?.why ?? "";
}

function Scope({ scope, onScope }) {
  return html`<fieldset class="scope"><legend class="label">Keys and choices</legend><div class="scope-choice">
    ${[["user", "For me"], ["deployment", "For everybody"]].map(([value, words]) => html`<label key=${value}><input type="radio" name="scope" value=${value} checked=${scope === value} onChange=${() => onScope(value)} /><span>${words}</span></label>`)}
  </div></fieldset>`;
}

const host = document.getElementById("app");
host.replaceChildren();
render(html`<${Models} />`, host);
