// Where a request is written: text, files, and how the document should be.
import { html, useLayoutEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { plural } from "../lib/format.js";
import { statusLine } from "./uploads.js";

const LEVELS = [
  ["", "Any level"],
  ["secondary school", "Secondary school"],
  ["undergraduate", "Undergraduate"],
  ["master's", "Master's"],
  ["doctoral", "Doctoral"],
  ["professional", "Professional"],
];
const LENGTHS = [
  ["", "Usual length"],
  ["300", "300 words"],
  ["600", "600 words"],
  ["900", "900 words"],
  ["1200", "1,200 words"],
  ["1500", "1,500 words"],
  ["2000", "2,000 words"],
  ["3000", "3,000 words"],
  ["5000", "5,000 words"],
];
const KEPT = "hw-composer";

export const DEFAULTS = { journey: "auto", style: "harvard", length: "", level: "", similarity: "", approve: false };
const LASTING = ["style", "level"]; // how somebody writes; what is wanted is said anew each time

function kept() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return Object.fromEntries(LASTING.filter((name) => typeof stored[name] === "string").map((name) => [name, stored[name]]));
  } catch {
    return {};
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [name]: value }));
  } catch {
    // storage is blocked: the choice lasts for this page
  }
}

/** What the composer starts with; a conversation goes on in the style of its last request. */
export function startingOptions(lastTask) {
  const style = lastTask?.settings?.style;
  return { ...DEFAULTS, ...kept(), ...(style ? { style } : {}) };
}

/** After a message was sent: style and level stay, the rest is chosen for each. */
export function nextOptions(options) {
  return { ...DEFAULTS, style: options.style, level: options.level };
}

/** The API's settings for what was chosen. */
export function settingsOf(options) {
  const settings = { style: options.style };
  if (options.length) settings.length_words = Number(options.length);
  if (options.level) settings.level = options.level;
  if (options.similarity !== "") settings.target_similarity = Number(options.similarity);
  if (options.approve) settings.approve_plan = true;
  return settings;
}

function Pill({ label, value, onChange, options }) {
  return html`<label class="pill"><span class="visually-hidden">${label}</span>
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map(([key, name]) => html`<option key=${key} value=${key} selected=${key === value}>${name}</option>`)}
    </select><${Icon} name="chevron-down" /></label>`;
}

export function Composer({ boot, uploads, text, setText, options, setOptions, sending, error, onSend, running, onStop, input }) {
  const field = input ?? useRef(null);
  const picker = useRef(null);
  const [more, setMore] = useState(false);

  useLayoutEffect(() => {
    const element = field.current;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, window.innerHeight * 0.4)}px`;
  }, [text]);

  const set = (name) => (value) => {
    if (LASTING.includes(name)) keep(name, value);
    setOptions({ ...options, [name]: value });
  };
  const tooLong = text.length > boot.limits.message_max_chars;
  const ready = text.trim() && !sending && !uploads.uploading && !tooLong;
  const submit = (event) => {
    event?.preventDefault();
    if (ready) onSend();
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  const chosen = (options.similarity !== "") + options.approve;
  const journeys = [["auto", "Choose for me"], ...boot.journeys.map((j) => [j.name, j.title])];

  return html`<form class="composer" onSubmit=${submit} aria-label="Your request">
    ${uploads.files.length > 0 && html`<${FileList} uploads=${uploads} />`}
    <label class="visually-hidden" for="request">What should be written?</label>
    <textarea id="request" ref=${field} rows="1" value=${text} placeholder="Say what you need, and from which sources"
      aria-describedby=${error ? "composer-error" : undefined}
      onInput=${(event) => setText(event.target.value)} onKeyDown=${onKeyDown}></textarea>
    ${tooLong && html`<p class="error-text" role="alert">This is ${(text.length - boot.limits.message_max_chars).toLocaleString("en-GB")} characters too long. Put long material into a file and attach it.</p>`}
    ${error && html`<p class="error-text" id="composer-error" role="alert">${error}</p>`}
    <p class="sources-used" role="status">${sourcesUsed(uploads, boot)}</p>
    <div class="composer-bar">
      <button type="button" class="icon-button" aria-label="Attach files" title="Attach files" onClick=${() => picker.current.click()}><${Icon} name="paperclip" /></button>
      <input ref=${picker} type="file" multiple hidden aria-label="Files" accept=".pdf,.docx,.txt,.md,.markdown,.html,.htm"
        onChange=${(event) => { uploads.add([...event.target.files]); event.target.value = ""; }} />
      <div class="pills">
        <${Pill} label="Journey" value=${options.journey} onChange=${set("journey")} options=${journeys} />
        <${Pill} label="Citation style" value=${options.style} onChange=${set("style")} options=${boot.styles} />
        <${Pill} label="Length" value=${options.length} onChange=${set("length")} options=${LENGTHS} />
        <${Pill} label="Level" value=${options.level} onChange=${set("level")} options=${LEVELS} />
        <button type="button" class="pill pill-button" aria-expanded=${more ? "true" : "false"} aria-controls="composer-more" onClick=${() => setMore(!more)}>
          <${Icon} name=${more ? "chevron-down" : "settings"} /> ${chosen ? `More (${chosen})` : "More"}</button>
      </div>
      ${running && !text.trim()
        ? html`<button type="button" class="send stop" aria-label="Stop the run" title="Stop" onClick=${onStop}><${Icon} name="square" /></button>`
        : html`<button type="submit" class="send" aria-label="Send" title="Send (Enter)" disabled=${!ready}><${Icon} name=${sending ? "loader-circle" : "arrow-up"} spin=${sending} /></button>`}
    </div>
    ${more && html`<div class="composer-more" id="composer-more">
      <label class="check-field"><input type="checkbox" checked=${options.approve} onChange=${(event) => set("approve")(event.target.checked)} /> Show me the plan before anything is written</label>
      <div class="composer-similarity">
      <label for="similarity">Highest similarity, per cent</label>
      <input id="similarity" class="input" type="number" min="0" max="100" step="1" inputmode="numeric" placeholder="e.g. 15" value=${options.similarity} onInput=${(event) => set("similarity")(event.target.value)} />
      <span class="faint">The run pauses before it ends and waits for your similarity report.</span>
      </div>
    </div>`}
  </form>`;
}

/** One line on where a message that is sent now takes its sources from. */
function sourcesUsed(uploads, boot) {
  const { usable, unreadable } = uploads;
  if (usable) return `Uses ${plural(usable, "file")}`;
  if (uploads.ids.length) return "No source can be read yet";
  const given = boot.files?.length ?? 0; // taken out of the list here, but still the conversation's
  if (given) return `Uses the ${plural(given, "file")} of this conversation`;
  const library = boot.library_sources + uploads.added;
  if (!library) return "No source can be read yet";
  return `${unreadable ? "No file of these can be used. " : ""}Uses your whole library: ${plural(library, "source")}`;
}

const FILE_ICON = { ready: "file-text", failed: "circle-alert", refused: "circle-alert" };

function FileList({ uploads }) {
  return html`<ul class="files" aria-label="Attached files">
    ${uploads.files.map((file) => {
      const bad = file.state === "failed" || file.state === "refused";
      const busy = !bad && file.state !== "ready";
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
