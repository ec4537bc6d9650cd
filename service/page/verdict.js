// Shows the answer as a whole: label, confidence, three bars, and what was read.

import { bar, find, LABELS, make, showText } from "./elements.js";
import { number, percent } from "./format.js";

// Nearer than this, the second label is worth a word.
const CLOSE = 0.1;
// With as many unknown tokens a text is hardly English.
const FOREIGN = 0.3;

/** Show what the service answered. */
export function showVerdict({ label, confidence, probabilities, input, model }) {
  find("verdict").replaceChildren(
    make("strong", { class: label }, label),
    make("span", { class: "value" }, percent(confidence)),
  );
  showText(find("verdict-note"), note(label, probabilities));
  find("bars").replaceChildren(...LABELS.flatMap((name) => row(name, probabilities[name])));
  showText(find("input-note"), inputNote(input));
  showText(find("model"), `Model ${model}`);
}

function note(label, probabilities) {
  const share = probabilities[label] * 100;
  const right = share > 99 ? "more than 99" : `about ${Math.round(share)}`;
  const [first, second] = [...LABELS].sort((a, b) => probabilities[b] - probabilities[a]);
  const meaning = `Of 100 answers given with this figure, ${right} are right.`;
  if (probabilities[first] - probabilities[second] >= CLOSE) return meaning;
  return `A close call with ${second}. ${meaning}`;
}

function row(label, probability) {
  const filled = bar(label, probability);
  const track = make("span", { class: "track", "aria-hidden": "true" }, filled);
  const value = make("span", { class: "value" }, percent(probability));
  return [make("dt", {}, label), make("dd", {}, track, value)];
}

function inputNote({ tokens, tokens_read: read, unknown_tokens: unknown, truncated }) {
  const words = truncated
    ? `Truncated: ${number(read)} of ${number(tokens)} tokens were read, the first and ` +
      "the last; what lies between is struck out"
    : `${number(tokens)} ${tokens === 1 ? "token" : "tokens"} read`;
  if (!unknown) return `${words}.`;
  const language = unknown >= FOREIGN * tokens ? " It knows English only." : "";
  return `${words}; ${number(unknown)} unknown to the model.${language}`;
}
