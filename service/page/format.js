// Writes numbers for people: shares, steps, counts, sizes, times.

import { LABELS } from "./elements.js";

export function percent(share) {
  return `${(share * 100).toFixed(1)}\u00a0%`;
}

/** Write a probability: nothing is ever certain, so none is written as 100 %. */
export function chance(probability) {
  return probability < 0.9995 ? percent(probability) : ">\u00a099.9\u00a0%";
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
  return LABELS.map((label) => `${label} ${chance(triple[label])}`).join(", ");
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}
