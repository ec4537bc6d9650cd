// Makes and finds elements. Text is inserted as text, never as markup.

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
export function showText(element, text) {
  element.textContent = text ?? "";
  element.hidden = !text;
}

/** Make a bar of a label's colour, as wide as `share` of what it stands in. */
export function bar(label, share) {
  const filled = make("span", { class: `bar ${label}` });
  filled.style.width = `${share * 100}%`;
  return filled;
}
