// Search inside the library's texts: passages, best first, with the words of the question marked.
import { html, useEffect, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { plural } from "../lib/format.js";
import { Marked, wordSpans } from "../sources/quotes.js";

const PAUSE_MS = 350;
const HITS = 20;
const NARROWS = ["year_from", "year_to", "type", "reading", "origin"];

/** `filter`: the list's; what concerns status and reference does not narrow a search. */
export function PassageHits({ query, filter, current, onOpen }) {
  const within = new URLSearchParams({ q: query, limit: String(HITS) });
  for (const name of NARROWS) if (filter[name]) within.set(name, filter[name]);
  const wanted = within.toString();
  const [state, setState] = useState({ loading: true });
  useEffect(() => {
    let live = true;
    setState((before) => ({ ...before, loading: true }));
    const timer = setTimeout(() => {
      api.get(`/api/v2/memory/search?${wanted}`).then(
        (found) => live && setState({ hits: found.items.filter((hit) => hit.kind === "passage"), query }),
        (error) => live && setState({ error }),
      );
    }, PAUSE_MS);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [wanted]);
  const { hits, error, loading } = state;
  if (error) return html`<p class="error-text" role="alert">${error.message}</p>`;
  if (!hits) return html`<p class="empty-line" role="status"><${Icon} name="loader-circle" spin /> Searching the texts…</p>`;
  if (!hits.length) {
    return html`<div class="empty-state"><${Icon} name="search" /><h2>Nothing in your texts fits</h2><p>Passages are found by meaning and by words. Try other words for the same thing, or add sources that treat it.</p></div>`;
  }
  return html`<div aria-busy=${loading ? "true" : "false"}>
    <p class="visually-hidden" role="status">${plural(hits.length, "passage")} found</p>
    <ol class="search-hits">${hits.map((hit) => html`<li key=${hit.id}>
      <button type="button" class="search-hit" data-current=${current === hit.id ? "true" : "false"} onClick=${() => onOpen(hit, state.query)}>
        <span class="search-hit-head"><strong>${hit.title}</strong><span class="faint">${[hit.page ? `page ${hit.page}` : "", hit.heading].filter(Boolean).join(" · ")}</span></span>
        <span class="search-hit-text"><${Marked} text=${hit.text} spans=${hit.highlights?.length ? hit.highlights : wordSpans(hit.text, state.query)} /></span>
      </button></li>`)}</ol></div>`;
}
