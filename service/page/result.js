// Shows what came of a file: the download, the mix of labels, the most negative rows.

import { bar, find, LABELS, make, showText } from "./elements.js";
import { knownEncoding } from "./encoding.js";
import { chance, number, percent, size } from "./format.js";

const MARK = new Uint8Array([0xef, 0xbb, 0xbf]);

let address = null;
let offered = null;

const TABS = "text/tab-separated-values";

/** Return the rows in `blob` behind a byte order mark, by which spreadsheets know UTF-8. */
export async function marked(blob) {
  const beginning = new Uint8Array(await blob.slice(0, MARK.length).arrayBuffer());
  if (knownEncoding(beginning) === "utf-8") return blob;
  return new Blob([MARK, blob], { type: blob.type });
}

/** Offer the scored rows in `blob` for download, under a name after the file's. */
export function offerDownload(blob, name, isForSpreadsheet) {
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(blob);
  const link = find("download");
  link.href = address;
  const kind = blob.type.startsWith(TABS) ? "tsv" : "csv";
  link.download = `${name.replace(/\.[^.]*$/, "")}.scored.${kind}`;
  offered = { isForSpreadsheet, note: `${link.download}, ${size(blob.size)}` };
  keepToChoice();
}

/** Take the result back: it is of another file or column than what is chosen. */
export function withdrawResult() {
  if (address) URL.revokeObjectURL(address);
  find("download").removeAttribute("href");
  address = offered = null;
  find("file-result").hidden = true;
}

/** Hold the download back while what it was made for is not what is chosen. */
export function keepToChoice() {
  if (!offered) return;
  const isChosen = offered.isForSpreadsheet === find("spreadsheet").checked;
  find("download").hidden = !isChosen;
  showText(find("download-note"), isChosen ? offered.note : "Score the file again to download it so.");
}

/** Show the summary of a scored file. */
export function showResult({ rows, counts, failed, reasons, worst }, seconds) {
  showText(find("file-done"), `Done: ${number(rows)} rows in ${seconds}.`);
  showMix(rows, counts, failed);
  showText(find("unanswered-note"), failed ? whyUnanswered(reasons) : "");
  find("worst-part").hidden = !worst.length;
  find("worst").replaceChildren(...worst.map(worstRow));
  find("file-result").hidden = false;
}

function showMix(rows, counts, failed) {
  const parts = LABELS.map((label) => [label, counts[label]]);
  if (failed) parts.push(["unanswered", failed]);
  const share = (count) => (rows ? count / rows : 0);
  find("mix").replaceChildren(...parts.map(([label, count]) => bar(label, share(count))));
  find("mix-figures").replaceChildren(
    ...parts.map(([label, count]) =>
      make(
        "li",
        { class: label },
        make("span", { class: "label" }, label),
        make("span", { class: "value" }, number(count)),
        make("span", { class: "value quiet" }, percent(share(count))),
      ),
    ),
  );
}

function whyUnanswered(reasons) {
  const kinds = [...reasons].sort(([, one], [, other]) => other - one);
  const counted = kinds.map(([kind, count]) => `${number(count)} ${kind}`).join(", ");
  return `Unanswered: ${counted}. The last column of the result says why, row by row.`;
}

function worstRow({ row, text, probability }) {
  const shown = make("div", { class: "clipped", dir: "auto" }, text);
  return make(
    "tr",
    {},
    make("td", { class: "value" }, number(row)),
    make("td", {}, shown),
    make("td", { class: "value" }, chance(probability)),
  );
}
