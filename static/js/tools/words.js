// How the page speaks of tools.
export const ADDRESS = "/api/v2/tools";

export const POLICIES = [
  ["auto", "Use it without asking"],
  ["ask", "Ask me first"],
  ["never", "Never use it"],
];

export const REPAIRS = [
  ["auto", "Use it, and tell me"],
  ["ask", "Ask me first"],
  ["never", "Make no repairs"],
];

export const REPAIR_TITLES = {
  proposed: "The agent made a repair. It waits for your yes.",
  unproven: "The agent found a repair that could not be proven here, so it cannot be used.",
  applied: "The agent repaired this tool.",
  taken_back: "A repair was taken back.",
};

/** What showed that a repair works, or why it is not used. */
export function provenOf(repair) {
  const why = repair.why && `${repair.why.replace(/\.$/, "")}.`;
  if (repair.state === "taken_back") return why.charAt(0).toUpperCase() + why.slice(1);
  if (!repair.proven) return `It was not proven${why ? `: ${why}` : "."}`;
  const answers = (count, word) => `${count} ${word} ${count === 1 ? "answer" : "answers"}`;
  return `Proven in the sandbox: ${answers(repair.recorded, "recorded")} and ${answers(repair.fresh, "new")} come out as they should.`;
}

const FAILURES = {
  auth: "the key was not accepted",
  quota: "no calls are left",
  rate_limited: "it was called too often",
  bad_input: "it refused what it was asked",
  schema_drift: "it answers otherwise than it promised",
  unavailable: "it could not answer",
  dead_host: "nobody answers there",
  too_large: "it sent more than is read",
  not_allowed: "its address may not be called",
  bug: "its wrapper has a fault",
  in_doubt: "nobody can say whether it was done",
};

export const failureOf = (code) => FAILURES[code] ?? code.replaceAll("_", " ");

const AUTHORS = { builtin: "shipped", ingest: "as it was added", agent: "repaired by a run", staff: "put back by a person" };

export const authorOf = (author) => AUTHORS[author] ?? author;

/** Learnt tools by the document or server that they came from. */
export function grouped(tools) {
  const groups = new Map();
  for (const tool of tools) {
    const key = `${tool.own} ${tool.bundle} ${tool.learnt_from}`;
    if (!groups.has(key)) groups.set(key, { key, bundle: tool.bundle, own: tool.own, from: tool.learnt_from, tools: [] });
    groups.get(key).tools.push(tool);
  }
  return [...groups.values()];
}

/** Health in a badge: [words, kind]. */
export function healthOf(tool) {
  if (tool.stopped) return ["stopped by staff", "bad"];
  if (!tool.enabled) return ["switched off", ""];
  if (tool.repair?.state === "proposed" && tool.repair.open) return ["a repair waits", "warn"];
  if (tool.policy === "never") return ["never used", ""];
  if (tool.secrets_missing.length) return ["needs a key", "warn"];
  if (tool.success_share === null) return ["not called yet", ""];
  const share = Math.round(100 * tool.success_share);
  if (share >= 90) return [share === 100 ? "works" : `works, ${share} %`, "good"];
  return [`${share} % of its latest calls worked`, share >= 50 ? "warn" : "bad"];
}

/** Arguments to begin a try with: one of each required field. */
export function exampleOf(schema) {
  const made = {};
  for (const name of schema.required ?? []) {
    const field = schema.properties?.[name] ?? {};
    const type = Array.isArray(field.type) ? field.type[0] : field.type;
    made[name] = field.const ?? field.default ?? field.enum?.[0] ?? { integer: 1, number: 1, boolean: true, array: [], object: {} }[type] ?? "";
  }
  return JSON.stringify(made, null, 2);
}
