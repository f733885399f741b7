// The writing steps of a plan as rows that a person edits. Pure.

let made = 0;

/** One row per part of the document, in reading order; the frame (introduction, conclusion) keeps its place. */
export function rowsOf(plan) {
  const rows = (plan?.steps ?? []).filter((step) => step.kind === "write").map((step) => ({
    key: step.id,
    id: step.id,
    title: step.input?.heading || step.title.replace(/^Write:? /, ""),
    words: step.input?.words ? String(step.input.words) : "",
    focus: step.input?.focus ?? "",
    place: PLACE[step.input?.role] ?? "body",
  }));
  return ["first", "body", "answer", "last"].flatMap((place) => rows.filter((row) => row.place === place));
}

const PLACE = { introduction: "first", answer: "answer", conclusion: "last" };

/** The rows with the one of `key` moved by `by` places, never past the frame. */
export function moved(rows, key, by) {
  const from = rows.findIndex((row) => row.key === key);
  return movedTo(rows, key, from + by);
}

export function movedTo(rows, key, to) {
  const from = rows.findIndex((row) => row.key === key);
  if (from === to || rows[from]?.place !== "body" || rows[to]?.place !== "body") return rows;
  const next = rows.filter((row) => row.key !== key);
  next.splice(to, 0, rows[from]);
  return next;
}

export function changed(rows, key, change) {
  return rows.map((row) => (row.key === key ? { ...row, ...change } : row));
}

export function removed(rows, key) {
  return rows.filter((row) => row.key !== key);
}

/** A new part goes behind the others, before the conclusion, with what parts have on average. */
export function added(rows) {
  made += 1;
  const body = rows.filter((row) => row.place === "body");
  const words = body.length ? String(Math.round(totalWords(body) / body.length)) : "";
  const row = { key: `new-${made}`, title: "", words, focus: "", place: "body" };
  const at = rows.findLastIndex((other) => other.place !== "last") + 1;
  return [...rows.slice(0, at), row, ...rows.slice(at)];
}

export function totalWords(rows) {
  return rows.reduce((sum, row) => sum + (Number(row.words) || 0), 0);
}

/** What the API is told. A row whose step the plan no longer has is a new one. */
export function stepsOf(rows, plan) {
  const known = new Set((plan?.steps ?? []).map((step) => step.id));
  return rows.map(({ id, title, words, focus }) => ({
    ...(id && known.has(id) ? { id } : {}),
    title: title.trim(),
    ...(words ? { words: Number(words) } : {}),
    ...(focus.trim() ? { focus: focus.trim() } : {}),
  }));
}

export function same(rows, others) {
  const bare = (list) => JSON.stringify(list.map(({ id, title, words, focus }) => [id, title.trim(), words, focus.trim()]));
  return bare(rows) === bare(others);
}

/** What has to be mended before the rows can be a plan, by row key. */
export function faults(rows) {
  const found = {};
  for (const row of rows) {
    if (!row.title.trim()) found[row.key] = "Give this part a title.";
    else if (row.words !== "" && !(Number(row.words) >= 1 && Number.isInteger(Number(row.words)))) found[row.key] = "Words must be a whole number from 1.";
  }
  return found;
}

/** The rows in words, for a message to the run. */
export function inWords(rows) {
  return `Use this outline: ${rows.map((row, n) => `${n + 1}. ${row.title.trim()}${row.words ? ` (${row.words} words)` : ""}`).join("; ")}.`;
}
