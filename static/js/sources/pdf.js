// A page of a PDF with its text over it and the passage marked in it. pdf.js comes with the first one.
import { html, useEffect, useRef, useState } from "../lib/view.js";
import { boxesOf, indexOf } from "./find.js";

const FOLDER = new URL("../../vendor/pdfjs/", import.meta.url);
const SHARPEST = 2; // device pixels per CSS pixel; more only costs memory
const RESIZE_MS = 150;

let library = null;

function pdfjs() {
  library ??= import("../../vendor/pdfjs/pdf.min.mjs").then((loaded) => {
    loaded.GlobalWorkerOptions.workerSrc = new URL("pdf.worker.min.mjs", FOLDER).href;
    return loaded;
  });
  return library;
}

/** The document at `address`; `close()` frees its worker. */
export function openPdf(address) {
  let task = null;
  let closed = false;
  const opened = pdfjs().then((loaded) => {
    if (closed) throw new Error("closed");
    task = loaded.getDocument({
      url: address,
      cMapUrl: new URL("cmaps/", FOLDER).href,
      standardFontDataUrl: new URL("standard_fonts/", FOLDER).href,
      wasmUrl: new URL("wasm/", FOLDER).href,
      useWasm: false, // the content security policy compiles nothing
      disableWorkerRendering: true,
      enableXfa: false,
      disableAutoFetch: true, // only what the page needs
    });
    return task.promise;
  });
  return {
    opened,
    close() {
      closed = true;
      task?.destroy();
    },
  };
}

/**
 * `passage`: {text, boxes} to mark, or null; `quotes`: words that stand out within it.
 * `zoom`: 1 is as wide as there is room.
 */
export function PdfPage({ pdf, number, zoom, passage, quotes, onShown, onFailed }) {
  const frame = useRef(null);
  const canvas = useRef(null);
  const layer = useRef(null);
  const [room, setRoom] = useState(0);
  const [size, setSize] = useState(null);
  const [marks, setMarks] = useState({ passage: [], quotes: [] });

  useEffect(() => {
    let timer = null;
    const watch = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      clearTimeout(timer);
      timer = setTimeout(() => setRoom((before) => (Math.abs(before - width) > 2 ? width : before)), room ? RESIZE_MS : 0);
    });
    watch.observe(frame.current);
    return () => {
      clearTimeout(timer);
      watch.disconnect();
    };
  }, [room > 0]);

  useEffect(() => {
    if (!room) return undefined;
    let current = true;
    let drawing = null;
    let text = null;
    setMarks({ passage: [], quotes: [] });
    (async () => {
      const { TextLayer } = await pdfjs();
      const page = await pdf.getPage(number);
      if (!current) return;
      const whole = page.getViewport({ scale: 1 });
      const viewport = page.getViewport({ scale: (room / whole.width) * zoom });
      setSize({ width: viewport.width, height: viewport.height });
      const sharp = Math.min(SHARPEST, window.devicePixelRatio || 1);
      const target = canvas.current;
      target.width = Math.floor(viewport.width * sharp);
      target.height = Math.floor(viewport.height * sharp);
      const transform = sharp === 1 ? undefined : [sharp, 0, 0, sharp, 0, 0];
      drawing = page.render({ canvas: target, viewport, transform });
      drawing.promise.catch(() => {}); // given up before it is waited for: told below where it matters
      layer.current.replaceChildren();
      layer.current.style.setProperty("--total-scale-factor", viewport.scale);
      text = new TextLayer({ textContentSource: page.streamTextContent(), container: layer.current, viewport });
      await text.render();
      if (!current) return;
      const index = indexOf(text.textDivs);
      const found = passage?.boxes?.length ? passage.boxes : passage ? boxesOf(index, passage.text, layer.current) : [];
      const quoted = (quotes ?? []).flatMap((words) => boxesOf(index, words, layer.current));
      setMarks({ passage: found, quotes: quoted });
      await drawing.promise;
      if (current) onShown?.({ marked: found.length });
    })().catch((error) => {
      if (current && error?.name !== "RenderingCancelledException" && error?.name !== "AbortException") onFailed(error);
    });
    return () => {
      current = false;
      drawing?.cancel();
      text?.cancel();
    };
  }, [pdf, number, zoom, room, passage, quotes]);

  // The marked words stand in the middle of what can be seen.
  useEffect(() => {
    if (marks.passage.length) frame.current?.querySelector(".pdf-mark")?.scrollIntoView({ block: "center", inline: "nearest" });
  }, [marks]);

  return html`<div class="pdf-frame" ref=${frame}>
    <div class="pdf-page" data-page=${number} style=${size ? { width: `${size.width}px`, height: `${size.height}px` } : {}}>
      <canvas ref=${canvas} role="img" aria-label=${`Page ${number} as printed; its text can be selected`}></canvas>
      <div class="pdf-marks" aria-hidden="true">
        ${marks.passage.map((box, i) => html`<i key=${`p${i}`} class="pdf-mark" style=${placed(box)}></i>`)}
        ${marks.quotes.map((box, i) => html`<i key=${`q${i}`} class="pdf-mark quoted" style=${placed(box)}></i>`)}
      </div>
      <div class="pdf-text" ref=${layer}></div>
    </div>
  </div>`;
}

const placed = ([left, top, width, height]) => ({ left: `${left * 100}%`, top: `${top * 100}%`, width: `${width * 100}%`, height: `${height * 100}%` });
