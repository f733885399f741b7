// What can honestly be said of a claim and the passage it is bound to.

export const VERDICTS = {
  quoted: { label: "quoted verbatim", tone: "good", text: "The quoted words stand in the passage exactly like this." },
  close: { label: "closely matches", tone: "good", text: "The claim's words closely match the passage. Its meaning was not judged." },
  supported: { label: "supported", tone: "good", text: "The passage supports the claim." },
  partly: { label: "partly supported", tone: "warn", text: "The passage supports the claim only in part. Read both before you rely on it." },
  unsupported: { label: "not supported", tone: "bad", text: "The passage does not support the claim." },
};
