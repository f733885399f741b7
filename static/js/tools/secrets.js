// Keys of learnt tools: given, replaced, forgotten; never shown.
import { html, useId, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { confirm } from "../ui/dialog.js";
import { Refused } from "../ui/refused.js";
import { toastError } from "../ui/toast.js";
import { ADDRESS } from "./words.js";

const EMPTY = { host: "", scheme: "", value: "", for_everybody: false };

export function Secrets({ secrets, wanted, staff, onChanged }) {
  const id = useId();
  const [fields, setFields] = useState(EMPTY);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const set = (name) => (event) => setFields({ ...fields, [name]: event.target.type === "checkbox" ? event.target.checked : event.target.value });
  const keep = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await api.put(`${ADDRESS}/secrets`, fields);
      setFields(EMPTY);
      await onChanged();
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  };
  const forget = async (secret) => {
    const sure = await confirm({ title: `Forget the key for ${secret.host}?`, text: "Tools that want it no longer work until it is given again.", action: "Forget it", danger: true });
    if (!sure) return;
    try {
      const query = new URLSearchParams({ host: secret.host, scheme: secret.scheme, for_everybody: String(secret.for_everybody) });
      await api.remove(`${ADDRESS}/secrets?${query}`);
      await onChanged();
    } catch (refused) {
      toastError(refused);
    }
  };
  return html`<section class="panel" aria-labelledby="tool-keys"><h2 id="tool-keys">Keys of tools</h2>
    <details class="more" open=${wanted}><summary>${wanted ? "A tool needs a key" : secrets.length ? `${secrets.length} kept` : "None needed"}</summary>
    <p>A key is kept encrypted, sent to its host only, and never shown again.</p>
    ${secrets.length > 0 && html`<ul class="tool-keys">${secrets.map((secret) => html`<li key=${`${secret.host} ${secret.scheme} ${secret.for_everybody}`}><span><code>${secret.host}</code> ${secret.scheme}${secret.for_everybody ? ", for everybody" : ""}${secret.opens ? "" : html` <span class="badge bad">give it again</span>`}</span>
      <button type="button" class="icon-button" aria-label=${`Forget the key for ${secret.host}`} onClick=${() => forget(secret)}><${Icon} name="trash-2" /></button></li>`)}</ul>`}
    <form class="form tool-key-form" onSubmit=${keep} autocomplete="off">
      <div class="field"><label for=${`${id}-host`}>Host with its port</label><input id=${`${id}-host`} class="input" required spellcheck=${false} autocapitalize="off" maxlength="260" placeholder="api.example.org:443" value=${fields.host} onInput=${set("host")} /></div>
      <div class="field"><label for=${`${id}-scheme`}>Name of the key, as the tool calls it</label><input id=${`${id}-scheme`} class="input" required spellcheck=${false} autocapitalize="off" maxlength="100" value=${fields.scheme} onInput=${set("scheme")} /></div>
      <div class="field"><label for=${`${id}-value`}>Key</label><input id=${`${id}-value`} class="input secret" type="password" required autocomplete="new-password" spellcheck=${false} maxlength="4000" value=${fields.value} onInput=${set("value")} /></div>
      ${staff && html`<label class="check-field"><input type="checkbox" checked=${fields.for_everybody} onChange=${set("for_everybody")} /> <span>For everybody on this server</span></label>`}
      ${problem && html`<${Refused} problem=${problem} title="Not kept" />`}
      <div class="form-actions"><button type="submit" class="button" disabled=${busy || !fields.host || !fields.scheme || !fields.value}><${Icon} name="key-round" /> Keep it</button></div>
    </form></details>
  </section>`;
}
