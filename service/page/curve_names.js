// Where names have room along the curve: words below it, labels at its end.

const NAME_FONT = "600 14px system-ui, sans-serif";
const SPOKEN = /[\p{L}\p{N}\p{Extended_Pictographic}!?]/u;
// Aslant, a word below needs this much of the line, in pixels.
const WORD_ROOM = 16;

/**
 * Return the positions of the tokens to name below the curve, in no order.
 *
 * Commas and the like are not named. All others are where they have room; else those that
 * moved the answer most, none so near to another that they would overlap.
 */
export function worthNaming(tokens, slot) {
  const positions = [...tokens.keys()].filter((at) => SPOKEN.test(tokens[at].text));
  if (slot >= WORD_ROOM) return positions;
  const apart = Math.ceil(WORD_ROOM / slot);
  const step = (position) => Math.abs(tokens[position].contribution);
  const taken = new Set();
  return positions
    .sort((a, b) => step(b) - step(a))
    .filter((position) => {
      for (let near = position - apart + 1; near < position + apart; near += 1) {
        if (taken.has(near)) return false;
      }
      taken.add(position);
      return true;
    });
}

/** Move `wanted` heights apart by `room`, within bounds, keeping their order. */
export function spread(wanted, room, top, bottom) {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a] - wanted[b]);
  const places = [...wanted];
  let least = top;
  for (const index of order) {
    places[index] = Math.max(places[index], least);
    least = places[index] + room;
  }
  let most = bottom;
  for (const index of order.reverse()) {
    places[index] = Math.min(places[index], most);
    most = places[index] - room;
  }
  return places;
}

/** Return the width of the widest of the names, in pixels. */
export function widthOf(names) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = NAME_FONT;
  return Math.max(...names.map((name) => pen.measureText(name).width));
}
