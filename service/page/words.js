// Shows the text word by word: coloured by what each did, one of them chosen.

import { find, make, showText } from "./elements.js";
import { inWords, signed } from "./format.js";

// Of the label's colour in the strongest word's; more would drown its letters.
const STRONGEST = 50;

/** Show the words; return `choose(position)`, and `onChoice` to follow what is chosen. */
export function showWords({ label, tokens }, slice, length) {
  const most = Math.max(...tokens.map((token) => Math.abs(token.contribution)), 1e-9);
  const words = tokens.map((token, position) => word(token, position, label, most));
  const parts = [];
  let end = 0;
  tokens.forEach((token, position) => {
    parts.push(...between(slice(end, token.start)), words[position]);
    end = token.end;
  });
  find("words").replaceChildren(...parts, ...between(slice(end, length)));
  find("words").scrollTop = 0;
  showLegend(label, tokens);
  return chooser(words, tokens, label);
}

function word(token, position, label, most) {
  const mark = make("mark", {
    id: `word-${position}`,
    role: "option",
    "aria-selected": "false",
    "aria-label": description(token, label),
    class: token.contribution < 0 ? "against" : `for ${label}`,
  });
  mark.textContent = token.text;
  const strength = Math.abs(token.contribution) / most;
  mark.style.setProperty("--strength", `${Math.round(strength * STRONGEST)}%`);
  return mark;
}

/** What stands between two tokens: space, or what the model did not read. */
function between(text) {
  const unread = text.trim();
  if (!unread) return [text];
  const at = text.indexOf(unread);
  const struck = make("span", { class: "unread" }, unread);
  return [text.slice(0, at), struck, text.slice(at + unread.length)];
}

function showLegend(label, tokens) {
  const sum = tokens.reduce((total, token) => total + token.contribution, 0);
  find("words-legend").replaceChildren(
    make("mark", { class: `for ${label} full` }, `for ${label}`),
    " ",
    make("mark", { class: "against full" }, "against"),
    ` The stronger the colour, the larger the step; all together ${signed(sum)}.`,
  );
}

function description(token, label) {
  return `${token.text}: ${signed(token.contribution)} for ${label}. After it ${inWords(token.running)}`;
}

/** Let the pointer and the arrow keys choose a word; say what it did. */
function chooser(words, tokens, label) {
  const box = find("words");
  let follow = () => {};
  let chosen = -1;
  function choose(position) {
    words[chosen]?.setAttribute("aria-selected", "false");
    chosen = position;
    words[chosen]?.setAttribute("aria-selected", "true");
    box.setAttribute("aria-activedescendant", words[chosen]?.id ?? "");
    showNote(tokens[chosen], label);
    follow(chosen);
  }
  box.onpointerover = ({ target }) => {
    const position = words.indexOf(target);
    if (position >= 0) choose(position);
  };
  box.onfocus = () => chosen < 0 && box.matches(":focus-visible") && choose(0);
  box.onkeydown = (event) => {
    const next = step(event.key, chosen, words.length - 1);
    if (next === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    choose(next);
    keepInView(box, words[next]);
  };
  choose(-1);
  return { choose, onChoice: (listener) => (follow = listener) };
}

function step(key, chosen, last) {
  const forward = Math.min(chosen + 1, last);
  const back = Math.max(chosen - 1, 0);
  const steps = { ArrowRight: forward, ArrowDown: forward, ArrowLeft: back, ArrowUp: back };
  return { ...steps, Home: 0, End: last, Escape: -1 }[key] ?? null;
}

/** Scroll the box alone: the page stays where its reader put it. */
function keepInView(box, word) {
  if (!word) return;
  const [outer, inner] = [box.getBoundingClientRect(), word.getBoundingClientRect()];
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 8;
  if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 8;
}

/** Say how a word is chosen: with a finger, or with a mouse. */
function hint() {
  const way = matchMedia("(pointer: coarse)").matches ? "Tap" : "Point at";
  return `${way} a word or the curve, or walk through the words with the arrow keys.`;
}

function showNote(token, label) {
  if (!token) {
    showText(find("word-note"), hint());
    return;
  }
  find("word-note").replaceChildren(
    make("bdi", {}, `“${token.text}”`),
    make("strong", {}, ` ${signed(token.contribution)}`),
    ` for ${label}. After it: ${inWords(token.running)}.`,
  );
}
