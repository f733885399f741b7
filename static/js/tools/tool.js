// One tool: how it does, whether runs may use it, a try, and its history.
import { html, useId, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { confirm } from "../ui/dialog.js";
import { Refused } from "../ui/refused.js";
import { toastError } from "../ui/toast.js";
import { Diff } from "./diff.js";
import { Repair } from "./repair.js";
import { ADDRESS, authorOf, exampleOf, failureOf, healthOf, POLICIES, REPAIRS } from "./words.js";

export function Tool({ tool, onChanged }) {
  const id = useId();
  const [detail, setDetail] = useState(null);
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(false);
  const address = `${ADDRESS}/${encodeURIComponent(tool.name)}`;
  const [words, kind] = healthOf(tool);
  const learnt = tool.origin !== "builtin";

  const opened = async (event) => {
    if (!event.target.open || detail) return;
    setFailure(null);
    try {
      setDetail(await api.get(address));
    } catch (problem) {
      setFailure(problem);
    }
  };
  const act = async (work) => {
    setBusy(true);
    try {
      const answer = await work();
      if (answer?.versions) setDetail(answer);
      await onChanged();
    } catch (problem) {
      toastError(problem);
    }
    setBusy(false);
  };
  const remove = async () => {
    const sure = await confirm({ title: `Remove ${tool.name}?`, text: "Its history and what was kept of its calls go with it.", action: "Remove", danger: true });
    if (sure) await act(() => api.remove(address));
  };
  const decide = (deed) => act(() => api.post(`${address}/repairs/${tool.repair.version}/${deed}`));
  return html`<li class="tool card" id=${learnt && !tool.beside_own ? `tool-${tool.name}` : undefined}>
    <div class="tool-head">
      <div><strong class="tool-name">${tool.name}</strong> <span class=${`badge ${kind}`}>${words}</span>${tool.read_only ? "" : html` <span class="badge warn">changes things</span>`}
        <p>${tool.description}</p></div>
    </div>
    <p class="tool-facts faint">${[learnt && `${tool.method ? `${tool.method} ` : ""}${tool.host}`, `version ${tool.version}`, tool.calls > 0 && `${tool.calls} ${tool.calls === 1 ? "call" : "calls"}`, tool.last_failure && `last failure: ${failureOf(tool.last_failure)}`].filter(Boolean).join(" · ")}</p>
    ${tool.repair && !tool.beside_own && html`<${Repair} repair=${tool.repair} mayDecide=${tool.may_change} busy=${busy} onDecide=${decide} />`}
    ${tool.may_change && html`<div class="tool-controls">
      ${learnt && html`<label class="tool-policy"><span class="visually-hidden">When runs use ${tool.name}</span>
        <select class="select" value=${tool.policy} disabled=${busy} onChange=${(event) => act(() => api.patch(address, { policy: event.target.value }))}>
          ${POLICIES.map(([value, label]) => html`<option key=${value} value=${value}>${label}</option>`)}</select></label>`}
      <button type="button" class="button" disabled=${busy} onClick=${() => act(() => api.post(`${address}/${tool.enabled ? "disable" : "enable"}`))}>${tool.enabled ? "Switch off" : "Switch on"}</button>
      ${learnt && html`<button type="button" class="button quiet" disabled=${busy} aria-label=${`Remove ${tool.name}`} onClick=${remove}><${Icon} name="trash-2" /> Remove</button>`}
    </div>`}
    ${tool.beside_own && html`<p class="faint">Runs use this one while yours of the same name is off. To change or try this one, remove yours.</p>`}
    ${learnt && !tool.beside_own && html`<details class="more" onToggle=${opened}><summary>Try it, and its history</summary>
      ${tool.may_change && html`<div class="field"><label for=${`${id}-repairs`}>When its API changes and a repair is proven</label>
        <select id=${`${id}-repairs`} class="select" value=${tool.repairs} disabled=${busy} onChange=${(event) => act(() => api.patch(address, { repairs: event.target.value }))}>
          ${REPAIRS.map(([value, label]) => html`<option key=${value} value=${value}>${label}</option>`)}</select></div>`}
      ${failure && html`<${Refused} problem=${failure} title="Not opened" />`}
      ${!detail && !failure && html`<p role="status">Opening…</p>`}
      ${detail && html`<${Try} id=${id} detail=${detail} address=${address} onTried=${onChanged} />
        <${History} detail=${detail} busy=${busy} onRevert=${(version) => act(() => api.post(`${address}/revert`, { version }))} />`}
    </details>`}
  </li>`;
}

function Try({ id, detail, address, onTried }) {
  const [text, setText] = useState(() => exampleOf(detail.input_schema));
  const [tried, setTried] = useState(null); // {trying} | {result} | {problem}
  const [fault, setFault] = useState("");
  const run = async (event) => {
    event.preventDefault();
    let given;
    try {
      given = JSON.parse(text || "{}");
      setFault("");
    } catch {
      setFault("This is not JSON yet: check quotation marks and commas.");
      return;
    }
    setTried({ trying: true });
    try {
      setTried({ result: await api.post(`${address}/test`, { arguments: given }) });
      onTried();
    } catch (problem) {
      setTried({ problem });
    }
  };
  const result = tried?.result;
  return html`<form class="tool-try" onSubmit=${run}>
    <div class=${fault ? "field invalid" : "field"}><label for=${`${id}-arguments`}>Arguments, as JSON</label>
      <textarea id=${`${id}-arguments`} class="mono" rows="5" spellcheck=${false} value=${text} onInput=${(event) => setText(event.target.value)} aria-describedby=${`${id}-fault`}></textarea>
      <span id=${`${id}-fault`} class="error-text" role="status">${fault}</span></div>
    <div class="form-actions"><button type="submit" class="button" disabled=${tried?.trying}><${Icon} name=${tried?.trying ? "loader-circle" : "play"} spin=${tried?.trying} /> ${tried?.trying ? "Calling it…" : "Call it once"}</button></div>
    <div aria-live="polite">
      ${tried?.problem && html`<${Refused} problem=${tried.problem} title="Not called" />`}
      ${result && !result.ok && html`<div class="notice bad"><${Icon} name="circle-alert" /><div><strong>It did not work: ${failureOf(result.code)}</strong><span>${result.message}</span></div></div>`}
      ${result?.ok && html`<div class="notice good"><${Icon} name="circle-check" /><div><strong>It answered as it promised</strong></div></div>
        <pre class="tool-result" tabindex="0" aria-label="What it gave back">${JSON.stringify(result.result, null, 2).slice(0, 8000)}</pre>`}
    </div>
  </form>`;
}

function History({ detail, busy, onRevert }) {
  return html`<div class="tool-history"><h4>History</h4>
    <ol reversed>${detail.versions.map((version) => html`<li key=${version.number}>
      <div class="tool-version"><span><strong>Version ${version.number}</strong>, ${authorOf(version.author)}, ${new Date(version.created_at).toLocaleString()}${version.contract_changed ? ", with another contract" : ""}</span>
        ${version.number === detail.version ? html`<span class="badge good">in use</span>` : ["proposed", "dismissed"].includes(version.evidence.state) ? html`<span class="badge">${version.evidence.state === "proposed" ? "waits" : "dismissed"}</span>` : detail.may_change && html`<button type="button" class="button quiet" disabled=${busy} onClick=${() => onRevert(version.number)}><${Icon} name="rotate-ccw" /> Use version ${version.number} again</button>`}</div>
      ${version.calls > 0 && html`<p class="faint">${version.went_well} of ${version.calls} ${version.calls === 1 ? "call" : "calls"} in runs went well.</p>`}
      ${version.evidence.because && html`<p>${version.evidence.because}.</p>`}
      ${version.patch && html`<${Diff} patch=${version.patch} label=${`What version ${version.number} changed`} />`}
    </li>`)}</ol></div>`;
}
