import { html } from "./view.js";

const sprite = document.querySelector('meta[name="sprite"]')?.content ?? "";

/** A Lucide icon, decorative: the control that carries it has the name. */
export function Icon({ name, spin = false }) {
  return html`<svg class=${spin ? "icon spin" : "icon"} aria-hidden="true"><use href=${`${sprite}#${name}`} /></svg>`;
}
