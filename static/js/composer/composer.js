// Where a request is written: text, files, and how the document should be. While a run is live,
// the same box speaks to that run.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { Aim, destination } from "./aim.js";
import { FileList, sourcesUsed } from "./files.js";
import { SimulatedBadge } from "../models/badge.js";
import { choosesSimulated, ModelPill, useModels } from "./model_choice.js";
import { Improve } from "./improve.js";
import { DEFAULTS, keep, LASTING, SEARCHES } from "./options.js";
import { Refusal } from "./refusal.js";

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

/** Chosen for each document; where the row is too short for them they are under "More". */
const FOLDED_BELOW = { length: 660, level: 660, style: 430, model: 400 };
const FOLDED_BESIDE_MODEL = { length: 660, level: 760, style: 540, model: 460 }; // the model that works is named in full

/** The choices that do not fit into the one row that there is for them. */
function useFolded(bar, below) {
  const [folded, setFolded] = useState([]);
  useLayoutEffect(() => {
    const measure = () => {
      const width = bar.current?.clientWidth ?? 0;
      const names = Object.keys(below).filter((name) => width < below[name]);
      setFolded((before) => (before.join() === names.join() ? before : names));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(bar.current);
    return () => observer.disconnect();
  }, []);
  return folded;
}

function Pill({ label, value, onChange, options }) {
  return html`<label class="pill"><span class="visually-hidden">${label}</span>
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map(([key, name]) => html`<option key=${key} value=${key} selected=${key === value}>${name}</option>`)}
    </select><${Icon} name="chevron-down" /></label>`;
}

/** `live` is the run that a message can be given to, or null, beside `others`; `aim` is "steer" or "new". */
export function Composer({ boot, uploads, text, setText, options, setOptions, sending, refused, onSend, live, others, aim, onAim, stoppable, onStop, onResume, notice, input }) {
  const picker = useRef(null);
  const [more, setMore] = useState(false);
  const steering = live !== null && aim === "steer";
  // What the run asks for is on the page: until somebody turns to the composer it takes one line.
  const asked = steering && live.status === "waiting_human" && live.waitingFor?.kind === "similarity_report";
  const [turned, setTurned] = useState(false);
  useEffect(() => setTurned(false), [asked]); // the focus is still here from sending the request
  const aside = asked && !turned && !text && !refused && !notice;
  const bar = useRef(null);
  const folded = useFolded(bar, boot.models_to_choose ? FOLDED_BESIDE_MODEL : FOLDED_BELOW);
  const models = useModels(boot.models_to_choose);

  useLayoutEffect(() => {
    const element = input.current;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, window.innerHeight * 0.4)}px`;
  }, [text]);

  const set = (name) => (value) => {
    if (LASTING.includes(name)) keep(name, value);
    setOptions({ ...options, [name]: value });
  };
  const tooLong = text.length > boot.limits.message_max_chars;
  const ready = text.trim() && !sending && (steering || !uploads.uploading) && !tooLong;
  const submit = (event) => {
    event?.preventDefault();
    if (ready) onSend();
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  const chosen = (options.similarity !== "") + options.approve + (options.search !== "auto") + folded.filter((name) => options[name] !== DEFAULTS[name]).length;
  const journeys = [["auto", "Choose for me"], ...boot.journeys.map((j) => [j.name, j.title])];
  const send = steering ? "Send to the run" : "Send";
  // A draft keeps its own length, level and references.
  const choices = [
    ...(options.journey === "rewrite" ? [] : [["style", "Citation style", boot.styles], ["length", "Length", LENGTHS], ["level", "Level", LEVELS]]),
    ...(boot.models_to_choose ? [["model"]] : []),
  ];
  const pill = ([name, label, values]) => name === "model" ? html`<${ModelPill} key="model" state=${models} value=${options.model} onChange=${set("model")} />` : html`<${Pill} key=${name} label=${label} value=${options[name]} onChange=${set(name)} options=${values} />`;

  return html`<form class="composer" data-aside=${aside ? "true" : undefined} onSubmit=${submit} aria-label="Your request"
    onFocusIn=${() => setTurned(true)} onPointerDown=${() => setTurned(true)} onFocusOut=${(event) => event.currentTarget.contains(event.relatedTarget) || setTurned(false)}>
    ${live && html`<${Aim} aim=${aim} onAim=${onAim} />`}
    ${!steering && uploads.files.length > 0 && html`<${FileList} uploads=${uploads} />`}
    <label class="visually-hidden" for="request">${steering ? "What should the run change?" : "What should be written?"}</label>
    <textarea id="request" ref=${input} rows="1" value=${text}
      placeholder=${steering ? "Say what to change, e.g. “make it 500 words”" : options.journey === "rewrite" ? "Attach or paste your draft and say what should be better" : "Say what you need, and from which sources"}
      aria-describedby=${refused ? "composer-error" : undefined}
      onInput=${(event) => setText(event.target.value)} onKeyDown=${onKeyDown}></textarea>
    ${tooLong && html`<p class="error-text" role="alert">This is ${(text.length - boot.limits.message_max_chars).toLocaleString("en-GB")} characters too long. Put long material into a file and attach it.</p>`}
    ${refused && html`<${Refusal} problem=${refused} id="composer-error" />`}
    ${notice && html`<p class="composer-notice" role="status">${notice}</p>`}
    ${!steering && html`<p class="sources-used" role="status">${sourcesUsed(uploads, boot, options.search)}${choosesSimulated(models, options.model) && html` <${SimulatedBadge} />`}</p>`}
    ${!steering && options.journey === "rewrite" && html`<${Improve} value=${options.improve} hasFiles=${uploads.files.length > 0} onChange=${set("improve")} />`}
    <div class="composer-bar" ref=${bar}>
      ${!steering && html`<button type="button" class="icon-button" aria-label="Attach files" title="Attach files" onClick=${() => picker.current.click()}><${Icon} name="paperclip" /></button>`}
      <input ref=${picker} type="file" multiple hidden aria-label="Files" accept=".pdf,.docx,.pptx,.xlsx,.csv,.tsv,.epub,.odt,.rtf,.txt,.md,.markdown,.html,.htm,.bib,.ris,.json"
        onChange=${(event) => { uploads.add([...event.target.files]); event.target.value = ""; }} />
      ${steering && html`<p class="sources-used" role="status">${destination(live, others)}</p>`}
      ${!steering && html`<div class="pills">
        <${Pill} label="Journey" value=${options.journey} onChange=${set("journey")} options=${journeys} />
        ${choices.filter(([name]) => !folded.includes(name)).map(pill)}
        <button type="button" class="pill pill-button" aria-expanded=${more ? "true" : "false"} aria-controls="composer-more" onClick=${() => setMore(!more)}>
          <${Icon} name=${more ? "chevron-down" : "settings"} /> ${chosen ? `More (${chosen})` : "More"}</button>
      </div>`}
      ${steering && live.status === "paused" && !text.trim()
        ? html`<button type="button" class="send" aria-label="Go on with the paused run" title="Resume" onClick=${onResume}><${Icon} name="play" /></button>`
        : stoppable && !text.trim()
        ? html`<button type="button" class="send stop" aria-label="Stop the run" title="Stop" onClick=${onStop}><${Icon} name="square" /></button>`
        : html`<button type="submit" class="send" aria-label=${send} title=${`${send} (Enter)`} disabled=${!ready}><${Icon} name=${sending ? "loader-circle" : "arrow-up"} spin=${sending} /></button>`}
    </div>
    ${more && !steering && html`<div class="composer-more" id="composer-more">
      ${folded.length > 0 && html`<div class="pills">${choices.filter(([name]) => folded.includes(name)).map(pill)}</div>`}
      ${boot.searches.length > 0 && html`<div class="composer-search">
      <label for="where-to-look">Where to look for sources</label>
      <select id="where-to-look" class="input" value=${options.search} onChange=${(event) => set("search")(event.target.value)}>
        ${SEARCHES.filter(([key]) => boot.searches.includes(key)).map(([key, name]) => html`<option key=${key} value=${key} selected=${key === options.search}>${name}</option>`)}
      </select>
      </div>`}
      <label class="check-field"><input type="checkbox" checked=${options.approve} onChange=${(event) => set("approve")(event.target.checked)} /> Show me the plan before anything is written</label>
      <div class="composer-similarity">
      <label for="similarity">Highest similarity, per cent</label>
      <input id="similarity" class="input" type="number" min="0" max="100" step="1" inputmode="numeric" placeholder="e.g. 15" value=${options.similarity} onInput=${(event) => set("similarity")(event.target.value)} />
      <span class="faint">The run pauses before it ends and waits for your similarity report.${boot.model_configured ? "" : " Without a language model a text is mostly quotation: a low target is hardly met unless your service leaves quotations out."}</span>
      </div>
    </div>`}
  </form>`;
}
