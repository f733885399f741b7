// How the next document should be: what was chosen, what is remembered, what the API is told.
import { modelOf } from "../models/words.js";

const KEPT = "hw-composer";

export const DEFAULTS = { journey: "auto", style: "harvard", length: "", level: "", similarity: "", approve: false, model: "", search: "auto", improve: [] };
export const LASTING = ["style", "level"]; // how somebody writes; what is wanted is said anew each time

function kept() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return Object.fromEntries(LASTING.filter((name) => typeof stored[name] === "string").map((name) => [name, stored[name]]));
  } catch {
    return {};
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [name]: value }));
  } catch {
    // storage is blocked: the choice lasts for this page
  }
}

export const SEARCHES = [
  ["auto", "My sources first, then outside"],
  ["files", "Only my sources"],
  ["scholarly", "Scholarly registries"],
  ["everything", "My sources and outside, from the start"],
];

/** What the composer starts with; a conversation goes on in the style and with the model of its last request. */
export function startingOptions(lastTask) {
  const style = lastTask?.settings?.style;
  return { ...DEFAULTS, ...kept(), ...(style ? { style } : {}), model: modelOf(lastTask) };
}

/** After a message was sent: style, level and model stay, the rest is chosen for each. */
export function nextOptions(options) {
  return { ...DEFAULTS, style: options.style, level: options.level, model: options.model };
}

/** The API's settings for what was chosen. */
export function settingsOf(options) {
  const settings = { style: options.style };
  if (options.length) settings.length_words = Number(options.length);
  if (options.level) settings.level = options.level;
  if (options.similarity !== "") settings.target_similarity = Number(options.similarity);
  if (options.approve) settings.approve_plan = true;
  if (options.search !== "auto") settings.search = options.search;
  if (options.journey === "rewrite" && options.improve.length) settings.improve = options.improve;
  if (options.model) settings.models = { default: options.model };
  return settings;
}
