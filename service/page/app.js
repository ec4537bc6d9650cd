// The entry point of the page: connects its parts to the service.

import { info, useKey } from "./api.js";
import { offerCorrections } from "./correction.js";
import { find, showText } from "./elements.js";
import { offerFiles, setLargest } from "./files.js";
import { offerTexts, read, setLimit } from "./texts.js";

// After so many milliseconds /info is asked again, if it did not answer.
const AGAIN = 5_000;

const keyForm = find("key-form");

/** Let a key be given, and ask again with it. */
function offerKey() {
  keyForm.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      useKey(find("key").value);
    } catch (error) {
      showText(find("key-problem"), error.message);
      return;
    }
    showText(find("key-problem"), "");
    showText(find("file-problem"), "");
    read();
  });
  // From api.js, after any request: the key is missing or wrong.
  document.addEventListener("key-wanted", () => {
    keyForm.hidden = false;
    find("key").focus();
  });
}

/**
 * Ask what is served, and within which limits; return whether a key is needed.
 *
 * Without an answer it is asked again in a while, as often as it takes: texts may be answered
 * already, and nothing on the page says that limits and corrections are missing.
 */
async function learn() {
  try {
    const { model, limits } = await info();
    showText(find("model"), `Model ${model}`);
    setLimit(limits.max_characters);
    setLargest(limits.max_csv_bytes);
    if (limits.feedback) offerCorrections();
    return limits.api_key_required;
  } catch (error) {
    setTimeout(learnLate, AGAIN);
    throw error;
  }
}

/** Learn while the user may be typing: keep the answer that is shown, and the focus. */
async function learnLate() {
  const needsKey = await learn().catch(() => null);
  if (needsKey && keyForm.hidden) {
    keyForm.hidden = false;
    showText(find("text-problem"), "");
  }
  if (needsKey === false && find("answer").hidden) read();
}

async function begin() {
  offerKey();
  offerTexts();
  offerFiles();
  try {
    const needsKey = await learn();
    keyForm.hidden = !needsKey;
    if (needsKey) find("key").focus();
    else read();
  } catch (error) {
    showText(find("text-problem"), error.message);
  }
}

begin();
