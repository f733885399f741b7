// What is said of a source: where it comes from, how much was read, what registries say of it.
import { plural } from "../lib/format.js";

export const ORIGINS = {
  upload: { label: "Uploaded", icon: "upload" },
  import: { label: "Imported", icon: "file-input" },
  scholarly: { label: "Found in registries", icon: "graduation-cap" },
  web: { label: "Found on the web", icon: "globe" },
};

export const READINGS = {
  full_text: { label: "Full text", tone: "" },
  abstract: { label: "Abstract only", tone: "warn" },
  nothing: { label: "Reference only", tone: "warn" },
};

/** Of a reference. “Not found” and “not checked” are different things. */
export const REFERENCES = {
  verified: { label: "Verified", tone: "good", icon: "badge-check", text: "Registries describe it the same way." },
  mismatch: { label: "Differs from registries", tone: "bad", icon: "triangle-alert", text: "Registries know the work and describe it otherwise. Compare the fields and correct what is wrong." },
  not_found: { label: "Not in any registry", tone: "bad", icon: "circle-x", text: "Registries answered, and none knows such a work. Check title, authors and DOI, or whether it was ever published." },
  unreachable: { label: "Reference not checked", tone: "warn", icon: "wifi-off", text: "No registry answered. They are asked again with the next document." },
};

export const RETRACTED = { label: "Retracted", tone: "bad", icon: "circle-slash", text: "This work has been retracted. Do not rest a claim on it." };

/** The mark of a reference, or null while nobody has asked. */
export const markOf = (source) => (source.retracted ? RETRACTED : (REFERENCES[source.verification] ?? null));

export const SETTLED = new Set(["ready", "failed"]);

/** How far reading has come, in words. */
export function statusOf(source) {
  const { status, pages, pages_read: read, passages_count: all, embedded_count: done } = source;
  if (status === "queued") return "Waiting to be read";
  if (status === "parsing") return pages && read ? `Reading page ${read} of ${pages}` : "Reading the pages";
  if (status === "embedding") return all ? `Indexing passage ${done} of ${all}` : "Indexing";
  if (status === "failed") return "Could not be read";
  return "Ready";
}

/** What was read, for a source that is ready. */
export function extentOf(source) {
  const parts = [source.pages ? plural(source.pages, "page") : "", source.passages_count ? plural(source.passages_count, "passage") : ""];
  return parts.filter(Boolean).join(", ");
}

export const TYPES = [
  ["article-journal", "Journal article"],
  ["paper-conference", "Conference paper"],
  ["article", "Preprint or other article"],
  ["book", "Book"],
  ["chapter", "Chapter in a book"],
  ["thesis", "Thesis"],
  ["report", "Report"],
  ["webpage", "Web page"],
  ["post-weblog", "Blog post"],
  ["article-newspaper", "Newspaper article"],
  ["article-magazine", "Magazine article"],
  ["dataset", "Data set"],
  ["software", "Software"],
  ["standard", "Standard"],
  ["patent", "Patent"],
  ["legislation", "Legislation"],
  ["legal_case", "Legal case"],
  ["interview", "Interview"],
  ["motion_picture", "Film"],
  ["manuscript", "Manuscript"],
  ["entry-encyclopedia", "Encyclopedia entry"],
  ["document", "Something else"],
];
