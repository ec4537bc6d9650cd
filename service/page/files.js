// The part of the page that scores a file: choose or drop it, name the column, download.

import { scoreFile } from "./api.js";
import { decode, findDelimiter, readRows } from "./csv.js";
import { find, make, tell } from "./elements.js";

const RESULTS = ["sentiment", "confidence", "negative", "neutral", "positive", "error"];
const LOOK_BYTES = 64 * 1024;
const PREVIEW_ROWS = 6;

let chosen = null;
let underWay = null;
let address = null;

/** Let the form, and files that are dropped on it, be scored. */
export function offerFiles() {
  const [drop, input] = [find("drop"), find("file")];
  input.addEventListener("change", () => choose(input.files[0]));
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    choose(event.dataTransfer.files[0]);
  });
  find("file-form").addEventListener("submit", (event) => {
    event.preventDefault();
    score();
  });
  find("cancel").addEventListener("click", () => underWay?.abort());
}

async function choose(file) {
  if (!file) return;
  underWay?.abort();
  forget();
  try {
    const content = decode(new Uint8Array(await file.slice(0, LOOK_BYTES).arrayBuffer()));
    const delimiter = findDelimiter(content);
    const [columns] = readRows(content, delimiter, 1);
    if (!columns) throw new Error(`${file.name} is empty.`);
    chosen = { file, delimiter };
    showColumns(columns);
    tell(find("file-progress"), `${file.name}, ${size(file.size)}`);
  } catch (error) {
    tell(find("file-problem"), error.message);
  }
}

function showColumns(columns) {
  const select = find("column");
  select.replaceChildren(...columns.map((name) => make("option", { value: name }, name)));
  select.value = likeliest(columns);
  const taken = columns.some((name) => RESULTS.includes(name));
  find("prefix-field").hidden = !taken;
  find("prefix").value = taken ? "model_" : "";
  find("file-options").hidden = false;
}

function likeliest(columns) {
  const names = columns.map((name) => name.trim().toLowerCase());
  const at = ["text", "review", "comment", "body"].map((name) => names.indexOf(name));
  return columns[at.find((position) => position >= 0) ?? 0];
}

async function score() {
  if (!chosen || underWay) return;
  const { file, delimiter } = chosen;
  const options = { text_column: find("column").value, delimiter };
  if (find("prefix").value) options.prefix = find("prefix").value;
  underWay = new AbortController();
  begin();
  try {
    const progress = find("file-progress");
    tell(progress, `Sending ${file.name} …`);
    const result = await scoreFile(file, options, underWay.signal, (bytes) =>
      tell(progress, `Receiving the result: ${size(bytes)} …`),
    );
    await offer(result, file.name, delimiter);
    tell(progress, "Done.");
  } catch (error) {
    tell(find("file-progress"), "");
    const cancelled = error.name === "AbortError";
    tell(find("file-problem"), cancelled ? "Cancelled." : error.message);
  } finally {
    underWay = null;
    find("score").disabled = false;
    find("cancel").hidden = true;
  }
}

function begin() {
  tell(find("file-problem"), "");
  find("file-result").hidden = true;
  find("score").disabled = true;
  find("cancel").hidden = false;
}

function forget() {
  chosen = null;
  find("file-options").hidden = true;
  find("file-result").hidden = true;
  tell(find("file-problem"), "");
  tell(find("file-progress"), "");
}

async function offer(result, name, delimiter) {
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(result);
  const link = find("download");
  link.href = address;
  link.download = `${name.replace(/\.[^.]*$/, "")}.scored.csv`;
  tell(find("download-note"), size(result.size));
  const content = decode(new Uint8Array(await result.slice(0, LOOK_BYTES).arrayBuffer()));
  find("preview").replaceChildren(table(readRows(content, delimiter, PREVIEW_ROWS)));
  find("file-result").hidden = false;
}

function table([head, ...rows]) {
  const line = (kind, cells) =>
    make("tr", {}, ...cells.map((cell) => make(kind, {}, cell)));
  const [top, body] = [make("thead"), make("tbody")];
  top.append(line("th", head));
  body.append(...rows.map((row) => line("td", row)));
  return make("table", {}, top, body);
}

function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
