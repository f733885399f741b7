// The ways to a model that can be chosen from. What each needs comes from the API; what people call
// it, and where a server of their own usually listens, is said here.

/** Servers of one's own, and where they listen when nobody changed it. */
export const LOCAL = [
  ["Ollama", "http://localhost:11434"],
  ["LM Studio", "http://localhost:1234"],
  ["llama.cpp", "http://localhost:8080"],
  ["vLLM", "http://localhost:8000"],
];

export const SIMULATOR = {
  urls: { compatible: "http://127.0.0.1:18800/v1", anthropic: "http://127.0.0.1:18800" },
  command: ".venv/bin/python manage.py simulate_provider",
};

const TILES = [
  { id: "openai", provider: "openai", title: "OpenAI", about: "With a key", speaks: "OpenAI" },
  { id: "anthropic", provider: "anthropic", title: "Anthropic", about: "With a key", speaks: "Anthropic" },
  { id: "google", provider: "google", title: "Google", about: "With a Gemini key" },
  { id: "openrouter", provider: "openrouter", title: "OpenRouter", about: "One key, many models" },
  { id: "local", provider: "compatible", title: "A server of your own", about: "Ollama, LM Studio, llama.cpp, vLLM" },
  { id: "compatible", provider: "compatible", title: "Another address", about: "Whatever speaks as OpenAI does" },
  { id: "simulator", provider: "compatible", title: "Try it without a model", about: "The simulator" },
];

/** The tiles whose provider this server knows, with what the server says of it. */
export function tilesOf(providers) {
  const known = new Map(providers.map((provider) => [provider.id, provider]));
  return TILES.filter((tile) => known.has(tile.provider)).map((tile) => {
    const provider = known.get(tile.provider);
    const own = tile.provider === "compatible";
    return { ...tile, needsKey: provider.needs_key, needsUrl: provider.needs_url || own, keyHelp: provider.key_help ?? "", example: own ? "" : (provider.example_model ?? "") };
  });
}

/** What the fields hold when a tile is chosen. */
export function fieldsOf(tile) {
  const simulator = tile.id === "simulator";
  return { provider: tile.provider, base_url: simulator ? SIMULATOR.urls[tile.provider] : "", api_key: "", model: simulator ? "simulated" : "", label: simulator ? "Simulator" : "" };
}

/** The body that the API takes for what was typed. Empty fields are left out. */
export function bodyOf(tile, fields, scope) {
  const body = { provider: fields.provider, scope };
  for (const name of ["base_url", "api_key", "label"]) {
    if (fields[name].trim()) body[name] = fields[name].trim();
  }
  if (!tile.needsUrl && !tile.speaks) delete body.base_url;
  return body;
}

/** What a connection is called that nobody named: by what was found there, or by its host. */
export function labelOf(fields, result) {
  if (fields.label.trim()) return fields.label.trim();
  if (result?.simulated) return "Simulator";
  const address = fields.base_url.trim();
  if (!address) return "";
  try {
    return new URL(address.includes("://") ? address : `http://${address}`).host.slice(0, 80);
  } catch {
    return ""; // the API says what is wrong with it
  }
}
