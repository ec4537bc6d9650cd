// The part of the page that scores a file: choose or drop it, name the column, wait.

import { freePrefix, likelyColumn, namesakes } from "./columns.js";
import { find, make, showText } from "./elements.js";
import { duration, number, size } from "./format.js";
import { countRows, look } from "./look.js";
import { showProgress } from "./progress.js";
import { keepToChoice, marked, offerDownload, showResult, withdrawResult } from "./result.js";
import { summarise } from "./summary.js";
import { sendFile } from "./upload.js";

const NO_COLUMN =
  "Each column has the name of another: rename the one that holds the texts, and choose the " +
  "file again.";

// What a result was made for stays as it is while the result is on its way.
const HELD = ["column", "spreadsheet"];

let largest = Infinity;
let latest = null;
let chosen = null;
let underWay = null;

/** Say how many bytes a file may have. */
export function setLargest(bytes) {
  largest = bytes;
}

/** Let files be scored: chosen in the form, or dropped anywhere on the page. */
export function offerFiles() {
  const input = find("file");
  find("choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    choose(input.files);
    // Else choosing the same file again, mended, would be no change.
    input.value = "";
  });
  takeDrops();
  find("column").addEventListener("change", () => {
    showSample();
    withdrawResult();
  });
  find("spreadsheet").addEventListener("change", keepToChoice);
  find("file-form").addEventListener("submit", (event) => {
    event.preventDefault();
    score();
  });
  find("cancel").addEventListener("click", () => underWay?.abort());
}

function takeDrops() {
  const hint = find("drop-hint");
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (isTextForField(event)) return;
      event.preventDefault();
      hint.hidden = !hasFiles(event);
    });
  }
  document.addEventListener("dragleave", (event) => {
    // From one element to the next is not yet away from the page.
    if (!event.relatedTarget) hint.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    hint.hidden = true;
    if (isTextForField(event)) return;
    // Else the browser would open the file in place of the page.
    event.preventDefault();
    if (!hasFiles(event)) return;
    find("file-title").scrollIntoView();
    choose([...event.dataTransfer.files]);
  });
}

function hasFiles({ dataTransfer }) {
  return dataTransfer.types.includes("Files");
}

/** Return whether selected text is dragged over a field, which takes it by itself. */
function isTextForField(event) {
  return !hasFiles(event) && event.target.matches("textarea, input");
}

async function choose(files) {
  if (!files.length) return;
  forget();
  // A large file is looked at for seconds: another may be chosen meanwhile.
  const token = Symbol("choice");
  latest = token;
  try {
    if (files.length > 1) throw new Error(`${files.length} files: one at a time.`);
    const mine = await look(files[0], largest);
    if (latest !== token) return;
    chosen = mine;
    showColumns(mine);
    facts(mine);
    mine.count = await countRows(mine);
    if (latest === token) facts(mine);
  } catch (error) {
    if (latest === token) showText(find("file-problem"), error.message);
  }
}

function facts({ file, count }) {
  const rows = count === undefined ? "" : `, ${number(count)} row${count === 1 ? "" : "s"}`;
  find("file-facts").replaceChildren(make("strong", {}, file.name), ` ${size(file.size)}${rows}`);
  find("file-facts").hidden = false;
}

function showColumns({ columns, rows }) {
  const counts = namesakes(columns);
  const options = columns.map((name, at) => columnOption(name, at, counts[at]));
  find("column").replaceChildren(...options);
  find("column").selectedIndex = likelyColumn(columns, rows);
  const prefix = freePrefix(columns);
  find("prefix-field").hidden = !prefix;
  find("prefix").value = prefix;
  find("file-options").hidden = false;
  showSample();
}

function columnOption(name, at, count) {
  const shown = name || `column ${at + 1}`;
  if (count === 1) return make("option", { value: name }, shown);
  const why = name ? "this name: rename one" : "no name: name one";
  const words = `${shown} (${number(count)} columns have ${why})`;
  return make("option", { value: name, disabled: "" }, words);
}

/** Show what the column holds, so that a wrong one is seen before it is scored. */
function showSample() {
  const at = find("column").selectedIndex;
  find("score").disabled = at < 0;
  showText(find("sample"), at < 0 ? NO_COLUMN : sampleOf(at));
}

function sampleOf(at) {
  const filled = chosen.rows.map((row) => row[at]).find((cell) => cell?.trim());
  return filled ? `“${filled.trim().slice(0, 140)}”` : "(empty in the first rows)";
}

async function score() {
  if (!chosen || underWay) return;
  const { file, dialect, count } = chosen;
  const { value: column, selectedIndex: textAt } = find("column");
  const prefix = find("prefix").value;
  const isForSpreadsheet = find("spreadsheet").checked;
  const options = {
    text_column: column,
    ...parametersOf(dialect),
    ...(prefix && { prefix }),
    ...(isForSpreadsheet && forSpreadsheet(dialect)),
  };
  const mine = new AbortController();
  const began = performance.now();
  const progress = showProgress(file, count);
  begin(mine);
  try {
    const answer = await sendFile(file, options, { signal: mine.signal, ...progress });
    progress.onSummary();
    const result = isForSpreadsheet ? await marked(answer) : answer;
    const summary = await summarise(result, writtenLike(dialect), textAt, isForSpreadsheet);
    mine.signal.throwIfAborted();
    offerDownload(result, file.name, isForSpreadsheet);
    showResult(summary, duration((performance.now() - began) / 1000));
  } catch (error) {
    // Another file was chosen meanwhile: this one has nothing more to say.
    if (underWay !== mine) return;
    const cancelled = error.name === "AbortError";
    showText(find("file-problem"), cancelled ? "Cancelled. Nothing was kept." : error.message);
  } finally {
    if (underWay === mine) finish();
  }
}

/** Return the parameters of the query that describe a file's dialect. */
function parametersOf({ delimiter, quoting }) {
  // That cells are quoted the service detects, too, and then it takes more care: it warns
  // of rows that two lone quotes may have joined.
  return { delimiter: delimiter || "none", ...(!quoting && { quoting }) };
}

/** Return the parameters for a file that a spreadsheet opens. */
function forSpreadsheet({ delimiter }) {
  // Spreadsheets separate by semicolons where a comma stands before the decimals.
  return { escape_formulas: true, ...(delimiter === ";" && { decimal: "comma" }) };
}

/** Return the dialect of the result: what had one column has several. */
function writtenLike({ delimiter, quoting }) {
  return { encoding: "utf-8", delimiter: delimiter || ",", quoting };
}

function begin(mine) {
  underWay = mine;
  showText(find("file-problem"), "");
  withdrawResult();
  find("score").hidden = true;
  find("cancel").hidden = false;
  for (const id of HELD) find(id).disabled = true;
  find("cancel").focus();
}

function finish() {
  const focused = document.activeElement === find("cancel");
  underWay = null;
  find("progress-part").hidden = true;
  find("score").hidden = false;
  find("cancel").hidden = true;
  for (const id of HELD) find(id).disabled = false;
  // A keyboard's place must not vanish with the button it was on.
  if (focused) (find("file-result").hidden ? find("score") : find("download")).focus();
}

/** Let go of the file before, and of the work on it. */
function forget() {
  underWay?.abort();
  finish();
  chosen = null;
  for (const id of ["file-facts", "file-options"]) find(id).hidden = true;
  withdrawResult();
  showText(find("file-problem"), "");
}
