// What a similarity report calls things, for people.
import { count } from "../lib/format.js";

/** [name, what is missing] in the order in which a report lists them. */
export const GROUPS = {
  not_cited_or_quoted: ["Not cited or quoted", "The same words, with neither quotation marks nor the source."],
  missing_quotation: ["Cited, quotation marks missing", "The source is named, but the words are its own."],
  missing_citation: ["Quoted, citation missing", "Between quotation marks, but the source is not named."],
  cited_and_quoted: ["Cited and quoted", "As it should be."],
};

export const KINDS = {
  verbatim: "word for word",
  light: "lightly edited",
  paraphrase: "possible paraphrase",
};

export const WHERE = {
  run_source: "Source of this run",
  library: "Your library",
  earlier_document: "Your earlier document",
};

export const COLOURS = 6;

/** The same number has the same colour; the number itself tells more than six apart. */
export const colourOf = (number) => ((number - 1) % COLOURS) + 1;

export const percent = (value) => `${value < 0.05 && value > 0 ? "<\u202f0.1" : value.toFixed(1)}\u202f%`;

/** What the choice leaves out, as a sentence. */
export function leftOut(choices) {
  const parts = [
    choices.quotes && "what is quoted and cited",
    choices.bibliography && "lists of references",
    choices.phrases && "common phrases",
    choices.small > 0 && `matches of fewer than ${count(choices.small)} words`,
    choices.groups.length > 0 && (choices.groups.length === 1 ? `“${GROUPS[choices.groups[0]][0]}”` : `${choices.groups.length} groups`),
    choices.texts.length > 0 && (choices.texts.length === 1 ? "one text" : `${choices.texts.length} texts`),
  ].filter(Boolean);
  if (!parts.length) return "Nothing is left out.";
  const last = parts.pop();
  return `Left out: ${parts.length ? `${parts.join(", ")} and ${last}` : last}.`;
}
