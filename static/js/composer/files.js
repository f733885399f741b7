// The files that go with a request, and how far each has been read.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";
import { statusLine } from "./uploads.js";

/** One line on where a message that is sent now takes its sources from. */
export function sourcesUsed(uploads, boot, search = "auto") {
  const used = ownUsed(uploads, boot);
  if (!boot.searches.length || search === "files") return used;
  if (search === "auto") return used === NONE ? "No source yet: drop a PDF, or let it search registries" : used;
  return search === "scholarly" ? "Searches scholarly registries" : used === NONE ? "Searches outside" : `${used}, and searches outside`;
}

const NONE = "No source yet: drop a PDF";

function ownUsed(uploads, boot) {
  const { usable, unreadable } = uploads;
  if (usable) return `Uses ${plural(usable, "file")}`;
  if (uploads.ids.length) return "No source can be read yet";
  const given = boot.files?.length ?? 0; // taken out of the list here, but still the conversation's
  if (given) return `Uses the ${plural(given, "file")} of this conversation`;
  const library = boot.library_sources + uploads.added;
  if (!library) return unreadable ? "No source can be read yet" : NONE;
  return `${unreadable ? "No file of these can be used. " : ""}Uses your whole library: ${plural(library, "source")}`;
}

const FILE_ICON = { ready: "file-text", imported: "library", failed: "circle-alert", refused: "circle-alert" };

export function FileList({ uploads }) {
  return html`${uploads.summary && html`<p class="faint" role="status">${uploads.summary}</p>`}<ul class="files" aria-label="Attached files">
    ${uploads.files.map((file) => {
      const bad = file.state === "failed" || file.state === "refused";
      const busy = !bad && file.state !== "ready" && file.state !== "imported";
      return html`<li key=${file.key} class="file" data-state=${bad ? "bad" : busy ? "busy" : "ready"}>
        <${Icon} name=${FILE_ICON[file.state] ?? "loader-circle"} spin=${busy} />
        <div><span class="file-name" title=${file.name}>${file.name}</span>
          <span class="file-status" role=${bad ? "alert" : undefined}>${statusLine(file)}</span>
          ${file.state === "uploading" && html`<progress max="1" value=${file.progress} aria-label=${`Upload of ${file.name}`}></progress>`}</div>
        <button type="button" class="icon-button small" aria-label=${`Remove ${file.name}`} onClick=${() => uploads.remove(file.key)}><${Icon} name="x" /></button>
      </li>`;
    })}
  </ul>`;
}
