// What is known of models and connections, in words.
import { ago, count, duration } from "../lib/format.js";

/** The choice of no model: rules only. */
export const RULES = "none";

export const chainOf = (choice) => (choice ?? "").split(",").map((model) => model.trim()).filter(Boolean);

/** The choice that a task was given for all its work; "" where it was given none. */
export const modelOf = (task) => chainOf(task?.settings?.models?.default).join(", ");

/** {connection, name} of a model string. */
export function partsOf(model) {
  const colon = model.indexOf(":");
  return colon < 0 ? { connection: "", name: model } : { connection: model.slice(0, colon), name: model.slice(colon + 1) };
}

export const nameOf = (model) => (model === RULES ? "Rules only" : partsOf(model).name);

const money = (value) => `$${value < 0.1 ? value.toFixed(3).replace(/0$/, "") : value.toFixed(2)}`;

/** Per million tokens. `unknown` is what is counted where nobody knows the price. */
export function priceOf(facts, unknown) {
  if (facts.simulated) return `Free, though a budget counts it as if a million tokens cost $${count(unknown)}`;
  if (facts.price_known && facts.usd_per_mtok_input !== null && facts.usd_per_mtok_output !== null) {
    if (!facts.usd_per_mtok_input && !facts.usd_per_mtok_output) return "Costs nothing";
    return `${money(facts.usd_per_mtok_input)} read, ${money(facts.usd_per_mtok_output)} written, per million tokens`;
  }
  return `Price unknown: counted as $${count(unknown)} per million tokens`;
}

const WORDS_PER_TOKEN = 0.75; // of English prose, roughly

/** How much a model reads at once, as people count. */
export const wordsOf = (tokens) => (tokens ? `about ${count(Number((tokens * WORDS_PER_TOKEN).toPrecision(2)))} words (${count(tokens)} tokens)` : "");

export function schemasOf(structured) {
  if (structured === true) return "Fills in a form, as plans and verdicts need";
  if (structured === false) return "Does not fill in a form: plans and verdicts are asked for in words and put in order here";
  return "";
}

/** Everything known of a model in a few phrases. */
export function factsOf(facts, unknown) {
  return [facts.context_tokens && `Reads ${wordsOf(facts.context_tokens)} at once`, schemasOf(facts.structured), priceOf(facts, unknown)].filter(Boolean);
}

const SERVERS = {
  ollama: "Ollama",
  "llama.cpp": "llama.cpp",
  vllm: "vLLM",
  lmstudio: "LM Studio",
  simulator: "the simulator",
};

export const serverOf = (server) => SERVERS[server] ?? "";

/** Whose a connection or a choice is. */
export const SCOPES = { user: "Yours", deployment: "For everybody", environment: "Set on the server" };

const FRESH_MS = 3600 * 1000; // so long after a test, "works" can be said of it

/** [tone, icon, words] for the badge of a connection. `models` are those of the roles, whose health
 * is what runs have met since the last test. */
export function stateOf(connection, models = []) {
  if (connection.needs_key_again) return ["bad", "key-round", "Needs its key again"];
  const failing = models.filter((model) => model.connection === connection.slug && model.health !== "closed");
  if (failing.length) {
    const rest = Math.max(...failing.map((model) => model.retry_in));
    return ["warn", "clock", rest >= 1 ? `Not answering; left alone for ${duration(rest)}` : "Did not answer; asked again with the next request"];
  }
  if (connection.test_ok === true && Date.now() - new Date(connection.tested_at) > FRESH_MS) return ["", "circle-check", `Worked ${ago(connection.tested_at)}`];
  if (connection.test_ok === true) return ["good", "circle-check", "Works"];
  if (connection.test_ok === false) return ["bad", "circle-alert", "Does not work"];
  return ["", "circle-dot", "Not tested"];
}

export function testedOf(connection) {
  if (!connection.tested_at) return "";
  const took = typeof connection.test_seconds === "number" && connection.test_ok ? `, answered in ${seconds(connection.test_seconds)}` : "";
  return `Tested ${ago(connection.tested_at)}${took}`;
}

export const seconds = (value) => (value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`);
