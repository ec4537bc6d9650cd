// The page's beginning: joins its forms to the service.

import { showAnswer } from "./answer.js";
import { info, predict, useKey } from "./api.js";
import { find, tell } from "./elements.js";
import { offerFiles } from "./files.js";

const EXAMPLES = [
  "I wanted to love this kettle. It looks gorgeous, but it leaks and support never answered.",
  "Not bad at all! The soup was warm, the staff were kind, and we'd go again.",
  "The parcel arrived on Tuesday. The box holds two cables and a manual.",
];
// After the last key, so that a text is read once and not letter by letter.
const PAUSE = 500;

let example = 0;
let underWay = null;
let timer = null;

async function read() {
  clearTimeout(timer);
  underWay?.abort();
  const text = find("text").value;
  if (!text.trim()) {
    find("answer").hidden = true;
    tell(find("text-problem"), "");
    return;
  }
  const mine = new AbortController();
  underWay = mine;
  try {
    const answer = await predict(text, mine.signal);
    tell(find("text-problem"), "");
    showAnswer(text, answer);
  } catch (error) {
    if (error.name === "AbortError") return;
    find("answer").hidden = true;
    tell(find("text-problem"), error.message);
  }
}

function readSoon() {
  clearTimeout(timer);
  timer = setTimeout(read, PAUSE);
}

function offerTexts() {
  const text = find("text");
  text.addEventListener("input", readSoon);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    read();
  });
  find("text-form").addEventListener("submit", (event) => {
    event.preventDefault();
    read();
  });
  find("example").addEventListener("click", () => {
    example = (example + 1) % EXAMPLES.length;
    text.value = EXAMPLES[example];
    read();
  });
  // What the browser kept over a reload stays.
  if (!text.value) text.value = EXAMPLES[example];
}

async function begin() {
  offerTexts();
  offerFiles();
  find("key").addEventListener("input", ({ target }) => useKey(target.value));
  try {
    const { model, limits } = await info();
    tell(find("model"), `Model ${model}`);
    find("key-field").hidden = !limits.api_key_required;
    if (limits.api_key_required) find("key").focus();
    else read();
  } catch (error) {
    tell(find("text-problem"), error.message);
  }
}

begin();
