// What counts, kept in the address so that a reload or another tab shows the same.
import { GROUPS } from "./words.js";

export const USUAL = { quotes: true, bibliography: true, phrases: true, small: 8, hints: true, groups: [], texts: [] };
export const MOST_SMALL = 100;
export const MOST_TEXTS = 100;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SWITCHES = ["quotes", "bibliography", "phrases", "hints"];

/** A whole number that the API takes, or the usual one. */
export function small(text) {
  const value = /^\d{1,3}$/.test(text ?? "") ? Number(text) : USUAL.small;
  return Math.min(value, MOST_SMALL);
}

/** Choices of an address; what cannot be one is as usual. */
export function choicesOf(search) {
  const given = new URLSearchParams(search);
  const list = (name, known) => [...new Set((given.get(name) ?? "").split(",").filter(known))];
  const choices = { ...USUAL, small: small(given.get("small")) };
  for (const name of SWITCHES) choices[name] = given.get(name) !== "off";
  choices.groups = list("groups", (name) => Object.hasOwn(GROUPS, name));
  choices.texts = list("texts", (id) => ID.test(id)).slice(0, MOST_TEXTS);
  return choices;
}

/** The same as an address has it, with the version that it is about. */
export function searchOf(version, choices) {
  const kept = new URLSearchParams();
  if (version) kept.set("version", version);
  for (const name of SWITCHES) if (!choices[name]) kept.set(name, "off");
  if (choices.small !== USUAL.small) kept.set("small", String(choices.small));
  const lists = ["groups", "texts"].filter((name) => choices[name].length).map((name) => `${name}=${choices[name].join(",")}`);
  const said = [kept.toString(), ...lists].filter(Boolean).join("&");
  return said ? `?${said}` : "";
}

/** The same as the API takes it. */
export function queryOf(version, choices) {
  const query = new URLSearchParams({
    artifact_id: version,
    exclude_quotes: choices.quotes,
    exclude_bibliography: choices.bibliography,
    exclude_common_phrases: choices.phrases,
    small_match_words: choices.small,
    paraphrases: choices.hints,
  });
  for (const group of choices.groups) query.append("exclude_groups", group);
  for (const text of choices.texts) query.append("exclude_texts", text);
  return query.toString();
}

export const isUsual = (choices) => JSON.stringify(choices) === JSON.stringify(USUAL);

/** `list` with `one` in or out. */
export const toggled = (list, one) => (list.includes(one) ? list.filter((each) => each !== one) : [...list, one]);
