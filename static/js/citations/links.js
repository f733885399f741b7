// Citations as they stand in a text: which passages and claim each belongs to.
import * as api from "../lib/api.js";
import { verdictOf } from "../document/verdicts.js";

/** The citation that an event happened on, or null. */
export const linkOf = (event) => event.target.closest?.("[data-passages]") ?? null;

export const idsOf = (link) => (link.dataset.passages ?? "").split(" ").filter(Boolean);

export const markerOf = (link) => Number(link.dataset.marker) || null;

/** What the citation binds, most telling row first: its own, then others of the same passages. */
export function rowsOf(link, citations) {
  const marker = markerOf(link);
  const ids = idsOf(link);
  const own = citations.filter((row) => row.marker === marker);
  const others = ids.filter((id) => !own.some((row) => row.passage_id === id)).flatMap((id) => citations.filter((row) => row.passage_id === id).slice(0, 1));
  return [...own, ...others];
}

/** Give each citation under `root` its tone, a name and a place in the tab order. */
export function dress(root, citations, openMarker) {
  const verdicts = new Map(citations.map((row) => [row.marker, verdictOf(row)]));
  for (const link of root.querySelectorAll("[data-passages]")) {
    link.dataset.tone = verdicts.get(markerOf(link))?.tone ?? "";
    if (link.tagName !== "A" || !link.hasAttribute("href")) {
      link.tabIndex = 0;
      link.setAttribute("role", "button");
    }
    link.dataset.open = openMarker && markerOf(link) === openMarker ? "true" : "false";
  }
}

/** Citations and sources of a document, fetched once for each version of it. */
export function citationsOf(runId, artifactId) {
  return Promise.all([
    api.all(`/api/v2/runs/${runId}/citations?artifact_id=${artifactId}&limit=200`),
    api.all(`/api/v2/runs/${runId}/sources?limit=200`),
  ]).then(([citations, sources]) => ({ citations, sources: new Map(sources.map((source) => [source.id, source])) }));
}
