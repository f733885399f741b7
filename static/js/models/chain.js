// Models in the order they are tried: the first works, the others wait behind it.
import { html, useId, useLayoutEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { SimulatedBadge } from "./badge.js";
import { chainOf, factsOf, nameOf, partsOf, RULES } from "./words.js";

const OTHER = "other";

/** `onChange(choice)` gets the whole list as the API writes it; "" leaves the choice to others. */
export function Chain({ label, choice, facts, connections, unknownPrice, onChange, busy }) {
  const chain = chainOf(choice);
  const adds = useId();
  const root = useRef(null);
  const list = useRef(null);
  const focus = useRef(null); // where the keyboard is once the change is stored
  // Before the browser paints: whoever moves on by keyboard is not brought back.
  useLayoutEffect(() => {
    if (busy || !focus.current) return;
    const { model, buttons } = focus.current;
    focus.current = null;
    const at = document.activeElement;
    if (at !== document.body && !at.disabled && !root.current.contains(at)) return; // it went on
    const row = [...(list.current?.children ?? [])].find((each) => each.dataset.model === model);
    const found = buttons.map((button) => row?.querySelector(`[data-does="${button}"]:not(:disabled)`)).find(Boolean);
    (found ?? document.getElementById(adds))?.focus();
  }, [choice, busy]);
  const move = (from, to) => {
    const next = [...chain];
    next.splice(to, 0, ...next.splice(from, 1));
    focus.current = { model: chain[from], buttons: to < from ? ["up", "down"] : ["down", "up"] };
    onChange(next.join(", "));
  };
  const drop = (at) => {
    const left = chain.filter((_, index) => index !== at);
    focus.current = { model: left[Math.min(at, left.length - 1)], buttons: ["drop"] };
    onChange(left.join(", "));
  };
  const add = (model) => {
    focus.current = { model: null, buttons: [] };
    onChange((model === RULES ? [RULES] : [...chain.filter((each) => each !== RULES && each !== model), model]).join(", "));
  };
  return html`<div class="chain" ref=${root}>
    ${chain.length > 0 && html`<ol ref=${list} class="chain-list" aria-label=${label}>
      ${chain.map((model, index) => html`<${Link} key=${model} model=${model} facts=${facts(model)} unknownPrice=${unknownPrice} first=${index === 0} last=${index === chain.length - 1} alone=${chain.length === 1} busy=${busy}
        onUp=${() => move(index, index - 1)} onDown=${() => move(index, index + 1)} onDrop=${() => drop(index)} />`)}
    </ol>`}
    <${Add} id=${adds} chain=${chain} connections=${connections} onAdd=${add} busy=${busy} />
  </div>`;
}

function Link({ model, facts, unknownPrice, first, last, alone, busy, onUp, onDown, onDrop }) {
  const name = nameOf(model);
  const { connection } = partsOf(model);
  const rules = model === RULES;
  return html`<li class="chain-link" data-model=${model} data-available=${rules || !facts || facts.available ? "true" : "false"}>
    <div class="chain-about">
      <strong>${name}</strong>${connection && html` <span class="faint">${connection}</span>`}${facts?.simulated && html` <${SimulatedBadge} />`}
      ${!alone && html` <span class="badge">${first ? "First" : "If the one before fails"}</span>`}
      ${rules && html`<p class="faint">No model is called; documents are composed from your sources.</p>`}
      ${facts && html`<p class="faint">${factsOf(facts, unknownPrice).join(" · ")}</p>`}
      ${facts && !facts.available && html`<p class="error-text">${facts.why || "It cannot be used at the moment."}</p>`}
      ${facts?.available && facts.why && html`<p class="warn-text">${facts.why}</p>`}
    </div>
    <div class="chain-moves">
      ${!alone && html`<button type="button" class="icon-button" data-does="up" disabled=${first || busy} aria-label=${`Move ${name} up`} onClick=${onUp}><${Icon} name="arrow-up" /></button>
      <button type="button" class="icon-button" data-does="down" disabled=${last || busy} aria-label=${`Move ${name} down`} onClick=${onDown}><${Icon} name="arrow-down" /></button>`}
      <button type="button" class="icon-button" data-does="drop" disabled=${busy} aria-label=${`Take ${name} out`} onClick=${onDrop}><${Icon} name="x" /></button>
    </div>
  </li>`;
}

function Add({ id, chain, connections, onAdd, busy }) {
  const own = useId();
  const [typing, setTyping] = useState(false);
  const [text, setText] = useState("");
  const input = useRef(null);
  useLayoutEffect(() => input.current?.focus(), [typing]);
  const choose = (event) => {
    const { value } = event.target;
    event.target.value = "";
    if (value === OTHER) setTyping(true);
    else if (value) onAdd(value);
  };
  const submit = (event) => {
    event.preventDefault();
    if (!text.trim()) return;
    onAdd(text.trim());
    setText("");
    setTyping(false);
  };
  if (typing) {
    return html`<form class="chain-add" onSubmit=${submit} onKeyDown=${(event) => event.key === "Escape" && setTyping(false)}>
      <div class="field"><label for=${own}>Connection and model</label><input ref=${input} id=${own} class="input" spellcheck=${false} autocapitalize="off" maxlength="230" placeholder=${`${connections[0]?.slug ?? "openai"}:name-of-the-model`} value=${text} onInput=${(event) => setText(event.target.value)} /></div>
      <div class="form-actions"><button type="submit" class="button" disabled=${!text.trim()}>Add</button><button type="button" class="button quiet" onClick=${() => setTyping(false)}>Cancel</button></div>
    </form>`;
  }
  const groups = connections.map((each) => [each, (each.models ?? []).map((model) => `${each.slug}:${model.id}`).filter((model) => !chain.includes(model))]).filter(([, models]) => models.length);
  return html`<div class="chain-add"><label class="visually-hidden" for=${id}>Add a model</label>
    <select id=${id} class="select" disabled=${busy} value="" onChange=${choose}>
      <option value="">${chain.length && chain[0] !== RULES ? "Add one to fall back on…" : "Choose a model…"}</option>
      ${groups.map(([each, models]) => html`<optgroup key=${each.slug} label=${each.label || each.slug}>${models.slice(0, 400).map((model) => html`<option key=${model} value=${model}>${nameOf(model)}</option>`)}</optgroup>`)}
      <option value=${OTHER}>Another, by its name…</option>
      ${chain[0] !== RULES && html`<option value=${RULES}>Rules only, no model</option>`}
    </select></div>`;
}
