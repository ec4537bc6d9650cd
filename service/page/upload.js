// Sends a file and receives its scored rows, with progress both ways; never half a file.

import { credentials, foreign, refusal, unreachable } from "./api.js";
import { size } from "./format.js";

// What scored rows come as.
const SCORED = /^text\/(csv|tab-separated-values)\b/;

/**
 * Send the file; resolve to the scored rows as a Blob.
 *
 * fetch would not report how much is sent. The browser keeps the answer outside of the
 * page's memory, on disk if it is large, and gives nothing of one that broke off.
 */
export function sendFile(file, options, { signal, onSent, onReceived }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let [sent, received] = [false, 0];
    request.open("POST", `/predict/csv?${new URLSearchParams(options)}`);
    request.responseType = "blob";
    request.setRequestHeader("Content-Type", "text/csv");
    for (const [name, value] of Object.entries(credentials())) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.upload.onload = () => {
      sent = true;
      onSent(file.size);
    };
    request.onprogress = ({ loaded }) => {
      if (request.status !== 200) return;
      received = loaded;
      onReceived(loaded);
    };
    request.onload = async () => {
      if (request.status !== 200) reject(await refused(request));
      else if (!SCORED.test(request.response.type)) reject(foreign());
      else resolve(request.response);
    };
    request.onerror = async () => reject(sent ? brokenOff(received) : await unsent(file));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

async function refused(request) {
  const body = await request.response.text();
  return refusal(request.status, body, request.getResponseHeader("Retry-After"));
}

/** Return the Error for a file that was not sent: it has changed, or the service is gone. */
async function unsent(file) {
  // The browser reads nothing of a file that is not as it was when it was chosen.
  const isAsChosen = await file.slice(0, 1).arrayBuffer().then(Boolean, () => false);
  return isAsChosen ? unreachable() : changed(file);
}

function changed({ name }) {
  return new Error(
    `${name} has changed, or is gone, since it was chosen: choose it again, as it is now.`,
  );
}

function brokenOff(received) {
  const after = received ? ` after ${size(received)}` : "";
  return new Error(
    `The answer broke off${after}. Half a result is none, so nothing was kept: score the ` +
      "file again.",
  );
}
