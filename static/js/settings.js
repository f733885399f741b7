// The settings page works without script; this adds the theme choice and copying a new key.
import { toast } from "./ui/toast.js";
import { browserNotices, turnOff, turnOn } from "./ui/browser_notices.js";

for (const choice of document.querySelectorAll('input[name="theme"]')) {
  choice.checked = choice.value === window.hwTheme.current();
  choice.addEventListener("change", () => window.hwTheme.choose(choice.value));
}

const outside = document.getElementById("browser-notices");
if (outside && browserNotices() !== "unsupported") {
  const button = outside.querySelector("button");
  const said = outside.querySelector('[role="status"]');
  const show = () => {
    const state = browserNotices();
    button.setAttribute("aria-pressed", String(state === "on"));
    button.querySelector("span").textContent = state === "on" ? "Turn off in this browser" : "Turn on in this browser";
    said.textContent = state === "denied" ? "Your browser blocks notifications of this site. Allow them in its settings first." : state === "on" ? "You are told while another page is in front." : "";
  };
  button.addEventListener("click", async () => {
    if (browserNotices() === "on") turnOff();
    else await turnOn(); // the browser asks only because of this click
    show();
  });
  show();
  outside.hidden = false;
}

// The sandbox may still be tried when the page is made: the same page says when it has been.
const LOOK_AGAIN_MS = 2000;
async function lookAgain() {
  const place = document.getElementById("code-state");
  if (!("checking" in place.dataset)) return;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    const now = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("code-state");
    // Filled and not exchanged: only what changes inside of it is read out.
    if (now && !("checking" in now.dataset)) {
      place.replaceChildren(...now.childNodes);
      delete place.dataset.checking;
      return;
    }
  } catch {
    // offline: the next look may succeed
  }
  setTimeout(lookAgain, LOOK_AGAIN_MS);
}
setTimeout(lookAgain, LOOK_AGAIN_MS);

document.getElementById("copy-key")?.addEventListener("click", async () => {
  const key = document.getElementById("new-key");
  try {
    await navigator.clipboard.writeText(key.value);
    toast("The key is on the clipboard.", { title: "Copied" });
  } catch {
    key.select(); // no clipboard permission: the person copies the selection
  }
});

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", async (event) => {
    if (form.dataset.confirmed) return;
    event.preventDefault();
    const { confirm } = await import("./ui/dialog.js");
    if (await confirm({ title: form.dataset.confirm, text: form.dataset.confirmText, action: form.dataset.confirmAction, danger: true })) {
      form.dataset.confirmed = "true";
      form.requestSubmit();
    }
  });
}
