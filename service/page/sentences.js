// Shows each sentence with an answer of its own.

import { bar, find, LABELS, make } from "./elements.js";
import { chance } from "./format.js";

/** Show the sentences; a single one would only say the whole again. */
export function showSentences(sentences, slice) {
  find("sentences-part").hidden = sentences.length < 2;
  find("sentences").replaceChildren(
    ...sentences.map(({ start, end, label, probabilities }) =>
      make(
        "li",
        { class: label },
        make("span", { class: "label" }, label),
        make("span", { class: "value" }, chance(probabilities[label])),
        shares(probabilities),
        make("span", { class: "sentence", dir: "auto" }, slice(start, end)),
      ),
    ),
  );
}

function shares(probabilities) {
  const parts = LABELS.map((label) => bar(label, probabilities[label]));
  return make("span", { class: "track stack", "aria-hidden": "true" }, ...parts);
}
