// Talks to the service; whatever it refuses becomes an Error with words for people.

// Kept while the page is open, nowhere else.
let key = "";

export function useKey(value) {
  key = value.trim();
}

/** Return the headers that let a request in. */
export function credentials() {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

export async function info() {
  return ask("/info", {});
}

export async function predict(text, signal) {
  return send("/predict", { text, explain: true, sentences: true }, signal);
}

/** Have it kept that `text` should have been answered with `label`. */
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
    if (answer.ok) return JSON.parse(body);
    throw refusal(answer.status, body, answer.headers.get("Retry-After"));
  } catch (error) {
    // fetch says TypeError for whatever happens on the way.
    if (error instanceof TypeError) throw unreachable();
    throw error;
  }
}

export function unreachable() {
  return new Error("The service cannot be reached. Is it running? Try again shortly.");
}

/** Make an Error of a refusal: its `detail`, and what can be done. */
export function refusal(status, body, retryAfter) {
  if (status === 401) document.dispatchEvent(new Event("key-wanted"));
  const { detail, request_id: id } = parsed(body);
  const said = sentence(detail ?? `the service answered ${status}`);
  if (status === 503 && retryAfter) {
    return new Error(`${said} Try again in ${retryAfter} s.`);
  }
  return new Error(status === 500 ? `${said} The request was ${id}.` : said);
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    // Whatever stands between, and speaks no problem+json.
    return {};
  }
}

function sentence(words) {
  const begun = words[0].toUpperCase() + words.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
