// Shows the answer as a whole: label, confidence, three bars, and what was read.

import { bar, find, LABELS, make, showText } from "./elements.js";
import { chance, number } from "./format.js";

// Nearer than this, the second label is worth a word.
const CLOSE = 0.1;
// From this share of unknown tokens on, the text is probably not in the model's language.
const MANY_UNKNOWN = 0.25;

/** Show what the service answered. */
export function showVerdict({ label, confidence, probabilities, input, model }) {
  find("verdict").replaceChildren(
    make("strong", { class: label }, label),
    make("span", { class: "value" }, chance(confidence)),
  );
  const warning = unknownNote(input);
  showText(find("verdict-note"), warning || note(label, probabilities));
  find("verdict-note").classList.toggle("caution", warning !== "");
  find("bars").replaceChildren(...LABELS.flatMap((name) => row(name, probabilities[name])));
  showText(find("input-note"), inputNote(input));
  showText(find("model"), `Model ${model}`);
}

function note(label, probabilities) {
  const right = frequency(probabilities[label]);
  const [first, second] = [...LABELS].sort((a, b) => probabilities[b] - probabilities[a]);
  const meaning = `Of 100 answers given with this figure, ${right} are right.`;
  if (probabilities[first] - probabilities[second] >= CLOSE) return meaning;
  return `A close call with ${second}. ${meaning}`;
}

function frequency(probability) {
  const right = Math.round(probability * 100);
  return right < 100 ? `about ${right}` : "more than 99";
}

/** Return a warning where much is unknown: what calibration promises does not hold there. */
function unknownNote({ tokens_read: read, unknown_tokens: unknown }) {
  if (unknown < read * MANY_UNKNOWN) return "";
  return (
    `${number(unknown)} of ${number(read)} tokens are unknown to the model. It knows English ` +
    "only: do not rely on this answer."
  );
}

function row(label, probability) {
  const filled = bar(label, probability);
  const track = make("span", { class: "track", "aria-hidden": "true" }, filled);
  const value = make("span", { class: "value" }, chance(probability));
  return [make("dt", {}, label), make("dd", {}, track, value)];
}

function inputNote({ tokens, tokens_read: read, unknown_tokens: unknown, truncated }) {
  const words = truncated
    ? `Truncated: ${number(read)} of ${number(tokens)} tokens were read, the first and ` +
      "the last; what lies between is struck out"
    : `${number(tokens)} ${tokens === 1 ? "token" : "tokens"} read`;
  return unknown ? `${words}; ${number(unknown)} unknown to the model.` : `${words}.`;
}
