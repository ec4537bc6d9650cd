// Detects how a file is written: its encoding, its delimiter, and whether cells are quoted.

import { bytesOf, piecesOf, namedDelimiter } from "./csv.js";
import { decode, findEncoding } from "./encoding.js";

const DELIMITERS = [",", ";", "\t", "|"];
const SAMPLE_ROWS = 200;
// How much a delimiter that cuts through quotes loses of its score.
const CUT_QUOTES = 0.05;
const IN_QUOTES = /^"[^"]*(?:""[^"]*)*"$/;
// Lines in which a quote stays open that opened above, such as close it, and such as open it.
const STAYS_OPEN = /^[^"]*(?:""[^"]*)*$/;
const CLOSES = /^[^"]*(?:""[^"]*)*" *$/;
const OPENS = /^"[^"]*(?:""[^"]*)*$/;

/**
 * Return the delimiter that the file names, else the one that cuts the first rows most
 * alike; "" where none cuts the first of them: the file has one column.
 *
 * It is found as the service finds it (sentiment/tables/delimiters.py).
 */
export function findDelimiter(content, name = "") {
  const named = namedDelimiter(content.split(/\r?\n/, 1)[0]);
  if (named) return named;
  if (/\.(tsv|tab)$/i.test(name)) return "\t";
  let [best, bestScore] = ["", -1];
  for (const delimiter of DELIMITERS) {
    const [first, ...others] = widths(content, delimiter);
    if (!(first > 1)) continue;
    const alike = 1 + others.filter((width) => width === first).length;
    // Text is full of commas, so that counting them alone would not do.
    const cut = content.includes('"') && !keepsQuotes(content, delimiter) ? CUT_QUOTES : 0;
    const score = alike / (1 + others.length) + 0.001 * first - cut;
    if (score > bestScore + 1e-9) [best, bestScore] = [delimiter, score];
  }
  return best;
}

/** Say whether quotes stand around whole cells of the first rows, or in pairs. */
function keepsQuotes(content, delimiter) {
  const plain = `[^"\\${delimiter}\\r\\n]`;
  const quoted = '"[^"]*(?:""[^"]*)*(?:" *|$)';
  const cell = new RegExp(
    `(?:${quoted}|(?!")${plain}*(?:"${plain}*"${plain}*)*)(?:\\${delimiter}|(\\r\\n|[\\r\\n])|$)`,
    "y",
  );
  for (let rows = 0; cell.lastIndex < content.length && rows < SAMPLE_ROWS; ) {
    const found = cell.exec(content);
    if (!found) return false;
    if (found[1]) rows += 1;
  }
  return true;
}

/**
 * Return how many cells the first rows have, of those that are whole.
 *
 * A cell that begins with a quote goes on to the next: a delimiter that is not the file's
 * would cut through it.
 */
function widths(content, delimiter) {
  const plain = `[^\\${delimiter}\\r\\n]*`;
  const cell = new RegExp(
    `(?:"[^"]*(?:""[^"]*)*(?:"(?!")${plain}|$)|(?!")${plain})(\\${delimiter}|\\r\\n|[\\r\\n]|$)`,
    "y",
  );
  const found = [];
  let cells = 1;
  while (cell.lastIndex < content.length && found.length < SAMPLE_ROWS) {
    const [whole, end] = cell.exec(content);
    const isBlank = cells === 1 && whole === end;
    if (end === delimiter) cells += 1;
    else {
      if (!isBlank) found.push(cells);
      cells = 1;
    }
  }
  // An empty cell ends the content.
  if (cells > 1) found.push(cells);
  if (found.length > 1 && !content.endsWith("\n")) found.pop();
  return found;
}

/**
 * Say whether cells may stand in quotes, or quotes are characters like others.
 *
 * `groups` give the lines of a file with tabs, some at a time. It is found as the service
 * finds it (sentiment/tables/quoting.py), for the page reads what the service writes.
 */
export async function findQuoting(groups) {
  let width = null;
  let [opened, unclosed, unlike, closed, isOpen, hasQuotes] = [0, 0, 0, 0, false, false];
  for await (const lines of groups) {
    for (const whole of lines) {
      const line = whole.replace(/\r+$/, "");
      if (!line || (width === null && namedDelimiter(line))) continue;
      hasQuotes ||= line.includes('"');
      const cells = line.split("\t");
      width ??= cells.length;
      const quoted = cells.filter((cell) => cell.startsWith('"'));
      opened += quoted.length;
      // Of one column all lines are as wide: only their order tells them apart.
      if (cells.length !== width || isOpen) {
        unlike += 1;
        closed += cells.some((cell) => CLOSES.test(cell)) ? 1 : 0;
        isOpen &&= STAYS_OPEN.test(line);
      } else if (!quoted.every((cell) => IN_QUOTES.test(cell))) {
        unclosed += 1;
        isOpen = width === 1 && OPENS.test(line);
      }
    }
  }
  return opened ? unclosed <= Math.min(unlike, 2 * closed) : !hasQuotes;
}

/** Return how `file` is written, whose first bytes are given. */
export async function findDialect(file, bytes) {
  const encoding = await findEncoding(bytes, bytesOf(file));
  const content = decode(bytes, encoding);
  const delimiter = findDelimiter(content, file.name);
  // Only with line feeds as line ends can rows be told from cells of several lines.
  const isOpen = delimiter === "\t" && content.includes("\n");
  const quoting = !isOpen || (await findQuoting(linesOf(file, encoding)));
  return { encoding, delimiter, quoting };
}

/** Give the lines of a Blob, as many at a time as a piece of it ends. */
async function* linesOf(blob, encoding) {
  let rest = "";
  for await (const piece of piecesOf(blob, encoding)) {
    rest += piece;
    // A line of many pieces is not cut anew with each.
    if (!piece.includes("\n")) continue;
    const lines = rest.split("\n");
    rest = lines.pop();
    yield lines;
  }
  yield [rest];
}
