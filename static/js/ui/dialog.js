// Questions asked in a native <dialog>: the browser traps focus and returns it.
import { html, render, useEffect, useRef, useState } from "../lib/view.js";

/** Show a dialog; `Content` is given `settle(value)`, which closes it and gives the value. */
export function open(Content) {
  const host = document.createElement("div");
  document.body.append(host);
  return new Promise((resolve) => {
    const settle = (value) => {
      render(null, host);
      host.remove();
      resolve(value);
    };
    render(html`<${Content} settle=${settle} />`, host);
  });
}

export function Dialog({ title, children, onCancel }) {
  const element = useRef(null);
  useEffect(() => {
    element.current.showModal();
  }, []);
  return html`<dialog class="dialog" ref=${element} aria-labelledby="dialog-title"
    onCancel=${(event) => { event.preventDefault(); onCancel(); }}
    onClick=${(event) => event.target === element.current && onCancel()}>
    <div class="stack"><h2 id="dialog-title">${title}</h2>${children}</div>
  </dialog>`;
}

/** Whether the person agrees. */
export function confirm({ title, text, action, danger = false }) {
  return open(({ settle }) => html`<${Dialog} title=${title} onCancel=${() => settle(false)}>
    <p>${text}</p>
    <div class="dialog-actions">
      <button type="button" class="button quiet" onClick=${() => settle(false)}>Cancel</button>
      <button type="button" class=${danger ? "button danger" : "button primary"} onClick=${() => settle(true)}>${action}</button>
    </div>
  <//>`);
}

/** The text that was typed, or null. */
export function ask({ title, label, value = "", action = "Save", maxLength = 200 }) {
  return open(({ settle }) => {
    const [text, setText] = useState(value);
    const submit = (event) => {
      event.preventDefault();
      if (text.trim()) settle(text.trim());
    };
    return html`<${Dialog} title=${title} onCancel=${() => settle(null)}>
      <form onSubmit=${submit}>
        <div class="field"><label for="dialog-input">${label}</label>
          <input id="dialog-input" autofocus maxlength=${maxLength} value=${text} onInput=${(e) => setText(e.target.value)} />
        </div>
        <div class="dialog-actions">
          <button type="button" class="button quiet" onClick=${() => settle(null)}>Cancel</button>
          <button type="submit" class="button primary" disabled=${!text.trim()}>${action}</button>
        </div>
      </form>
    <//>`;
  });
}
