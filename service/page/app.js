// The page's beginning: joins its parts to the service.

import { info, useKey } from "./api.js";
import { offerCorrections } from "./correction.js";
import { find, tell } from "./elements.js";
import { offerFiles, setLargest } from "./files.js";
import { offerTexts, read, setLimit } from "./texts.js";

// How long after /info was not answered it is asked again.
const AGAIN = 5_000;

const keyForm = find("key-form");

/** Let a key be given, and ask again with it. */
function offerKey() {
  keyForm.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      useKey(find("key").value);
    } catch (error) {
      tell(find("key-problem"), error.message);
      return;
    }
    tell(find("key-problem"), "");
    tell(find("file-problem"), "");
    read();
  });
  // Said by api.js, whoever asked: the key is missing, or another one.
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
    tell(find("model"), `Model ${model}`);
    setLimit(limits.max_characters);
    setLargest(limits.max_csv_bytes);
    if (limits.feedback) offerCorrections();
    return limits.api_key_required;
  } catch (error) {
    setTimeout(learnLate, AGAIN);
    throw error;
  }
}

/** Learn while somebody may be typing: keep what is answered, and the keyboard's place. */
async function learnLate() {
  const needsKey = await learn().catch(() => null);
  if (needsKey && keyForm.hidden) {
    keyForm.hidden = false;
    tell(find("text-problem"), "");
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
    tell(find("text-problem"), error.message);
  }
}

begin();
