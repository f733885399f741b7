// A source's text as it was read: the page or stretch around a passage, which is marked.
import { html, useEffect, useRef, useState } from "../lib/view.js";
import * as api from "../lib/api.js";
import { Highlighted, Marked, wordSpans } from "./quotes.js";

/** `words`: of a search, marked where no claim is. */
export function TextPage({ sourceId, number, passageId, claim = "", words = "" }) {
  const [state, setState] = useState({ loading: true });
  const bound = useRef(null);
  useEffect(() => {
    let current = true;
    setState({ loading: true });
    api.get(`/api/v2/sources/${sourceId}/pages/${number}`).then(
      (page) => current && setState({ page }),
      (error) => current && setState({ error }),
    );
    return () => {
      current = false;
    };
  }, [sourceId, number]);
  useEffect(() => (bound.current?.querySelector("mark") ?? bound.current)?.scrollIntoView({ block: "center" }), [state, passageId]);
  if (state.loading) return html`<p class="empty-line" role="status">Opening the text…</p>`;
  if (state.error) return html`<p class="error-text" role="alert">${state.error.message}</p>`;
  const { passages } = state.page;
  if (!passages.length) return html`<p class="empty-line">No text was read on this page.</p>`;
  return html`<div class="passage-text">
    ${passages.map((passage, index) => {
      const heading = passage.heading && passage.heading !== passages[index - 1]?.heading ? passage.heading : "";
      const here = passage.id === passageId;
      return html`<div key=${passage.id} class=${`passage-part ${passage.kind}`}>
        ${heading && html`<h3>${heading}</h3>`}
        <p class=${here ? "bound" : "neighbour"} ref=${here ? bound : undefined}>${here
          ? words && !claim
            ? html`<${Marked} text=${passage.text} spans=${wordSpans(passage.text, words)} />`
            : html`<${Highlighted} text=${passage.text} claim=${claim} />`
          : passage.text}</p>
      </div>`;
    })}
  </div>`;
}
