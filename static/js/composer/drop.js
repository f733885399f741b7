// Files dropped anywhere on the window.
import { html, useEffect, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { takeDropped } from "./dropped.js";

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

export function DropZone({ onFiles }) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0; // enter and leave fire for every element that is crossed
    const enter = (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth += 1;
      setOver(true);
    };
    const leave = (event) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const hover = (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (depth === 0) enter(event); // they came over the window before the page was there
    };
    const drop = (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (!event.reportTaken) takeDropped(event.dataTransfer, onFiles); // a form of the page may have wanted it
    };
    const pairs = [["dragenter", enter], ["dragleave", leave], ["dragover", hover], ["drop", drop]];
    pairs.forEach(([name, listener]) => window.addEventListener(name, listener));
    return () => pairs.forEach(([name, listener]) => window.removeEventListener(name, listener));
  }, [onFiles]);
  if (!over) return null;
  return html`<div class="drop-zone" aria-hidden="true"><div><${Icon} name="upload" /><strong>Drop your sources</strong><span>Papers, chapters, slides, tables and notes; folders; BibTeX, RIS or CSL-JSON</span></div></div>`;
}
