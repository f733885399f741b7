// What can honestly be said of a claim and the passage it is bound to, the worst last.

export const VERDICTS = {
  quoted: { label: "quoted verbatim", tone: "good", text: "The quoted words stand in the passage exactly like this." },
  close: { label: "closely matches", tone: "good", text: "The claim's words closely match the passage. Its meaning was not judged." },
  supported: { label: "supported", tone: "good", text: "The passage supports the claim." },
  partly: { label: "partly supported", tone: "warn", text: "The passage supports the claim only in part. Read both before you rely on it." },
  not_found: { label: "not found in the source", tone: "bad", text: "Quoted words, numbers, dates or names of the claim are not in the passage, or its words are not." },
  unsupported: { label: "not supported", tone: "bad", text: "The passage does not support the claim." },
  contradicted: { label: "contradicted", tone: "bad", text: "Two judgements say that the passage says the opposite." },
  "contradicted?": { label: "contradicted?", tone: "bad", text: "One judgement says that the passage says the opposite. Read both." },
};

/** The name of a citation's verdict: a contradiction that was seen once only is asked, not told. */
export function verdictName(citation) {
  const single = citation.verdict === "contradicted" && (citation.judgements ?? 0) < 2;
  return single ? "contradicted?" : citation.verdict;
}

export const verdictOf = (citation) => VERDICTS[verdictName(citation)];

/** Whether somebody should read claim and passage. */
export const flagged = (citation) => verdictOf(citation)?.tone !== "good";
