// A button that opens a menu: arrow keys move, Escape closes, focus returns to the button.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../lib/view.js";

export function Menu({ label, button, buttonClass = "button", placement = "", items, disabled = false }) {
  const [open, setOpen] = useState(false);
  const anchor = useRef(null);
  const trigger = useRef(null);
  const id = useId();

  // Before the browser paints: a key pressed right after belongs to the menu.
  useLayoutEffect(() => {
    if (open) anchor.current.querySelector('[role="menuitem"]')?.focus();
  }, [open]);

  useEffect(() => {
    if (!open) return undefined;
    const outside = (event) => {
      if (!anchor.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const close = () => {
    setOpen(false);
    trigger.current?.focus();
  };
  const onKeyDown = (event) => {
    if (!open) return;
    const entries = [...anchor.current.querySelectorAll('[role="menuitem"]')];
    const index = entries.indexOf(document.activeElement);
    const go = (to) => {
      event.preventDefault();
      entries[(to + entries.length) % entries.length]?.focus();
    };
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "ArrowDown") go(index + 1);
    else if (event.key === "ArrowUp") go(index - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(entries.length - 1);
    else if (event.key === "Tab") setOpen(false);
  };
  const entry = (item) => {
    if (item === "-") return html`<hr role="separator" />`;
    const choose = () => {
      close();
      item.action?.();
    };
    const content = html`${item.icon}<span>${item.label}</span>${item.hint && html`<small>${item.hint}</small>`}`;
    return item.href
      ? html`<a role="menuitem" tabindex="-1" href=${item.href} download=${item.download} onClick=${() => setOpen(false)}>${content}</a>`
      : html`<button role="menuitem" tabindex="-1" type="button" class=${item.danger ? "danger" : ""} onClick=${choose}>${content}</button>`;
  };

  return html`<div class="menu-anchor" ref=${anchor} onKeyDown=${onKeyDown}>
    <button type="button" ref=${trigger} class=${buttonClass} disabled=${disabled} aria-label=${label}
      aria-haspopup="menu" aria-expanded=${open ? "true" : "false"} aria-controls=${id}
      onClick=${() => setOpen(!open)}>${button}</button>
    ${open && html`<div id=${id} class=${`menu ${placement}`} role="menu" aria-label=${label}>${items.map(entry)}</div>`}
  </div>`;
}
