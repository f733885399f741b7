// Add a tool: say where it is described, look at what it could do, agree.
import { html, useId, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { Refused } from "../ui/refused.js";
import { ADDRESS } from "./words.js";

const WAYS = [
  ["url", "OpenAPI document at an address"],
  ["file", "OpenAPI document of mine"],
  ["mcp", "MCP server"],
];

/** Host and port that keys of `address` are kept for. Throws when it is none. */
function hostOf(address) {
  const at = new URL(address);
  return `${at.hostname}:${at.port || (at.protocol === "https:" ? 443 : 80)}`;
}

export function Learn({ state, onLetIn, onKey }) {
  const id = useId();
  const [way, setWay] = useState("url");
  const [url, setUrl] = useState("");
  const [file, setFile] = useState(null);
  const [server, setServer] = useState("");
  const [token, setToken] = useState("");
  const [everybody, setEverybody] = useState(false);
  const [busy, setBusy] = useState("");
  const [seen, setSeen] = useState(null);
  const [chosen, setChosen] = useState(new Set());
  const [problem, setProblem] = useState(null);

  const keptFor = (address) => state.secrets.some((secret) => secret.scheme === "token" && secret.host === hostOf(address));
  const wanted = async () => {
    const body = { for_everybody: everybody };
    if (way === "file") return { ...body, document: await file.text(), file_name: file.name };
    if (way === "url") return { ...body, url: url.trim() };
    if (server) return { ...body, kind: "mcp", server };
    if (token.trim()) {
      await api.put(`${ADDRESS}/secrets`, { host: hostOf(url.trim()), scheme: "token", value: token.trim() });
      setToken("");
      onKey();
      return { ...body, kind: "mcp", url: url.trim(), token: true };
    }
    return { ...body, kind: "mcp", url: url.trim(), token: keptFor(url.trim()) };
  };
  const look = async (event) => {
    event.preventDefault();
    setBusy("look");
    setProblem(null);
    setSeen(null);
    try {
      const body = await wanted();
      const answer = await api.post(`${ADDRESS}/ingest`, body);
      setSeen({ ...answer, body });
      // What could change something is let in by a choice of its own.
      setChosen(new Set(answer.operations.filter((operation) => operation.read_only).map((operation) => operation.id)));
    } catch (refused) {
      setProblem(refused.message ? refused : { title: "Not read", message: "This is not an address." });
    }
    setBusy("");
  };
  const agree = async () => {
    setBusy("agree");
    setProblem(null);
    try {
      let { body, fingerprint } = seen;
      if (chosen.size < seen.operations.length) {
        // The fingerprint is of exactly what is let in: look once more at the smaller choice.
        body = { ...body, only: [...chosen] };
        fingerprint = (await api.post(`${ADDRESS}/ingest`, body)).fingerprint;
      }
      const done = await api.post(`${ADDRESS}/ingest`, { ...body, fingerprint });
      setSeen(null);
      setUrl("");
      setFile(null);
      onLetIn(done);
    } catch (refused) {
      setProblem(refused);
    }
    setBusy("");
  };
  const ready = way === "file" ? file : way === "mcp" ? url.trim() || server : url.trim();
  const change = (set) => (event) => {
    set(event.target.value);
    setSeen(null);
  };
  return html`<section class="panel" aria-labelledby="learn"><h2 id="learn">Add a tool</h2>
    <form class="form" onSubmit=${look} autocomplete="off">
      <fieldset class="tool-ways"><legend class="visually-hidden">Where they are described</legend>
        ${WAYS.map(([value, label]) => html`<label key=${value} class="check-field"><input type="radio" name="way" value=${value} checked=${way === value} onChange=${() => { setWay(value); setSeen(null); setProblem(null); }} /> <span>${label}</span></label>`)}</fieldset>
      ${way !== "file" && html`<div class="field"><label for=${`${id}-url`}>${way === "mcp" ? "Address of the server" : "Address of the document"}</label>
        <input id=${`${id}-url`} class="input" type="text" inputmode="url" spellcheck=${false} autocapitalize="off" maxlength="2000" placeholder=${way === "mcp" ? "https://tools.example.org/mcp" : "https://api.example.org/openapi.json"} value=${url} onInput=${change(setUrl)} /></div>`}
      ${way === "mcp" && html`<div class="field"><label for=${`${id}-token`}>Token, if it asks for one</label>
        <input id=${`${id}-token`} class="input secret" type="password" autocomplete="new-password" spellcheck=${false} value=${token} onInput=${change(setToken)} aria-describedby=${`${id}-token-hint`} />
        <span class="hint" id=${`${id}-token-hint`}>It is kept encrypted, sent to this server only, and never shown again.</span></div>`}
      ${way === "mcp" && state.servers.length > 0 && html`<div class="field"><label for=${`${id}-server`}>Or a program of this machine</label>
        <select id=${`${id}-server`} class="select" value=${server} onChange=${change(setServer)}><option value="">None</option>${state.servers.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}</select></div>`}
      ${way === "file" && html`<div class="field"><label for=${`${id}-file`}>Document, JSON or YAML</label>
        <input id=${`${id}-file`} type="file" accept=".json,.yaml,.yml,application/json,application/yaml" onChange=${(event) => { setFile(event.target.files[0] ?? null); setSeen(null); }} /></div>`}
      ${state.may_add_for_everybody && html`<label class="check-field"><input type="checkbox" checked=${everybody} onChange=${(event) => { setEverybody(event.target.checked); setSeen(null); }} /> <span>For everybody on this server</span></label>`}
      <div class="form-actions"><button type="submit" class=${seen ? "button" : "button primary"} disabled=${!ready || busy !== ""}><${Icon} name=${busy === "look" ? "loader-circle" : "eye"} spin=${busy === "look"} /> ${busy === "look" ? "Reading it…" : "Preview"}</button></div>
    </form>
    <div aria-live="polite">${problem && html`<${Refused} problem=${problem} title="Not added" />`}</div>
    ${seen && html`<${Preview} seen=${seen} chosen=${chosen} setChosen=${setChosen} busy=${busy} onAgree=${agree} onDrop=${() => setSeen(null)} />`}
  </section>`;
}

function Preview({ seen, chosen, setChosen, busy, onAgree, onDrop }) {
  const toggle = (name) => {
    const next = new Set(chosen);
    if (next.has(name)) next.delete(name);
    else next.add(name);
    setChosen(next);
  };
  const picked = seen.operations.filter((operation) => chosen.has(operation.id));
  const changing = picked.filter((operation) => !operation.read_only).length;
  return html`<section class="tool-preview card" aria-labelledby="preview"><h3 id="preview">${seen.title}</h3>
    <dl class="tool-means">
      <div><dt>It would call</dt><dd>${seen.hosts.map((host) => html`<code key=${host}>${host}</code> `)}</dd></div>
      <div><dt>Keys it wants</dt><dd>${seen.secrets.length ? seen.secrets.map((secret) => html`<span key=${secret.scheme}>${secret.scheme} for <code>${secret.host}</code> </span>`) : "None"}</dd></div>
      <div><dt>It could change things</dt><dd>${changing ? `${changing} of ${picked.length} could. A run asks you first.` : "No. It only reads."}</dd></div>
      ${seen.replaces.length > 0 && html`<div><dt>You have already</dt><dd>${seen.replaces.join(", ")}: what differs becomes a new version.</dd></div>`}
    </dl>
    <fieldset class="tool-operations"><legend>What runs could do with it</legend>
      ${seen.operations.map((operation) => html`<label key=${operation.id} class="check-field"><input type="checkbox" checked=${chosen.has(operation.id)} onChange=${() => toggle(operation.id)} />
        <span><strong class="tool-name">${operation.name}</strong> <code>${operation.method} ${operation.path}</code>${operation.read_only ? "" : html` <span class="badge warn">changes things</span>`} <span class="badge">${operation.policy === "auto" ? "used without asking" : "asks you first"}</span><br /><span class="faint">${operation.description}</span></span></label>`)}</fieldset>
    ${seen.refused.length > 0 && html`<details class="more"><summary>${seen.refused.length} cannot be learnt</summary><ul>${seen.refused.map((one) => html`<li key=${one.id}><code>${one.id}</code>: ${one.reason}</li>`)}</ul></details>`}
    <p class="faint">Names and descriptions are the words of whoever wrote the document.</p>
    <div class="form-actions"><button type="button" class="button primary" disabled=${busy !== "" || chosen.size === 0} onClick=${onAgree}><${Icon} name=${busy === "agree" ? "loader-circle" : "check"} spin=${busy === "agree"} /> Add ${picked.length} ${picked.length === 1 ? "tool" : "tools"}</button>
      <button type="button" class="button quiet" disabled=${busy !== ""} onClick=${onDrop}>Cancel</button></div>
  </section>`;
}
