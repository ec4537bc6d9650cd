// Makes and finds elements. Text goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

export const LABELS = ["negative", "neutral", "positive"];

export function find(id) {
  return document.getElementById(id);
}

export function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Show `text` in the element, or hide the element where there is none. */
export function tell(element, text) {
  element.textContent = text ?? "";
  element.hidden = !text;
}

export function percent(share) {
  return `${(share * 100).toFixed(1)}\u00a0%`;
}

/** Write a step with its sign, as in +0.52 and −1.30. */
export function signed(step) {
  return `${step < 0 ? "−" : "+"}${Math.abs(step).toFixed(2)}`;
}

export function number(count) {
  return count.toLocaleString("en");
}

/** Write the three probabilities of `triple` in a row. */
export function inWords(triple) {
  return LABELS.map((label) => `${label} ${percent(triple[label])}`).join(", ");
}
