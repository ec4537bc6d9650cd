// Which column may hold the texts, and what the results are called.

const LIKELY = ["text", "review", "comment", "body", "content", "tweet", "feedback", "answer"];
const ADDRESS = /^\s*\w+:\/\//;

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

/**
 * Return where the texts stand; -1 where no name stands once.
 *
 * A likely name says so. Else it is the column with the longest cells in the first rows, of
 * those with a likely word in their names, if there are any: `review_id` has one, too.
 */
export function likelyColumn(columns, rows) {
  const counts = namesakes(columns);
  const names = columns.map((name, at) => (counts[at] === 1 ? name.trim().toLowerCase() : null));
  const exact = LIKELY.map((name) => names.indexOf(name)).find((at) => at >= 0);
  if (exact !== undefined) return exact;
  const single = [...names.keys()].filter((at) => names[at] !== null);
  const likely = single.filter((at) => LIKELY.some((word) => names[at].includes(word)));
  return longest(likely.length ? likely : single, rows);
}

/** Return which of the columns has the longest cells, but for addresses; -1 of none. */
function longest(candidates, rows) {
  let [best, most] = [-1, -1];
  for (const at of candidates) {
    const texts = rows.map((row) => row[at] ?? "").filter((cell) => !ADDRESS.test(cell));
    const letters = texts.join("").length;
    if (letters > most) [best, most] = [at, letters];
  }
  return best;
}
