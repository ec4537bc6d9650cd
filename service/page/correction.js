// Lets a reader say what an answer should have been, where the service keeps corrections.

import { correct } from "./api.js";
import { find, showText } from "./elements.js";

const PROMISE =
  "Texts are answered and forgotten, unless you say what an answer should be: that text is " +
  "kept. None is logged.";

const buttons = [...document.querySelectorAll("[data-label]")];
// The answer that is shown: what a click is about, and what was made of it.
let judged = null;

/** Offer to correct answers; say in the footer, too, what becomes of a text then. */
export function offerCorrections() {
  find("correction").hidden = false;
  showText(find("promise"), PROMISE);
  for (const button of buttons) {
    button.addEventListener("click", () => send(button.dataset.label));
  }
}

/** From here on, take a click as a correction of this answer to `text`. */
export function judge(text, { request_id: requestId }) {
  judged = { text, requestId, label: null, isSending: false };
  show(judged, "");
}

async function send(label) {
  const mine = judged;
  if (mine.isSending || mine.label === label) return;
  mine.isSending = true;
  show(mine, "Sending…");
  try {
    await correct(mine.text, label, mine.requestId);
    mine.label = label;
    // Of several corrections of a text the last one counts.
    show(mine, `Thank you. It is kept as ${label}; if that was a slip, choose again.`);
  } catch (error) {
    show(mine, "", error.message);
  } finally {
    mine.isSending = false;
  }
}

/** Show what became of a correction, unless another answer is shown meanwhile. */
function show(mine, words, problem = "") {
  if (judged !== mine) return;
  showText(find("correction-said"), words);
  showText(find("correction-problem"), problem);
  for (const button of buttons) {
    button.setAttribute("aria-pressed", button.dataset.label === mine.label);
  }
}
