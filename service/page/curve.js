// Draws the three probabilities after each token: the hidden state as it reads.

import { spread, widthOf, worthNaming } from "./curve_names.js";
import { draw, find, LABELS } from "./elements.js";
import { chance, inWords } from "./format.js";

const TOP = 8;
const HEIGHT = 170;
const LEFT = 48;
// For the words, which hang aslant below the lines.
const BELOW = 82;
const NAME_HEIGHT = 16;
const NAME_GAP = 8;
// Too narrow for figures beside the names.
const NARROW = 480;
const LONGEST_WORD = 13;
// Closer than this, in pixels, the steps need finer lines.
const DENSE = 6;

let resized = null;

/**
 * Draw the curve; return what marks a token's position in it.
 *
 * `choose` is called with the pointer's position; words and curve choose together.
 */
export function showCurve(tokens, choose) {
  const place = find("curve");
  let chosen = -1;
  let mark = () => {};
  const redraw = () => {
    const frame = frameOf(place.clientWidth, tokens);
    const cursor = draw("g", { class: "cursor" });
    place.replaceChildren(picture(frame, tokens, cursor, choose));
    mark = (position) => markToken(cursor, frame, tokens, position);
    mark(chosen);
  };
  resized?.disconnect();
  // It is drawn in the screen's own pixels, so that letters and lines keep their size.
  resized = new ResizeObserver(redraw);
  resized.observe(place);
  redraw();
  return (position) => {
    chosen = position;
    mark(chosen);
  };
}

function frameOf(width, tokens) {
  const count = tokens.length;
  const names = lineNames(tokens.at(-1).running, width < NARROW);
  const wide = Math.max(width - LEFT - widthOf(names) - 2 * NAME_GAP, 80);
  const slot = count > 1 ? wide / (count - 1) : wide;
  return {
    width,
    names,
    slot,
    end: LEFT + wide,
    x: (position) => LEFT + (count > 1 ? position * slot : wide / 2),
    y: (probability) => TOP + (1 - probability) * HEIGHT,
  };
}

/** Each line's name, with its figure where there is room. */
function lineNames(last, narrow) {
  return LABELS.map((label) => (narrow ? label : `${label} ${Math.round(last[label] * 100)} %`));
}

function picture(frame, tokens, cursor, choose) {
  const total = TOP + HEIGHT + BELOW;
  const svg = draw(
    "svg",
    {
      width: frame.width,
      height: total,
      class: frame.slot < DENSE ? "dense" : "",
      viewBox: `0 0 ${frame.width} ${total}`,
      role: "img",
      "aria-label":
        `The three probabilities after each of ${tokens.length} tokens. ` +
        `At the end ${inWords(tokens.at(-1).running)}.`,
    },
    ...[0, 0.5, 1].flatMap((share) => gridLine(frame, share)),
    ...worthNaming(tokens, frame.slot).map((at) => wordBelow(frame, tokens, at, "named")),
    ...LABELS.map((label) => line(frame, tokens, label)),
    ...names(frame, tokens.at(-1).running),
    cursor,
  );
  const point = ({ clientX }) => {
    const across = clientX - svg.getBoundingClientRect().left - LEFT;
    const nearest = Math.round(across / frame.slot);
    choose(Math.min(Math.max(nearest, 0), tokens.length - 1));
  };
  svg.addEventListener("pointermove", point);
  // A finger that taps does not move.
  svg.addEventListener("pointerdown", point);
  return svg;
}

function gridLine(frame, share) {
  const y = frame.y(share);
  return [
    draw("line", { class: "grid", x1: LEFT, x2: frame.end, y1: y, y2: y }),
    draw("text", { class: "scale", x: LEFT - 8, y: y + 4 }, `${share * 100} %`),
  ];
}

function line(frame, tokens, label) {
  const points = tokens.map(
    (token, at) => `${frame.x(at).toFixed(1)},${frame.y(token.running[label]).toFixed(1)}`,
  );
  // A single token is drawn as a level line: one point would be invisible.
  if (points.length === 1) {
    const y = frame.y(tokens[0].running[label]).toFixed(1);
    points.splice(0, 1, `${LEFT},${y}`, `${frame.end},${y}`);
  }
  return draw("polyline", { class: `line ${label}`, points: points.join(" ") });
}

/** Name each line at its end, so that it needs no legend. */
function names(frame, last) {
  const wanted = LABELS.map((label) => frame.y(last[label]));
  const places = spread(wanted, NAME_HEIGHT, TOP + 4, TOP + HEIGHT - 4);
  return LABELS.map((label, index) => {
    const x = frame.end + NAME_GAP;
    return draw("text", { class: `name ${label}`, x, y: places[index] + 4 }, frame.names[index]);
  });
}

function wordBelow(frame, tokens, position, kind) {
  const [x, y] = [frame.x(position) - 4, TOP + HEIGHT + 14];
  const characters = Array.from(tokens[position].text);
  const cut = characters.length > LONGEST_WORD;
  const text = cut ? `${characters.slice(0, LONGEST_WORD - 1).join("")}…` : tokens[position].text;
  const turned = `rotate(50 ${x} ${y})`;
  return draw("text", { class: `below ${kind}`, x, y, transform: turned }, text);
}

/** Mark one token: a line down, a dot on each curve, its word below. */
function markToken(cursor, frame, tokens, position) {
  if (position < 0) return cursor.replaceChildren();
  const x = frame.x(position);
  const running = tokens[position].running;
  return cursor.replaceChildren(
    draw("line", { x1: x, x2: x, y1: TOP, y2: TOP + HEIGHT + 4 }),
    ...LABELS.map((label) => {
      const dot = draw("circle", { class: label, cx: x, cy: frame.y(running[label]), r: 4 });
      dot.append(draw("title", {}, `${label} ${chance(running[label])}`));
      return dot;
    }),
    wordBelow(frame, tokens, position, "chosen"),
  );
}
