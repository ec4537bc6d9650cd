// The part of the page that reads a text: type, paste or take an example.

import { predict } from "./api.js";
import { judge } from "./correction.js";
import { find, showText } from "./elements.js";
import { EXAMPLES } from "./examples.js";
import { showCurve } from "./curve.js";
import { number } from "./format.js";
import { showSentences } from "./sentences.js";
import { showVerdict } from "./verdict.js";
import { showWords } from "./words.js";

// After the last key, so that a text is read once and not letter by letter.
const PAUSE = 500;

const text = find("text");
let limit = Infinity;
let underWay = null;
let timer = null;

/** Say how many characters a text may have. */
export function setLimit(characters) {
  limit = characters;
  count();
}

/** Let a text be typed, pasted, or taken from the examples. */
export function offerTexts() {
  // What the browser kept over a reload stays.
  if (!text.value) text.value = EXAMPLES.mixed;
  text.addEventListener("input", readSoon);
  text.addEventListener("focus", selectExample);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    readNow();
  });
  find("text-form").addEventListener("submit", (event) => {
    event.preventDefault();
    readNow();
  });
  for (const button of document.querySelectorAll("[data-example]")) {
    button.addEventListener("click", () => {
      text.value = EXAMPLES[button.dataset.example];
      readNow();
    });
  }
}

/** An unchanged example is selected, so that typing or pasting replaces it. */
function selectExample() {
  if (Object.values(EXAMPLES).includes(text.value)) text.select();
}

function readSoon() {
  count();
  clearTimeout(timer);
  timer = setTimeout(read, PAUSE);
}

function readNow() {
  count();
  read();
  if (!text.value.trim()) {
    showText(find("text-problem"), "There is no text yet: type or paste one.");
    text.focus();
  }
}

function count() {
  const characters = Array.from(text.value).length;
  const over = characters - limit;
  const most = limit < Infinity ? ` of ${number(limit)}` : "";
  const excess = over > 0 ? `: ${number(over)} too many` : "";
  showText(find("count"), `${number(characters)}${most} characters${excess}`);
  find("count").classList.toggle("excess", over > 0);
}

/** Ask the service about the text, in place of what it was asked before. */
export async function read() {
  clearTimeout(timer);
  underWay?.abort();
  if (!text.value.trim()) return show(null);
  const mine = new AbortController();
  const asked = text.value;
  underWay = mine;
  find("answer").classList.add("waiting");
  try {
    show(asked, await predict(asked, mine.signal));
  } catch (error) {
    if (mine.signal.aborted) return undefined;
    show(null);
    showText(find("text-problem"), error.message);
  }
  return undefined;
}

function show(asked, answer) {
  showText(find("text-problem"), "");
  find("answer").classList.remove("waiting");
  find("answer").hidden = asked === null;
  if (asked === null) return;
  // The service counts code points, JavaScript's strings count UTF-16 units.
  const characters = Array.from(asked);
  const slice = (start, end) => characters.slice(start, end).join("");
  showVerdict(answer);
  judge(asked, answer);
  const words = showWords(answer, slice, characters.length);
  const pointAt = showCurve(answer.tokens, words.choose);
  words.onChoice(pointAt);
  showSentences(answer.sentences, slice);
}
