// Numbers, dates and words as people read them.

const number = new Intl.NumberFormat("en-GB");
const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export const count = (value) => number.format(value);
export const short = (value) => compact.format(value);

export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value) {
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${Math.round(value / 1e3)} KB`;
  return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} MB`;
}

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joined([Math.floor(whole / 60), "min"], [whole % 60, "s"]);
  return joined([Math.floor(whole / 3600), "h"], [Math.floor((whole % 3600) / 60), "min"]);
}

/** The smaller unit is left out where there is none of it. */
function joined(...parts) {
  return parts.filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`).join(" ");
}

export function dollars(value) {
  if (value === 0) return "$0";
  return value < 0.01 ? "< $0.01" : `$${value.toFixed(2)}`;
}

export function ago(iso, now = Date.now()) {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  for (const [unit, size] of [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

export function clock(iso) {
  return new Date(iso).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** “Vaswani et al. (2017)” from CSL-JSON. */
export function shortReference(csl = {}) {
  const names = (csl.author ?? []).map((a) => a.family || a.literal || a.given).filter(Boolean);
  const year = csl.issued?.["date-parts"]?.[0]?.[0];
  const who =
    names.length > 2 ? `${names[0]} et al.` : names.length === 2 ? `${names[0]} and ${names[1]}` : names[0];
  if (!who && !year) return "";
  return `${who ?? "Unknown author"} (${year ?? "n.d."})`;
}

export function authorsOf(csl = {}) {
  return (csl.author ?? [])
    .map((a) => a.literal || [a.family, a.given].filter(Boolean).join(", "))
    .filter(Boolean);
}

export function yearOf(csl = {}) {
  return csl.issued?.["date-parts"]?.[0]?.[0] ?? "";
}

/** “02:00” today, “Tuesday 02:00” otherwise, in the person's own time. */
export function moment(iso, now = new Date()) {
  const at = new Date(iso);
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const day = at.toDateString() === now.toDateString() ? "" : `${at.toLocaleDateString("en-GB", { weekday: "long" })} `;
  return `${day}${time}`;
}
