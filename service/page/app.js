// The page's beginning: joins its parts to the service.

import { info, useKey } from "./api.js";
import { offerCorrections } from "./correction.js";
import { find, tell } from "./elements.js";
import { offerFiles } from "./files.js";
import { offerTexts, read, setLimit } from "./texts.js";

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

async function begin() {
  offerKey();
  offerTexts();
  try {
    const { model, limits } = await info();
    tell(find("model"), `Model ${model}`);
    setLimit(limits.max_characters);
    offerFiles(limits.max_csv_bytes);
    if (limits.feedback) offerCorrections();
    keyForm.hidden = !limits.api_key_required;
    if (limits.api_key_required) find("key").focus();
    else read();
  } catch (error) {
    tell(find("text-problem"), error.message);
    offerFiles();
  }
}

begin();
