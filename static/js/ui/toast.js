// Short messages that concern no single place on the page.
import { html, render } from "../lib/view.js";
import { Icon } from "../lib/icon.js";

const shown = [];
let host = null;

function draw() {
  if (!host) {
    host = document.createElement("div");
    host.className = "toasts";
    host.setAttribute("role", "status");
    document.body.append(host);
  }
  render(
    html`${shown.map(
      (toast) => html`<div key=${toast.id} class=${`notice ${toast.kind}`}>
        <${Icon} name=${toast.kind === "bad" ? "circle-alert" : "circle-check"} />
        <div>${toast.title && html`<strong>${toast.title}</strong>`}<span>${toast.text}</span></div>
        <button type="button" class="icon-button small" aria-label="Dismiss" onClick=${() => dismiss(toast.id)}><${Icon} name="x" /></button>
      </div>`,
    )}`,
    host,
  );
}

let last = 0;

function dismiss(id) {
  const index = shown.findIndex((toast) => toast.id === id);
  if (index >= 0) shown.splice(index, 1);
  draw();
}

export function toast(text, { title = "", kind = "good" } = {}) {
  last += 1;
  const id = last;
  shown.push({ id, text, title, kind });
  draw();
  setTimeout(() => dismiss(id), kind === "bad" ? 12000 : 5000);
}

export function toastError(error) {
  toast(error.message, { title: error.title, kind: "bad" });
}
