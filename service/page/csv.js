// Reads CSV: how a file begins, and its records as they come by, piece after piece.

const DELIMITERS = [",", ";", "\t", "|"];

/** Return the encoding of a file by its first bytes: by its mark, else what it can be. */
export function findEncoding(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  try {
    // A character that the cut went through is waited for, not refused.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

export function decode(bytes) {
  return new TextDecoder(findEncoding(bytes)).decode(bytes, { stream: true });
}

/** Return the delimiter that occurs most often in the first record, a comma if none. */
export function findDelimiter(content) {
  const counts = DELIMITERS.map((delimiter) => {
    const [first] = readRows(content, delimiter, 1);
    return first ? first.length : 0;
  });
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

/** Return at most `most` records of a file's beginning; one that is cut in quotes is none. */
export function readRows(content, delimiter, most) {
  const records = new Records(delimiter);
  const rows = [];
  for (const row of records.push(content)) {
    rows.push(row);
    if (rows.length === most) return rows;
  }
  return records.quoted ? rows : [...rows, ...records.end()];
}

/** Records out of pieces of text, cut anywhere; quotes hold delimiters and line ends. */
export class Records {
  quoted = false;
  #row = [];
  #field = "";
  #begun = false;
  #afterQuote = false;
  #afterReturn = false;

  constructor(delimiter) {
    this.delimiter = delimiter;
    this.special = new RegExp(`[${delimiter}\\r\\n]`, "g");
  }

  /** Take a piece of text; give the records that it ends. Blank lines are none. */
  *push(text) {
    let at = this.#afterReturn && text[0] === "\n" ? 1 : 0;
    if (text) this.#afterReturn = false;
    while (at < text.length) {
      if (this.quoted) at = this.#readQuoted(text, at);
      else if (text[at] === '"' && this.#opensQuote()) at += 1;
      else {
        at = this.#readPlain(text, at);
        if (at === text.length) return;
        if (text[at] === this.delimiter) this.#endField();
        else if (this.#begun) yield this.#endRecord();
        this.#afterReturn = text[at] === "\r" && at + 1 === text.length;
        at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
      }
    }
  }

  /** Give the last record, whose line end a file may lack. */
  *end() {
    if (this.#begun) yield this.#endRecord();
  }

  #opensQuote() {
    // Right after a closing quote it is half of a doubled one.
    if (this.#afterQuote) this.#field += '"';
    else if (this.#field) return false;
    this.#afterQuote = false;
    this.#begun = true;
    this.quoted = true;
    return true;
  }

  #readQuoted(text, at) {
    const end = text.indexOf('"', at);
    this.#field += text.slice(at, end < 0 ? text.length : end);
    if (end < 0) return text.length;
    this.quoted = false;
    this.#afterQuote = true;
    return end + 1;
  }

  #readPlain(text, at) {
    this.special.lastIndex = at;
    const end = this.special.exec(text)?.index ?? text.length;
    this.#field += text.slice(at, end);
    if (end > at) [this.#begun, this.#afterQuote] = [true, false];
    return end;
  }

  #endField() {
    this.#row.push(this.#field);
    [this.#field, this.#begun, this.#afterQuote] = ["", true, false];
  }

  #endRecord() {
    this.#endField();
    const row = this.#row;
    [this.#row, this.#begun] = [[], false];
    return row;
  }
}

/** Give the records of a Blob, reading it in pieces. */
export async function* recordsOf(blob, encoding, delimiter) {
  const records = new Records(delimiter);
  const reader = blob.stream().pipeThrough(new TextDecoderStream(encoding)).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    yield* records.push(piece.value);
  }
  yield* records.end();
}
