// Draws the three probabilities after each token: the hidden state as it reads.

import { draw, LABELS, make, percent } from "./elements.js";

const WIDTH = 640;
const HEIGHT = 160;

/** Draw the curve into `place`; return what marks a token's position in it. */
export function drawCurve(place, tokens) {
  const cursor = draw("line", { class: "cursor", y1: 0, y2: HEIGHT, visibility: "hidden" });
  const picture = draw(
    "svg",
    {
      viewBox: `0 -4 ${WIDTH} ${HEIGHT + 8}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": inWords(tokens),
    },
    ...[0, 0.5, 1].map(gridLine),
    ...LABELS.map((label) => line(label, tokens)),
    cursor,
  );
  place.replaceChildren(scale(), picture, legend());
  return (position) => {
    cursor.setAttribute("visibility", position < 0 ? "hidden" : "visible");
    if (position < 0) return;
    cursor.setAttribute("x1", across(position, tokens.length));
    cursor.setAttribute("x2", across(position, tokens.length));
  };
}

function across(position, count) {
  return count > 1 ? ((position / (count - 1)) * WIDTH).toFixed(2) : WIDTH / 2;
}

function height(probability) {
  return ((1 - probability) * HEIGHT).toFixed(2);
}

function gridLine(probability) {
  const y = height(probability);
  return draw("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y });
}

function line(label, tokens) {
  const points = tokens.map(
    (token, position) => `${across(position, tokens.length)},${height(token.running[label])}`,
  );
  // A single token is drawn as a level line: one point would be invisible.
  if (points.length === 1) {
    const y = height(tokens[0].running[label]);
    points.splice(0, 1, `0,${y}`, `${WIDTH},${y}`);
  }
  return draw("polyline", { class: `line ${label}`, points: points.join(" ") });
}

function scale() {
  const marks = ["100 %", "50 %", "0 %"].map((mark) => make("span", {}, mark));
  return make("div", { class: "scale quiet", "aria-hidden": "true" }, ...marks);
}

function legend() {
  const names = LABELS.map((label) => make("span", { class: `key ${label}` }, label));
  return make("div", { class: "legend", "aria-hidden": "true" }, ...names);
}

function inWords(tokens) {
  const last = tokens[tokens.length - 1].running;
  const ends = LABELS.map((label) => `${label} at ${percent(last[label])}`).join(", ");
  return `The three probabilities after each of ${tokens.length} tokens; at the end ${ends}`;
}
