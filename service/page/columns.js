// Which column may hold the texts, and what the results are called.

const LIKELY = ["text", "review", "comment", "body"];

// The columns that the service adds, as the last ones.
export const RESULTS = ["sentiment", "confidence", "negative", "neutral", "positive", "error"];

/**
 * Return what is to stand before the results' names so that no column has one already: ""
 * where none has.
 *
 * A file that was scored before has some. It is the prefix that the service would advise
 * (sentiment/scoring/columns.py).
 */
export function freePrefix(columns) {
  const taken = new Set(columns);
  const isFree = (prefix) => RESULTS.every((name) => !taken.has(prefix + name));
  let prefix = "";
  for (let number = 1; !isFree(prefix); number += 1) {
    prefix = number === 1 ? "model_" : `model_${number}_`;
  }
  return prefix;
}

/**
 * Return how many columns have the name of each.
 *
 * The service finds the column by its name. If several columns have that name, it refuses
 * the file: only a name that occurs once is on offer.
 */
export function namesakes(columns) {
  const counts = new Map();
  for (const name of columns) counts.set(name, (counts.get(name) ?? 0) + 1);
  return columns.map((name) => counts.get(name));
}

/** Return where the texts stand, by the names; -1 where no name stands once. */
export function likelyColumn(columns) {
  const counts = namesakes(columns);
  const names = columns.map((name, at) => counts[at] === 1 && name.trim().toLowerCase());
  const likely = LIKELY.map((name) => names.indexOf(name)).find((at) => at >= 0);
  return likely ?? counts.indexOf(1);
}
