// Detects the encoding of a file as the service does (sentiment/tables/encodings.py).

const MARKS = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-32", [0xff, 0xfe, 0, 0]],
  ["utf-32", [0, 0, 0xfe, 0xff]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

// A file is taken for unmarked UTF-16 if zero bytes are at least this many times as
// frequent at even positions as at odd ones, or the other way round.
const FEW = 4;

/**
 * Return the encoding of a file by its first bytes, else by all of `chunks`.
 *
 * A few invalid bytes among many valid characters of UTF-8 are damage, not another
 * encoding; they may be far from the beginning.
 */
export async function findEncoding(sample, chunks) {
  const known = knownEncoding(sample);
  if (known) return known;
  const counts = new Utf8Counts();
  for await (const chunk of chunks) counts.add(chunk);
  counts.end();
  return counts.damaged === 0 || counts.damaged < counts.sound ? "utf-8" : "windows-1252";
}

/** Return the encoding by the byte order mark, or UTF-16 where every second byte is 0. */
export function knownEncoding(sample) {
  const marked = MARKS.find(([, mark]) => mark.every((byte, at) => sample[at] === byte));
  return marked?.[0] ?? unmarkedUtf16(sample);
}

function unmarkedUtf16(sample) {
  const zeros = [0, 0];
  sample.forEach((byte, at) => (zeros[at % 2] += byte === 0));
  const [even, odd] = zeros;
  const [evens, odds] = [Math.ceil(sample.length / 2), Math.floor(sample.length / 2)];
  if (odd > Math.floor(odds / 2) && odd >= FEW * even) return "utf-16le";
  if (even > Math.floor(evens / 2) && even >= FEW * odd) return "utf-16be";
  return undefined;
}

/** Return the text of a file's first bytes, without a character that is cut at the end. */
export function decode(bytes, encoding) {
  return new TextDecoder(encoding).decode(bytes, { stream: true });
}

/**
 * Counts the non-ASCII characters in chunks of UTF-8, and the bytes that are invalid.
 *
 * With a TextDecoder, damage would look like a U+FFFD that is in the file.
 */
class Utf8Counts {
  sound = 0;
  damaged = 0;
  // Of the character that is being read: its bytes so far, those to come, and the next.
  #read = 0;
  #missing = 0;
  #least = 0;
  #most = 0;

  add(bytes) {
    for (let at = 0; at < bytes.length; ) {
      const byte = bytes[at];
      if (this.#missing && (byte < this.#least || byte > this.#most)) this.end();
      else {
        if (this.#missing) this.#goOn();
        else if (byte >= 0x80) this.#begin(byte);
        at += 1;
      }
    }
  }

  /** What has been begun here was no character. */
  end() {
    this.damaged += this.#read;
    this.#read = 0;
    this.#missing = 0;
  }

  #begin(byte) {
    if (byte < 0xc2 || byte > 0xf4) {
      this.damaged += 1;
      return;
    }
    this.#read = 1;
    this.#missing = 1 + (byte >= 0xe0) + (byte >= 0xf0);
    // Neither longer than needed, nor half of a pair, nor beyond the last character.
    this.#least = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#most = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
  }

  #goOn() {
    this.#read += 1;
    this.#missing -= 1;
    this.#least = 0x80;
    this.#most = 0xbf;
    if (this.#missing) return;
    this.sound += 1;
    this.#read = 0;
  }
}
