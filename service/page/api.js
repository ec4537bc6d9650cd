// Talks to the service; whatever it refuses becomes an Error with words for people.

// Kept while the page is open, nowhere else.
let key = "";

export function useKey(value) {
  key = value.trim();
}

export async function info() {
  return (await ask("/info", {})).json();
}

export async function predict(text, signal) {
  const answer = await ask("/predict", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text, explain: true, sentences: true }),
    signal,
  });
  return answer.json();
}

/** Send a file; give its scored rows as a Blob, telling `onBytes` how much is here. */
export async function scoreFile(file, options, signal, onBytes) {
  const answer = await ask(`/predict/csv?${new URLSearchParams(options)}`, {
    method: "POST",
    headers: { "Content-Type": "text/csv" },
    body: file,
    signal,
  });
  const pieces = [];
  let received = 0;
  const reader = answer.body.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      pieces.push(piece.value);
      received += piece.value.length;
      onBytes(received);
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The answer broke off midway, so there is no result. Try again.");
  }
  return new Blob(pieces, { type: "text/csv" });
}

async function ask(path, options) {
  const headers = { ...options.headers };
  if (key) headers.Authorization = `Bearer ${key}`;
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The service cannot be reached. Try again shortly.");
  }
  if (!answer.ok) throw new Error(await reason(answer));
  return answer;
}

async function reason(answer) {
  try {
    const { detail, request_id: id } = await answer.json();
    return answer.status === 500 ? `${detail} (${id})` : detail;
  } catch {
    return `The service answered ${answer.status}.`;
  }
}
