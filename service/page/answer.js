// Shows the answer for one text: verdict, bars, words, curve, sentences.

import { drawCurve } from "./curve.js";
import { find, LABELS, make, percent, tell } from "./elements.js";

/** Show what the service answered for `text`. */
export function showAnswer(text, answer) {
  // The service counts code points, JavaScript's strings count UTF-16 units.
  const characters = Array.from(text);
  const slice = (start, end) => characters.slice(start, end).join("");
  find("answer").hidden = false;
  showVerdict(answer);
  showBars(answer.probabilities);
  tell(find("input-note"), inputNote(answer.input));
  const pointAt = drawCurve(find("curve"), answer.tokens);
  showWords(answer, slice, characters.length, pointAt);
  showSentences(answer.sentences, slice);
}

function showVerdict({ label, confidence, model }) {
  find("verdict").replaceChildren(
    make("strong", { class: `chip ${label}` }, label),
    ` with ${percent(confidence)}`,
  );
  tell(find("model"), `Model ${model}`);
}

function showBars(probabilities) {
  find("bars").replaceChildren(
    ...LABELS.flatMap((label) => {
      const bar = make("span", { class: `bar ${label}` });
      bar.style.width = `${probabilities[label] * 100}%`;
      const track = make("span", { class: "track", "aria-hidden": "true" }, bar);
      const value = make("span", { class: "value" }, percent(probabilities[label]));
      return [make("dt", {}, label), make("dd", {}, track, value)];
    }),
  );
}

function inputNote({ tokens, tokens_read: read, unknown_tokens: unknown, truncated }) {
  const words = truncated
    ? `${tokens} tokens, of which the first and last ${read} were read`
    : `${tokens} ${tokens === 1 ? "token" : "tokens"}`;
  return unknown ? `${words}; ${unknown} unknown to the model.` : `${words}.`;
}

function showWords({ label, tokens }, slice, length, pointAt) {
  const most = Math.max(...tokens.map((token) => Math.abs(token.contribution)), 1e-9);
  const words = tokens.map((token) => word(token, label, most));
  const parts = [];
  let end = 0;
  tokens.forEach((token, position) => {
    parts.push(slice(end, token.start), words[position]);
    end = token.end;
  });
  find("words").replaceChildren(...parts, slice(end, length));
  tell(
    find("words-legend"),
    `Filled words speak for “${label}”, underlined ones against it; the stronger the ` +
      "colour, the more. Point at a word, or use the arrow keys.",
  );
  chooseWords(words, tokens, label, pointAt);
}

function word(token, label, most) {
  const supports = token.contribution >= 0;
  const mark = make("mark", { class: supports ? `for ${label}` : "against" }, token.text);
  const strength = Math.abs(token.contribution) / most;
  mark.style.setProperty("--strength", `${Math.round(strength * 70)}%`);
  return mark;
}

/** Let the mouse and the arrow keys choose a word; say what it did. */
function chooseWords(words, tokens, label, pointAt) {
  const box = find("words");
  let chosen = -1;
  function choose(position) {
    words[chosen]?.classList.remove("chosen");
    chosen = position;
    pointAt(position);
    if (position < 0) return tell(find("word-note"), note());
    words[position].classList.add("chosen");
    words[position].scrollIntoView({ block: "nearest" });
    return tell(find("word-note"), note(tokens[position], label));
  }
  box.onpointerover = ({ target }) => {
    const position = words.indexOf(target);
    if (position >= 0) choose(position);
  };
  box.onkeydown = (event) => {
    const next = step(event.key, chosen, words.length - 1);
    if (next === null) return;
    event.preventDefault();
    choose(next);
  };
  choose(-1);
}

function step(key, chosen, last) {
  const forward = Math.min(chosen + 1, last);
  const back = Math.max(chosen - 1, 0);
  const steps = { ArrowRight: forward, ArrowDown: forward, ArrowLeft: back, ArrowUp: back };
  return { ...steps, Home: 0, End: last, Escape: -1 }[key] ?? null;
}

function note(token, label) {
  if (!token) return "\u00a0";
  const sign = token.contribution < 0 ? "−" : "+";
  const share = Math.abs(token.contribution).toFixed(3);
  const after = LABELS.map((name) => `${name} ${percent(token.running[name])}`).join(", ");
  return `“${token.text}”: ${sign}${share} for “${label}”. After it: ${after}.`;
}

function showSentences(sentences, slice) {
  find("sentences-part").hidden = sentences.length < 2;
  find("sentences").replaceChildren(
    ...sentences.map(({ start, end, label, probabilities }) =>
      make(
        "li",
        {},
        make("span", { class: `chip ${label}` }, label),
        make("span", { class: "value" }, percent(Math.max(...Object.values(probabilities)))),
        make("span", { class: "sentence" }, slice(start, end)),
      ),
    ),
  );
}
