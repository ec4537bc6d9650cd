// Shows how far a file is: sent, then scored, with the time that is left.

import { find } from "./elements.js";
import { duration, number, size } from "./format.js";

// What the six result columns add to a row, in bytes: label, four figures, commas.
const RESULT_BYTES = 46;
// An estimate may come early; only the end is the end.
const NEARLY = 0.99;

/** Show the progress of a file of `rows` rows; return the callbacks that update it. */
export function showProgress(file, rows) {
  const expected = file.size + (rows ?? 0) * RESULT_BYTES;
  let began = null;
  find("progress-part").hidden = false;
  phase("Sending the file");
  step(0, "");
  return {
    onSent(bytes) {
      if (bytes < file.size) return step(bytes / file.size, `${size(bytes)} of ${size(file.size)}`);
      phase("Scoring");
      find("progress").removeAttribute("value");
      began = performance.now();
      return undefined;
    },
    onReceived(bytes) {
      const share = Math.min(bytes / expected, NEARLY);
      const seconds = (performance.now() - began) / 1000;
      const left = duration((seconds / share) * (1 - share));
      const done = rows ? `about ${number(Math.round(share * rows))} of ${number(rows)} rows` : size(bytes);
      step(share, `${done}, ${left} left`);
    },
    onSummary() {
      phase("Counting the labels");
      find("progress").removeAttribute("value");
      find("amount").textContent = "";
    },
  };
}

/** Say what is done now. It is spoken, so only where it changes. */
function phase(words) {
  if (find("phase").textContent !== words) find("phase").textContent = words;
}

function step(share, words) {
  find("progress").value = share;
  find("amount").textContent = words;
}
