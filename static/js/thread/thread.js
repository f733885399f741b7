// The conversation: each request, its run, and what came of it.
import { html, memo, useMemo } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { renderMarkdown } from "../lib/markdown.js";
import { plural } from "../lib/format.js";
import { ApprovalCard } from "../run/approval.js";
import { ToolQuestion } from "../run/tool_question.js";
import { isSimulated } from "../run/models_line.js";
import { OriginalityCard } from "../run/originality.js";
import { Ending } from "../run/ending.js";
import { RunPanel } from "../run/panel.js";
import { TERMINAL } from "../run/state.js";
import { Told } from "../run/told.js";
import { DownloadMenu } from "../document/downloads.js";
import { VERDICTS } from "../document/verdicts.js";
import { SimulatedBadge } from "../models/badge.js";
import { CitedAnswer } from "./cited_answer.js";

export function Thread({ turns, runs, names, connection, onSnapshot, onExpand, onOpen, onSource, onCompose, onFollow, openId, byRule, adminRun }) {
  return html`<ol class="thread" aria-label="Conversation">
    ${turns.map((turn) => {
      const view = runs[turn.runId];
      return html`<li key=${turn.key} class="turn" id=${turn.runId ? `run-${turn.runId}` : undefined}>
        ${turn.request && html`<div class="request"><span class="visually-hidden">You: </span><p>${turn.request}</p><${RequestFiles} ids=${view?.task?.source_ids} names=${names} /></div>`}
        ${turn.copyOf && html`<p class="copy-of"><${Icon} name="git-branch" /> <span>A copy of <a href=${`#run-${turn.copyOf}`}>an earlier run</a>, going on from one of its steps. Its budget is its own.</span></p>`}
        ${view && html`<div class="reply"><span class="visually-hidden">HandyWriterz: </span>
          <${RunPanel} view=${view} connection=${connection} onSnapshot=${onSnapshot} onExpand=${onExpand} onFollow=${onFollow} onSource=${onSource} adminRun=${adminRun} />
          <${Told} told=${view.told} status=${view.status} onAgain=${(words) => onCompose(words, "new")} />
          ${TERMINAL.has(view.status) && html`<${Ending} view=${view} onSnapshot=${onSnapshot} onFollow=${onFollow} />`}
          ${view.journey === "answer" && view.artifactId && answerText(turn, view)
            ? html`<${CitedAnswer} runId=${view.id} artifactId=${view.artifactId} text=${answerText(turn, view)} onSource=${onSource} />`
            : html`<${Answer} text=${answerText(turn, view)} />`}
          ${view.artifactId && html`<${DocumentCard} view=${view} open=${openId === view.artifactId} onOpen=${onOpen} />`}
          <${OriginalityCard} view=${view} byRule=${byRule} />
          <${ApprovalCard} view=${view} onSnapshot=${onSnapshot} onCompose=${onCompose} />
          <${ToolQuestion} view=${view} onSnapshot=${onSnapshot} />
        </div>`}
        ${!view && turn.answer && html`<div class="reply"><${Answer} text=${turn.answer} /></div>`}
      </li>`;
    })}
  </ol>`;
}

const SHOWN_FILES = 4;

/** What the request works from: those of its sources that are files of this conversation. */
function RequestFiles({ ids, names }) {
  const known = (ids ?? []).map((id) => names.get(id)).filter(Boolean);
  if (!known.length) return null;
  const more = known.length - SHOWN_FILES;
  return html`<ul class="request-files" aria-label="Files of this request">
    ${known.slice(0, SHOWN_FILES).map((name, index) => html`<li key=${index} title=${name}><${Icon} name="file-text" /><span>${name}</span></li>`)}
    ${more > 0 && html`<li>and ${plural(more, "other")}</li>`}</ul>`;
}

function answerText(turn, view) {
  if (!TERMINAL.has(view.status) || view.status !== "succeeded") return "";
  return turn.answer || view.finished?.summary || "";
}

const Answer = memo(function Answer({ text }) {
  const markup = useMemo(() => ({ __html: text ? renderMarkdown(text) : "" }), [text]);
  return text ? html`<div class="answer prose" dangerouslySetInnerHTML=${markup}></div>` : null;
});

function DocumentCard({ view, open, onOpen }) {
  const artifact = view.artifacts[view.artifactId] ?? {};
  const over = TERMINAL.has(view.status);
  const waits = view.status === "waiting_human" && view.cycle?.status === "awaiting_report";
  const counts = Object.entries(view.citations ?? {}).filter(([name]) => VERDICTS[name]);
  const total = counts.reduce((sum, [, n]) => sum + n, 0);
  const sound = counts.filter(([name]) => VERDICTS[name].tone === "good").reduce((sum, [, n]) => sum + n, 0);
  const broken = counts.filter(([name]) => VERDICTS[name].tone === "bad").reduce((sum, [, n]) => sum + n, 0);
  const title = artifact.title || view.plan?.title || view.title || "Document";
  return html`<article class="document-card card" aria-label=${`Document: ${title}`}>
    <div class="document-mark" aria-hidden="true"><${Icon} name="file-text" /></div>
    <div class="document-about">
      <h2>${title}</h2>${isSimulated(view) && html` <${SimulatedBadge} />`}
      <p>${[over ? "" : waits ? "Draft, waits for a similarity report" : "Draft, still being checked", artifact.version ? `Version ${artifact.version}` : "", artifact.changes === 0 ? "As you brought it: nothing was found to change" : "", total ? `${plural(total, "citation")} checked, ${sound} sound` : ""].filter(Boolean).join(" · ")}</p>
      ${broken > 0 && html`<p class="document-warning"><${Icon} name="triangle-alert" /> ${plural(broken, "citation does", "citations do")} not hold</p>`}
    </div>
    <div class="document-actions">
      <button type="button" class=${open ? "button" : "button primary"} aria-expanded=${open ? "true" : "false"} onClick=${() => onOpen(view.id, view.artifactId)}>
        <${Icon} name="panel-right" /> ${open ? "Close" : "Open"}</button>
      <${DownloadMenu} runId=${view.id} artifactId=${view.artifactId} draft=${view.journey === "rewrite" ? { changed: artifact.changes !== 0 } : null} />
    </div>
  </article>`;
}
