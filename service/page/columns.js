// Which column may hold the texts, and what the results are called.

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
