// What of the target of similarity was not reached, above the document that it is about.
import { html, useEffect, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";

export function OriginalityStatement({ runId, artifactId }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    api.get(`/api/v2/turnitin/${runId}/status`, { signal: stop.signal }).then(
      ({ statement }) => setSaid(statement),
      () => {}, // the run's own page says it too
    );
    return () => stop.abort();
  }, [runId, artifactId]);
  return said ? html`<div class="run-pad"><div class="notice warn" role="note"><${Icon} name="scan-text" /><div><strong>Similarity</strong><span>${said}</span></div></div></div>` : null;
}
