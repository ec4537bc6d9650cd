// Reads a scored file once: how many of each label, and its most negative rows.

import { RESULTS } from "./columns.js";
import { recordsOf } from "./csv.js";
import { LABELS } from "./elements.js";

const MOST = 10;
// What people call the service's reasons, by how these begin.
const REASONS = [
  [/^the text is (empty|missing)/, "empty"],
  [/^the text has .* characters/, "too long"],
  [/^the text holds no/, "without a word"],
];
const OTHER = "damaged";
// An apostrophe that the service puts before what a spreadsheet would run.
const ESCAPED = /^'(?=[=+\-@\t\r])/;

/**
 * Return `{rows, counts, failed, reasons, worst}` of the scored rows in `blob`.
 *
 * The texts stand in the column at `textAt`, and `isEscaped` if it is for a spreadsheet.
 * `reasons` holds how many rows failed, by the reason's kind.
 * `worst` holds `{row, text, probability}`, most negative first. Only these are kept, so
 * the file may be larger than memory.
 */
export async function summarise(blob, dialect, textAt, isEscaped) {
  const counts = Object.fromEntries(LABELS.map((label) => [label, 0]));
  const summary = { rows: 0, counts, failed: 0, reasons: new Map(), worst: [] };
  let at = null;
  for await (const row of recordsOf(blob, dialect)) {
    at === null ? (at = places(row.length, textAt)) : add(summary, row, at);
  }
  if (isEscaped) for (const entry of summary.worst) entry.text = entry.text.replace(ESCAPED, "");
  return summary;
}

/** Return where what is read of a row stands, by place: names may be escaped, too. */
function places(width, textAt) {
  const result = (name) => width - RESULTS.length + RESULTS.indexOf(name);
  return { text: textAt, label: result("sentiment"), negative: result("negative"), error: result("error") };
}

function add(summary, row, at) {
  summary.rows += 1;
  const label = row[at.label];
  if (!Object.hasOwn(summary.counts, label)) {
    summary.failed += 1;
    const kind = kindOf(row[at.error] ?? "");
    summary.reasons.set(kind, (summary.reasons.get(kind) ?? 0) + 1);
    return;
  }
  summary.counts[label] += 1;
  if (label === "negative") {
    keep(summary.worst, {
      row: summary.rows,
      text: row[at.text],
      // A spreadsheet may want a decimal comma.
      probability: Number(row[at.negative].replace(",", ".")),
    });
  }
}

function kindOf(reason) {
  return REASONS.find(([beginning]) => beginning.test(reason))?.[1] ?? OTHER;
}

function keep(worst, entry) {
  if (worst.length === MOST && entry.probability <= worst.at(-1).probability) return;
  const place = worst.findIndex((other) => other.probability < entry.probability);
  worst.splice(place < 0 ? worst.length : place, 0, entry);
  worst.length = Math.min(worst.length, MOST);
}
