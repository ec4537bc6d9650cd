// Calls the service; its refusals become Errors with messages for people.

// Kept while the page is open, nowhere else.
let key = "";

// What a key cannot have: anything but the visible characters of ASCII.
const FOREIGN = /[^!-~]/u;

/** Send this key from now on; throws an Error if it cannot be one, and keeps the one before. */
export function useKey(value) {
  const given = value.trim();
  const [foreign] = FOREIGN.exec(given) ?? [];
  if (foreign) {
    const code = foreign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    const place = Array.from(given).indexOf(foreign) + 1;
    throw new Error(
      `Character ${place} of this key is U+${code}, which no key can have: copy the key ` +
        "without it, or type it.",
    );
  }
  key = given;
}

/** Return the headers with the API key, if there is one. */
export function credentials() {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

export async function info() {
  return ask("/info", {});
}

export async function predict(text, signal) {
  return send("/predict", { text, explain: true, sentences: true }, signal);
}

/** Send the correction that `text` should have been answered with `label`. */
export async function correct(text, label, requestId) {
  return send("/feedback", { text, label, request_id: requestId });
}

function send(path, body, signal) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
}

async function ask(path, options) {
  const headers = { ...options.headers, ...credentials() };
  try {
    const answer = await fetch(path, { ...options, headers, cache: "no-store" });
    const body = await answer.text();
    if (!answer.ok) throw refusal(answer.status, body, answer.headers.get("Retry-After"));
    const found = parsed(body);
    if (found === null) throw foreign();
    return found;
  } catch (error) {
    // fetch throws a TypeError for any failure of the network.
    if (error instanceof TypeError) throw unreachable();
    throw error;
  }
}

export function unreachable() {
  return new Error("The service cannot be reached. Is it running? Try again shortly.");
}

/** Make an Error of an answer that does not come from the service. */
export function foreign(status) {
  const such = status ? ` (status ${status}, without a reason)` : "";
  return new Error(
    `Something answered in the service's place${such}: perhaps a login page, or a proxy that ` +
      "does not reach it. Reload this page, or try again shortly.",
  );
}

/** Make an Error of a refusal: its `detail`, and what can be done. */
export function refusal(status, body, retryAfter) {
  if (status === 401) document.dispatchEvent(new Event("key-wanted"));
  const { detail, request_id: id } = parsed(body) ?? {};
  if (!detail || typeof detail !== "string") return foreign(status);
  const reason = sentence(detail);
  if (status === 503 && retryAfter) return new Error(later(detail, retryAfter));
  return new Error(status === 500 && id ? `${reason} The request was ${id}.` : reason);
}

/** Say `detail` and the seconds after which to try again; most details ask for that already. */
function later(detail, seconds) {
  const again = `try again in ${seconds} s`;
  const said = detail.replace(/try again( shortly)?/, again);
  return said.includes(again) ? sentence(said) : `${sentence(said)} ${sentence(again)}`;
}

/** Return the value in JSON; null for anything else. */
function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function sentence(words) {
  const begun = words[0].toUpperCase() + words.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
