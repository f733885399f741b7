// The browser's own notifications, for those who asked for them in this browser.

const WANTED = "hw-browser-notices"; // "on" where somebody asked for them
const LATEST = "hw-browser-notices-latest"; // created_at of the newest one that any tab has shown

const supported = () => "Notification" in window;

export const wanted = () => supported() && Notification.permission === "granted" && stored(WANTED) === "on";

function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is blocked: nothing is remembered
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // storage is blocked: the choice lasts for this page
  }
}

/** "on", "off", "denied" by the browser, or "unsupported". */
export function browserNotices() {
  if (!supported()) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return wanted() ? "on" : "off";
}

/** Ask the browser, which only may be done because somebody clicked. */
export async function turnOn() {
  if (!supported() || (await Notification.requestPermission()) !== "granted") return;
  keep(WANTED, "on");
  keep(LATEST, new Date().toISOString());
}

export const turnOff = () => keep(WANTED, "off");

/** Show what is new of `items` while another page is in front: in one of the open tabs, once. */
export async function showOutside(items) {
  if (!wanted() || document.visibilityState === "visible") return;
  const show = () => {
    const since = stored(LATEST) ?? "";
    const fresh = items.filter((item) => !item.read_at && new Date(item.created_at) > new Date(since || 0)).reverse();
    if (!fresh.length) return;
    keep(LATEST, fresh.at(-1).created_at);
    for (const item of fresh) {
      const shown = new Notification(item.title || "HandyWriterz", { body: item.text, tag: item.id });
      shown.onclick = () => {
        window.focus();
        if (item.url) location.assign(item.url);
      };
    }
  };
  if (navigator.locks) await navigator.locks.request(WANTED, show);
  else show();
}
