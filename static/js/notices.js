// The bell: what the person was told, how much of it is unread, and the browser's own notifications
// for those who want them. The server decides what is told, once for each cause.
import { html, render, useCallback, useEffect, useRef, useState } from "./lib/view.js";
import { Icon } from "./lib/icon.js";
import { ago } from "./lib/format.js";
import * as api from "./lib/api.js";
import { browserNotices, showOutside, turnOff, turnOn, wanted } from "./ui/browser_notices.js";
import { toastError } from "./ui/toast.js";

const REFRESH_MS = 10_000;
const SHOWN = 15;
const ICON = { waiting: "hand", reminder: "clock", done: "circle-check", failed: "circle-x", check: "scan-text" };

function Bell({ initial }) {
  const [items, setItems] = useState([]);
  const [unread, setUnread] = useState(initial);
  const [open, setOpen] = useState(false);
  const [loaded, setLoaded] = useState(false);
  const box = useRef(null);
  const button = useRef(null);

  const read = useCallback(async (body) => {
    try {
      const { unread: left } = await api.post("/api/v2/notifications/read", body);
      setUnread(left);
      const at = new Date().toISOString();
      setItems((now) => now.map((item) => (body.all || body.ids?.includes(item.id) ? { ...item, read_at: item.read_at ?? at } : item)));
    } catch (error) {
      if (!error.transient) toastError(error);
    }
  }, []);
  const refresh = useCallback(async () => {
    if (document.visibilityState !== "visible" && !wanted()) return;
    try {
      const found = await api.get(`/api/v2/notifications?limit=${SHOWN}`);
      setItems(found.items);
      setUnread(found.unread);
      setLoaded(true);
      showOutside(found.items);
      // What stands on the page that is looked at need not be told of besides.
      const here = found.items.filter((item) => !item.read_at && item.url === location.pathname);
      if (here.length && document.visibilityState === "visible") read({ ids: here.map((item) => item.id) });
    } catch (error) {
      if (!error.transient) throw error; // only out of date while the server is away
    }
  }, []);

  useEffect(() => {
    refresh();
    const timer = setInterval(refresh, REFRESH_MS);
    let soon = 0;
    const told = () => {
      clearTimeout(soon);
      soon = setTimeout(refresh, 400);
    };
    const seen = () => document.visibilityState === "visible" && refresh();
    window.addEventListener("hw:state", told);
    document.addEventListener("visibilitychange", seen);
    return () => {
      clearInterval(timer);
      clearTimeout(soon);
      window.removeEventListener("hw:state", told);
      document.removeEventListener("visibilitychange", seen);
    };
  }, []);
  useEffect(() => {
    const opener = document.getElementById("sidebar-open");
    if (!opener) return;
    opener.toggleAttribute("data-unread", unread > 0);
    opener.setAttribute("aria-label", unread ? `Conversations, ${unread} unread notifications` : "Conversations");
  }, [unread]);
  useEffect(() => {
    if (!open) return undefined;
    box.current.querySelector("h2").focus();
    const outside = (event) => !box.current?.contains(event.target) && !button.current?.contains(event.target) && setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    setOpen(false);
    button.current.focus();
  };

  return html`<div class="notices" onKeyDown=${onKeyDown}>
    <button type="button" ref=${button} class="icon-button" aria-expanded=${open ? "true" : "false"} aria-controls="notices-box"
      aria-label=${unread ? `Notifications, ${unread} unread` : "Notifications"} onClick=${() => {
        setOpen(!open);
        if (!open) refresh();
      }}><${Icon} name="bell" />${unread > 0 && html`<span class="notices-count" aria-hidden="true">${unread > 99 ? "99+" : unread}</span>`}</button>
    <p class="visually-hidden" role="status">${unread ? `${unread} unread notifications` : ""}</p>
    ${open && html`<section class="notices-box card" id="notices-box" ref=${box} aria-labelledby="notices-title">
      <header><h2 id="notices-title" tabindex="-1">Notifications</h2>
        ${unread > 0 && html`<button type="button" class="link-button" onClick=${() => read({ all: true })}>Mark all as read</button>`}</header>
      ${items.length
        ? html`<ol>${items.map((item) => html`<${Notice} key=${item.id} item=${item} onRead=${() => !item.read_at && read({ ids: [item.id] })} />`)}</ol>`
        : html`<p class="faint">${loaded ? "Nothing yet. You are told here when a run needs you or is done." : "Loading…"}</p>`}
      <${Outside} />
    </section>`}
  </div>`;
}

function Notice({ item, onRead }) {
  const body = html`<${Icon} name=${ICON[item.kind] ?? "info"} /><span><strong>${item.title || "HandyWriterz"}</strong><span>${item.text}</span><small>${ago(item.created_at)}${item.read_at ? "" : html`<span class="visually-hidden">, unread</span>`}</small></span>`;
  return html`<li data-unread=${item.read_at ? undefined : "true"} data-kind=${item.kind}>
    ${item.url ? html`<a href=${item.url} onClick=${onRead}>${body}</a>` : html`<button type="button" onClick=${onRead}>${body}</button>`}
  </li>`;
}

function Outside() {
  const [state, setState] = useState(browserNotices);
  const toggle = async () => {
    if (state === "on") turnOff();
    else await turnOn();
    setState(browserNotices());
  };
  return html`<footer>
    ${state === "denied" && html`<p class="faint">Your browser blocks notifications of this site. Allow them in its settings to get them here.</p>`}
    ${(state === "on" || state === "off") && html`<button type="button" class="link-button" aria-pressed=${state === "on" ? "true" : "false"} onClick=${toggle}>${state === "on" ? "Turn off in this browser" : "Turn on in this browser"}</button>`}
    <a href="/settings/#notifications">Choose what comes by mail</a></footer>`;
}

const host = document.getElementById("notices");
if (host) render(html`<${Bell} initial=${Number(host.dataset.unread) || 0} />`, host);
