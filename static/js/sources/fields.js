// Which fields a kind of work has, and how they travel between the form and CSL-JSON.

const places = {
  chapter: "Book",
  "paper-conference": "Proceedings or conference",
  webpage: "Website",
  "post-weblog": "Blog",
  "article-newspaper": "Newspaper",
  "article-magazine": "Magazine",
  "entry-encyclopedia": "Encyclopedia",
};

export const FIELDS = {
  title: { label: "Title", wide: true },
  year: { label: "Year", inputmode: "numeric", placeholder: "e.g. 2019" },
  date: { label: "Month and day", placeholder: "e.g. 5 or 5-14" },
  "container-title": { label: (type) => places[type] ?? "Journal", wide: true },
  volume: { label: "Volume" },
  issue: { label: "Issue" },
  page: { label: "Pages", placeholder: "e.g. 120–131" },
  number: { label: "Number" },
  edition: { label: "Edition" },
  genre: { label: "Kind", placeholder: "e.g. PhD thesis" },
  publisher: { label: (type) => (type === "thesis" ? "University" : type === "report" ? "Institution" : "Publisher") },
  "publisher-place": { label: "Place" },
  DOI: { label: "DOI", placeholder: "10.…", spellcheck: false },
  URL: { label: "Address (URL)", type: "url", placeholder: "https://…", wide: true },
};

const OF_KIND = {
  "article-journal": ["container-title", "volume", "issue", "page"],
  article: ["container-title", "number", "publisher"],
  "paper-conference": ["container-title", "page", "publisher", "publisher-place"],
  book: ["edition", "volume", "publisher", "publisher-place"],
  chapter: ["container-title", "page", "edition", "publisher", "publisher-place"],
  thesis: ["genre", "publisher", "publisher-place"],
  report: ["genre", "number", "publisher", "publisher-place"],
  webpage: ["container-title"],
  "post-weblog": ["container-title"],
  "article-newspaper": ["container-title", "page"],
  "article-magazine": ["container-title", "volume", "issue", "page"],
  "entry-encyclopedia": ["container-title", "page", "publisher", "publisher-place"],
};
const OTHERS = ["container-title", "volume", "issue", "page", "publisher", "publisher-place"];

/** Fields of the form for a kind of work, in order; title and authors stand above them. */
export const fieldsOf = (type) => ["year", "date", ...(OF_KIND[type] ?? OTHERS), "DOI", "URL"];

const TEXTS = Object.keys(FIELDS).filter((name) => name !== "year" && name !== "date");

/** The form's values; with `partial` only those that `csl` names. */
export function formOf(csl, partial = false) {
  const [year, month, day] = csl.issued?.["date-parts"]?.[0] ?? [];
  const form = {
    type: csl.type ?? "document",
    author: (csl.author ?? []).map((name) => ({ ...name, org: !name.family && Boolean(name.literal) })),
    year: String(year ?? csl.issued?.literal ?? ""),
    date: [month, day].filter(Boolean).join("-"),
  };
  for (const name of TEXTS) form[name] = String(csl[name] ?? "");
  if (!partial) return form;
  const named = { type: csl.type, author: csl.author, year: csl.issued, date: csl.issued };
  return Object.fromEntries(Object.entries(form).filter(([name]) => (name in named ? named[name] : csl[name]) !== undefined));
}

/** The CSL-JSON fields in which `form` differs from `before`; null where one was emptied. */
export function changesOf(form, before) {
  const changes = {};
  const differs = (name) => JSON.stringify(form[name]) !== JSON.stringify(before[name]);
  if (differs("type")) changes.type = form.type;
  if (differs("author")) changes.author = form.author.map(nameOf).filter((name) => Object.keys(name).length);
  if (differs("year") || differs("date")) changes.issued = issuedOf(form);
  for (const name of TEXTS) if (differs(name)) changes[name] = form[name].trim() || null;
  if (changes.author?.length === 0) changes.author = null;
  return changes;
}

/** `form` once `before`, which it began with, has become `after`: what was typed stays. */
export function caughtUp(form, before, after) {
  const untouched = (name) => JSON.stringify(form[name]) === JSON.stringify(before[name]);
  return Object.fromEntries(Object.keys(after).map((name) => [name, untouched(name) ? after[name] : form[name]]));
}

export const sameForm = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function nameOf({ org, family = "", given = "", literal = "", ...more }) {
  if (org) return literal.trim() ? { literal: literal.trim() } : {};
  const name = { ...more, family: family.trim(), given: given.trim() };
  return Object.fromEntries(Object.entries(name).filter(([, value]) => value));
}

function issuedOf({ year, date }) {
  if (!year.trim()) return null;
  const parts = [year.trim(), ...date.split(/[-/. ]+/)].filter(Boolean).map((part) => (/^-?\d+$/.test(part) ? Number(part) : part));
  return { "date-parts": [parts] };
}
