// The JSON API. Every refusal arrives as an ApiError whose message is fit for the person.

/** What the server answered instead of what was asked for (problem+json), or that it did not. */
export class ApiError extends Error {
  constructor({ status = 0, code = "unreachable", title = "", detail = "", errors = [], traceId = "", more = {} }) {
    super(detail || title);
    this.status = status;
    this.code = code;
    this.title = title;
    this.errors = errors;
    this.traceId = traceId;
    this.more = more; // members of this kind of problem only, e.g. `resets_at`
  }

  /** Whether trying the same again later can help. */
  get transient() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const UNREACHABLE = {
  title: "The server cannot be reached",
  detail: "Check your connection. Nothing you sent before is lost; try again in a moment.",
};

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

function problemOf(status, text) {
  try {
    const body = JSON.parse(text);
    return new ApiError({
      status,
      code: body.code,
      title: body.title,
      detail: body.detail,
      errors: body.errors,
      traceId: body.trace_id,
      more: body,
    });
  } catch {
    const detail =
      status === 413
        ? "This is larger than the server accepts."
        : `The server answered with status ${status}. Reload the page and try again.`;
    return new ApiError({ status, code: "unexpected", title: "That did not work", detail });
  }
}

function leaveIfSignedOut(status) {
  if (status === 401) {
    const next = encodeURIComponent(location.pathname + location.search);
    location.assign(`/accounts/login/?next=${next}`);
  }
}

// Browsers carry at most 64 KB of such requests at a time, and refuse what is over it.
const KEPT_ALIVE_MAX = 8_000; // characters

/** What a person just did reaches the server even if they close the tab at once. */
const outlivesTab = (method, body) => method !== "GET" && (body?.length ?? 0) <= KEPT_ALIVE_MAX;

async function send(method, path, { body, headers = {}, signal } = {}) {
  const sent = body === undefined || body instanceof FormData ? body : JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      signal,
      keepalive: !(sent instanceof FormData) && outlivesTab(method, sent),
      headers: {
        Accept: "application/json",
        ...(method === "GET" ? {} : { "X-CSRFToken": csrfToken() }),
        ...(body !== undefined && !(body instanceof FormData)
          ? { "Content-Type": "application/json" }
          : {}),
        ...headers,
      },
      body: sent,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(UNREACHABLE);
  }
  if (!response.ok) {
    leaveIfSignedOut(response.status);
    throw problemOf(response.status, await response.text());
  }
  return response;
}

async function json(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 ? null : response.json();
}

export const get = (path, options) => json("GET", path, options);
export const post = (path, body, options) => json("POST", path, { ...options, body });
export const put = (path, body) => json("PUT", path, { body });
export const patch = (path, body) => json("PATCH", path, { body });
export const remove = (path) => json("DELETE", path);
export const text = async (path, options) => (await send("GET", path, options)).text();

/** All items of a paged list. */
export async function all(path) {
  const items = [];
  let cursor = null;
  do {
    const url = new URL(path, location.href);
    if (cursor) url.searchParams.set("cursor", cursor);
    const page = await get(url.pathname + url.search);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

/** A key for `Idempotency-Key`: the same key sent twice creates once. */
export function newKey() {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("");
}

/**
 * Upload one file with progress (fetch cannot report it).
 * @returns {{done: Promise<object>, abort: () => void}} the API's FilesOut, or an ApiError
 */
export function upload(path, file, { onProgress, fields = {} }) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", path);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText));
      else {
        leaveIfSignedOut(request.status);
        reject(problemOf(request.status, request.responseText));
      }
    });
    request.addEventListener("error", () => reject(new ApiError(UNREACHABLE)));
    request.addEventListener("abort", () => reject(new ApiError({ code: "aborted", detail: "Upload stopped." })));
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("files", file, file.name);
    request.send(form);
  });
  return { done, abort: () => request.abort() };
}
