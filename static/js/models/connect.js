// Connect a model: choose the way, paste the key or the address, see a real answer, keep it.
import { html, useEffect, useId, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { reasonOf, Refused } from "../ui/refused.js";
import { bodyOf, fieldsOf, labelOf, LOCAL, SIMULATOR, tilesOf } from "./providers.js";
import { Trial, useInView } from "./trial.js";
import { chainOf, RULES } from "./words.js";

/** `chosen` is what this scope says for all work; `onKept(state, said)` gets the page's new state. */
export function Connect({ providers, scope, chosen, first, onKept }) {
  const tiles = tilesOf(providers);
  const [tileId, setTileId] = useState(null);
  const tile = tiles.find((each) => each.id === tileId);
  return html`<section class="panel" aria-labelledby="connect">
    <h2 id="connect">${first ? "Connect a model" : "Connect another"}</h2>
    <fieldset class="providers"><legend class="visually-hidden">Where the model is</legend>
      ${tiles.map((each) => html`<label key=${each.id} class="provider">
        <input type="radio" name="provider" value=${each.id} checked=${each.id === tileId} onChange=${() => setTileId(each.id)} />
        <strong>${each.title}</strong><span>${each.about}</span></label>`)}
    </fieldset>
    ${tile && html`<${Form} key=${tile.id} tile=${tile} scope=${scope} chosen=${chosen}
      onKept=${(state, said) => { setTileId(null); onKept(state, said); }} />`}
  </section>`;
}

function Form({ tile, scope, chosen, onKept }) {
  const id = useId();
  const [fields, setFields] = useState(() => fieldsOf(tile));
  const [trial, setTrial] = useState(null); // {testing} | {result} | {problem}
  const [model, setModel] = useState("");
  const [place, setPlace] = useState("first");
  const [keeping, setKeeping] = useState(false);
  const [refused, setRefused] = useState(null);
  const abort = useRef(null);
  const kept = useRef({}); // what was sent to be kept, and under which key
  const outcome = useInView(trial?.result ?? trial?.problem);
  useEffect(() => () => abort.current?.abort(), []);

  const before = chainOf(chosen).filter((each) => each !== RULES);
  const set = (name) => (event) => {
    setFields({ ...fields, [name]: event.target.value });
    if (name !== "label") setTrial(null); // another address or key is another server
  };
  const speak = (event) => {
    const provider = event.target.value;
    // An address that was typed is left as it is.
    const usual = Object.values(SIMULATOR.urls).includes(fields.base_url);
    setFields({ ...fields, provider, ...(usual ? { base_url: SIMULATOR.urls[provider] } : {}) });
    setTrial(null);
  };
  const ready = (!tile.needsUrl || fields.base_url.trim()) && (!tile.needsKey || fields.api_key.trim() || (tile.speaks && fields.base_url.trim()));

  const test = async (event) => {
    event?.preventDefault();
    if (!ready || trial?.testing) return;
    setRefused(null);
    setTrial({ testing: true });
    abort.current = new AbortController();
    try {
      const body = { ...bodyOf(tile, fields, scope), ...(fields.model.trim() ? { model: fields.model.trim() } : {}) };
      const result = await api.post("/api/v2/models/test", body, { signal: abort.current.signal });
      setTrial({ result });
      setModel(result.model || fields.model.trim());
    } catch (problem) {
      setTrial(problem.name === "AbortError" ? null : { problem });
    }
  };
  const result = trial?.result;
  const keep = async () => {
    setKeeping(true);
    setRefused(null);
    const body = bodyOf(tile, { ...fields, label: labelOf(fields, result) }, scope);
    const sealed = JSON.stringify(body);
    // An answer that was lost on its way is asked for again: it is the same connection.
    if (kept.current.sealed !== sealed) kept.current = { sealed, key: api.newKey() };
    let made;
    try {
      made = await api.post("/api/v2/models/connections", body, { headers: { "Idempotency-Key": kept.current.key } });
    } catch (problem) {
      setRefused(problem);
      setKeeping(false);
      return;
    }
    let said = `${made.label || made.slug} is connected.`;
    if (model.trim() && place !== "none") {
      const mine = `${made.slug}:${model.trim()}`;
      const chain = place === "first" ? [mine, ...before] : [...before, mine];
      try {
        onKept(await api.put("/api/v2/models/roles", { scope, roles: { default: chain.join(", ") } }), said);
        return;
      } catch (problem) {
        said = `${said} It is not used yet: ${reasonOf(problem)}`;
      }
    }
    onKept(null, said);
  };

  return html`<form class="connect" onSubmit=${test} autocomplete="off">
    ${tile.id === "simulator" && html`<${AboutSimulator} />`}
    ${tile.id === "local" && html`<p class="quick">Usual addresses: ${LOCAL.map(([name, url]) => html`<button key=${name} type="button" class="button" onClick=${() => { setFields({ ...fields, base_url: url }); setTrial(null); }}>${name}</button>`)}</p>`}
    ${tile.needsUrl && html`<${Address} id=${`${id}-url`} label="Address" hint="As the machine that runs HandyWriterz reaches it, with or without /v1." value=${fields.base_url} onInput=${set("base_url")} />`}
    ${tile.id !== "simulator" && html`<div class="field"><label for=${`${id}-key`}>${tile.needsKey ? "Key" : "Key, if it asks for one"}</label>
      <input id=${`${id}-key`} class="input secret" type="password" autocomplete="new-password" spellcheck=${false} maxlength="500" value=${fields.api_key} onInput=${set("api_key")} aria-describedby=${`${id}-key-hint`} />
      <span class="hint" id=${`${id}-key-hint`}>${tile.keyHelp ? `${tile.keyHelp} ` : ""}It is kept encrypted and never shown again.</span></div>`}
    <div class="connect-pair">
      <div class="field"><label for=${`${id}-model`}>Model to test, if you know its name</label>
        <input id=${`${id}-model`} class="input" spellcheck=${false} autocapitalize="off" maxlength="200" placeholder=${tile.example} value=${fields.model} onInput=${set("model")} /></div>
      <div class="field"><label for=${`${id}-label`}>Your name for it, if you like</label>
        <input id=${`${id}-label`} class="input" maxlength="80" placeholder=${tile.needsUrl ? "" : tile.title} value=${fields.label} onInput=${set("label")} /></div>
    </div>
    ${tile.speaks && html`<details class="more"><summary>More</summary>
      <${Address} id=${`${id}-url`} label=${`Address, if it is not ${tile.title}’s own`} hint=${`Of any server that speaks as ${tile.speaks} does. It may need no key.`} value=${fields.base_url} onInput=${set("base_url")} />
    </details>`}
    ${tile.id === "simulator" && html`<details class="more"><summary>More</summary>
      <div class="field"><label for=${`${id}-speaks`}>It is spoken to as</label>
        <select id=${`${id}-speaks`} class="select" value=${fields.provider} onChange=${speak}><option value="compatible">OpenAI</option><option value="anthropic">Anthropic</option></select></div>
    </details>`}
    <div class="form-actions">
      <button type="submit" class=${result?.ok ? "button" : "button primary"} disabled=${!ready || trial?.testing}><${Icon} name=${trial?.testing ? "loader-circle" : "activity"} spin=${trial?.testing} /> ${trial?.testing ? "Asking it a question…" : result ? "Test again" : "Test"}</button>
      ${trial?.testing && html`<button type="button" class="button quiet" onClick=${() => abort.current.abort()}>Cancel</button>`}
      ${result && !result.ok && html`<button type="button" class="button quiet" disabled=${keeping} onClick=${keep}>Save it anyway</button>`}
    </div>
    <div class="trial" ref=${outcome} tabindex="-1" aria-live="polite">
      ${trial?.problem && html`<${Refused} problem=${trial.problem} title="Not tested" />`}
      ${result && html`<${Trial} result=${result} />`}
    </div>
    ${result?.ok && html`<div class="keep">
      <${Models} id=${`${id}-use`} offered=${result.models ?? []} model=${model} onModel=${setModel} />
      ${before.length > 0 && html`<fieldset class="places"><legend class="label">What it is used for</legend>
        ${[["first", "For everything, before what is chosen now"], ["last", "When what is chosen now fails"], ["none", "Nothing yet"]].map(([value, words]) => html`<label key=${value} class="check-field"><input type="radio" name=${`${id}-place`} checked=${place === value} onChange=${() => setPlace(value)} /> ${words}</label>`)}
      </fieldset>`}
      <div class="form-actions"><button type="button" class="button primary" disabled=${keeping || (place !== "none" && !model.trim())} onClick=${keep}><${Icon} name=${keeping ? "loader-circle" : "check"} spin=${keeping} /> ${before.length || place === "none" ? "Save" : "Save and use it for everything"}</button></div>
    </div>`}
    ${refused && html`<${Refused} problem=${refused} title="Not saved" />`}
  </form>`;
}

function Address({ id, label, hint, value, onInput }) {
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} class="input" type="text" inputmode="url" spellcheck=${false} autocapitalize="off" maxlength="500" placeholder="http://localhost:11434" value=${value} onInput=${onInput} aria-describedby=${`${id}-hint`} />
    <span class="hint" id=${`${id}-hint`}>${hint}</span></div>`;
}

function Models({ id, offered, model, onModel }) {
  const options = offered.map((each) => each.id);
  return html`<div class="field"><label for=${id}>Model to use</label>
    <input id=${id} class="input" list=${`${id}-list`} spellcheck=${false} autocapitalize="off" maxlength="200" value=${model} onInput=${(event) => onModel(event.target.value)} />
    <datalist id=${`${id}-list`}>${options.slice(0, 500).map((each) => html`<option key=${each} value=${each}></option>`)}</datalist></div>`;
}

function AboutSimulator() {
  return html`<div class="notice"><${Icon} name="info" /><div>
    <strong>The simulator makes its answers up</strong>
    <span>It shows how everything works with a model, without one: plans, prose, verdicts. What it writes is not fit for use, and every document says so. Start it on the machine that runs HandyWriterz, then press Test:</span>
    <code class="command">${SIMULATOR.command}</code></div></div>`;
}
