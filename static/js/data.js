// Your data works without script; this says that the archive is being packed, and when it is not.
import { toast } from "./ui/toast.js";

const form = document.getElementById("download-data");
const button = form.querySelector("button");
const label = button.querySelector("[data-busy]");
const status = form.querySelector("[role=status]");
const said = label.textContent;

function busy(now) {
  button.disabled = now;
  label.textContent = now ? label.dataset.busy : said;
  status.textContent = now ? "Packing your data" : "";
}

/** Hand the file to the person under the name that the server gave it. */
function save(blob, disposition) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = /filename="([^"]+)"/.exec(disposition ?? "")?.[1] ?? "handywriterz.zip";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
}

/** What the page that came instead of the file says of it. */
function reasonIn(page) {
  const alert = new DOMParser().parseFromString(page, "text/html").querySelector("#main [role=alert]");
  return alert?.textContent.trim() || "The server could not make it just now. Try again in a moment.";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  busy(true);
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields });
    const disposition = answer.headers.get("Content-Disposition");
    if (answer.ok && disposition) save(await answer.blob(), disposition);
    else if (answer.redirected) location.assign(answer.url); // signed out meanwhile
    else toast(reasonIn(await answer.text()), { title: "Not downloaded", kind: "bad" });
  } catch {
    toast("The connection was lost on the way. Try again.", { title: "Not downloaded", kind: "bad" });
  } finally {
    busy(false);
  }
});
