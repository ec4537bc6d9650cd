// Shows what came of a file: the download, the mix of labels, the most negative rows.

import { find, LABELS, make, number, percent, tell } from "./elements.js";
import { size } from "./size.js";

let address = null;

const TABS = "text/tab-separated-values";

/** Offer the scored rows in `blob` for download, under a name after the file's. */
export function offerDownload(blob, name) {
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(blob);
  const link = find("download");
  link.href = address;
  const kind = blob.type.startsWith(TABS) ? "tsv" : "csv";
  link.download = `${name.replace(/\.[^.]*$/, "")}.scored.${kind}`;
  tell(find("download-note"), `${link.download}, ${size(blob.size)}`);
}

/** Show the summary of a scored file. */
export function showResult({ rows, counts, failed, worst }, seconds) {
  tell(find("file-done"), `Done: ${number(rows)} rows in ${seconds}.`);
  showMix(rows, counts, failed);
  find("worst-part").hidden = !worst.length;
  find("worst").replaceChildren(...worst.map(worstRow));
  find("file-result").hidden = false;
}

function showMix(rows, counts, failed) {
  const parts = LABELS.map((label) => [label, counts[label]]);
  if (failed) parts.push(["unanswered", failed]);
  const share = (count) => (rows ? count / rows : 0);
  find("mix").replaceChildren(
    ...parts.map(([label, count]) => {
      const part = make("span", { class: `bar ${label}` });
      part.style.width = `${share(count) * 100}%`;
      return part;
    }),
  );
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

function worstRow({ row, text, probability }) {
  const shown = make("div", { class: "clipped", dir: "auto" }, text);
  return make(
    "tr",
    {},
    make("td", { class: "value" }, number(row)),
    make("td", {}, shown),
    make("td", { class: "value" }, percent(probability)),
  );
}
