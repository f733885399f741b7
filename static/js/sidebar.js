// The list of conversations: which one runs, which one needs you; rename and delete.
import { bootData, html, render, useCallback, useEffect, useRef, useState } from "./lib/view.js";
import { Icon } from "./lib/icon.js";
import * as api from "./lib/api.js";
import { continued, renewed } from "./lib/pages.js";
import { Menu } from "./ui/menu.js";
import { ask, confirm } from "./ui/dialog.js";
import { toastError } from "./ui/toast.js";

const REFRESH_MS = 5000;
const ADDRESS = "/api/conversations?limit=50";
const STATE = {
  running: "running",
  needs_you: "needs you",
  paused: "paused",
  failed: "failed",
  done: "done",
};

const STATE_OF_STATUS = {
  queued: "running",
  running: "running",
  waiting_human: "needs_you",
  paused: "paused",
  failed: "failed",
  succeeded: "done",
  cancelled: "done",
};

const current = document.body.dataset.conversation ?? "";

/** The most recently used one stands first. */
const isBehind = (row, last) => Date.parse(row.updated_at) <= Date.parse(last.updated_at);

function Conversations({ initial, more }) {
  const [list, setList] = useState({ rows: initial, cursor: more });
  const changes = useRef(0);
  const asking = useRef(false);
  const { rows, cursor } = list;

  const change = useCallback((update) => {
    changes.current += 1;
    setList(update);
  }, []);
  const changeRow = (id, changed) => change((now) => ({ ...now, rows: now.rows.map((row) => (row.id === id ? { ...row, ...changed } : row)) }));

  useEffect(() => {
    const refresh = async () => {
      if (document.visibilityState !== "visible") return;
      const before = changes.current;
      try {
        const page = await api.get(ADDRESS);
        // What was changed since it was asked for, it does not know yet.
        if (before === changes.current) change((now) => renewed(now, page, isBehind));
      } catch (error) {
        if (!error.transient) throw error; // the list is only out of date while the server is away
      }
    };
    const timer = setInterval(refresh, REFRESH_MS);
    const told = ({ detail }) => {
      changeRow(detail.id, { state: STATE_OF_STATUS[detail.status] });
    };
    const named = ({ detail }) => changeRow(detail.id, { title: detail.title });
    window.addEventListener("hw:state", told);
    window.addEventListener("hw:title", named);
    return () => {
      clearInterval(timer);
      window.removeEventListener("hw:state", told);
      window.removeEventListener("hw:title", named);
    };
  }, []);

  const rename = async (row) => {
    const title = await ask({ title: "Rename the conversation", label: "Name", value: row.title });
    if (!title) return;
    try {
      await api.patch(`/api/conversations/${row.id}`, { title });
      changeRow(row.id, { title });
      if (row.id === current) document.title = `${title} · HandyWriterz`;
    } catch (error) {
      toastError(error);
    }
  };
  const drop = async (row) => {
    const sure = await confirm({
      title: "Delete this conversation?",
      text: `“${row.title}” and its messages are removed. Whatever still runs in it is stopped. Your files stay in the library.`,
      action: "Delete",
      danger: true,
    });
    if (!sure) return;
    try {
      await api.remove(`/api/conversations/${row.id}`);
      if (row.id === current) location.assign("/");
      else change((now) => ({ ...now, rows: now.rows.filter((other) => other.id !== row.id) }));
    } catch (error) {
      toastError(error);
    }
  };
  const loadMore = async () => {
    if (asking.current) return;
    asking.current = true;
    try {
      const page = await api.get(`${ADDRESS}&cursor=${encodeURIComponent(cursor)}`);
      change((now) => continued(now, page));
    } catch (error) {
      toastError(error);
    } finally {
      asking.current = false;
    }
  };

  if (!rows.length) return html`<p class="sidebar-empty">Your conversations will be listed here.</p>`;
  return html`<ul class="conversation-list">
      ${rows.map(
        (row) => html`<li key=${row.id} data-state=${row.state}>
          <a href=${`/c/${row.id}/`} aria-current=${row.id === current ? "page" : undefined} title=${row.title}>
            <span class="state-dot" data-state=${row.state}></span>
            <span class="conversation-title">${row.title || "New conversation"}</span>
            ${STATE[row.state] && html`<span class=${row.state === "done" ? "visually-hidden" : "state-word"}>${STATE[row.state]}</span>`}
          </a>
          <${Menu} label=${`Options for ${row.title}`} buttonClass="icon-button small" button=${html`<${Icon} name="ellipsis" />`}
            items=${[
              { label: "Rename", icon: html`<${Icon} name="pencil" />`, action: () => rename(row) },
              { label: "Delete", icon: html`<${Icon} name="trash-2" />`, danger: true, action: () => drop(row) },
            ]} />
        </li>`,
      )}
    </ul>
    ${cursor && html`<button type="button" class="button quiet" onClick=${loadMore}>Older conversations</button>`}`;
}

const host = document.getElementById("conversations");
if (host) {
  const { items, next_cursor: more } = bootData("sidebar-boot");
  host.replaceChildren();
  render(html`<${Conversations} initial=${items} more=${more} />`, host);
}

// -- the drawer of narrow screens
const drawer = document.getElementById("sidebar");
const opener = document.getElementById("sidebar-open");
const scrim = document.getElementById("sidebar-scrim");

function setDrawer(open) {
  document.body.dataset.sidebar = open ? "open" : "closed";
  opener?.setAttribute("aria-expanded", String(open));
  if (open) drawer.querySelector("a, button")?.focus();
  else opener?.focus();
}

opener?.addEventListener("click", () => setDrawer(document.body.dataset.sidebar !== "open"));
document.getElementById("sidebar-close")?.addEventListener("click", () => setDrawer(false));
scrim?.addEventListener("click", () => setDrawer(false));
drawer?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.dataset.sidebar === "open") setDrawer(false);
});

// -- the account menu
const account = document.getElementById("account-menu");
if (account) {
  const { email, staff, csrf } = account.dataset;
  const leave = () => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = "/accounts/logout/";
    const token = document.createElement("input");
    token.type = "hidden";
    token.name = "csrfmiddlewaretoken";
    token.value = csrf || api.csrfToken();
    form.append(token);
    document.body.append(form);
    form.submit();
  };
  const Account = () => {
    const [theme, setTheme] = useState(window.hwTheme.current());
    const choose = (next) => () => {
      window.hwTheme.choose(next);
      setTheme(next);
    };
    const themed = (name, label, icon) => ({ label, icon: html`<${Icon} name=${icon} />`, hint: theme === name ? "✓" : "", action: choose(name) });
    return html`<${Menu} label=${`Account of ${email}`} placement="up left" buttonClass="account-button"
      button=${html`<span class="avatar" aria-hidden="true">${email[0]?.toUpperCase()}</span><span class="account-email">${email}</span><${Icon} name="ellipsis" />`}
      items=${[
        { label: "Settings", icon: html`<${Icon} name="settings" />`, href: "/settings/" },
        { label: "Models", icon: html`<${Icon} name="cpu" />`, href: "/settings/models/" },
        { label: "Security", icon: html`<${Icon} name="shield" />`, href: "/accounts/2fa/" },
        ...(staff === "true" ? [{ label: "Administration", icon: html`<${Icon} name="gauge" />`, href: "/admin/" }] : []),
        "-",
        themed("system", "System theme", "monitor"),
        themed("light", "Light", "sun"),
        themed("dark", "Dark", "moon"),
        "-",
        { label: "Sign out", icon: html`<${Icon} name="log-out" />`, action: leave },
      ]} />`;
  };
  account.replaceChildren();
  render(html`<${Account} />`, account);
}
