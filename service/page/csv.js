// Reads CSV: its records as they come by, piece after piece.

// Excel's own way to name the delimiter, in a line before the header.
const SAID = /^sep=([^\r\n"\0 ])$/i;

/** Return the delimiter that a file's first line names, if it is Excel's `sep=;`. */
export function saidDelimiter(line) {
  return SAID.exec(line)?.[1];
}

/** Return at most `most` records of a file's beginning; one that is cut in quotes is none. */
export function readRows(content, dialect, most) {
  const records = new Records(dialect);
  const rows = [];
  for (const row of records.push(content)) {
    rows.push(row);
    if (rows.length === most) return rows;
  }
  return records.quoted ? rows : [...rows, ...records.end()];
}

/**
 * Records out of pieces of text, cut anywhere; quotes hold delimiters and line ends.
 *
 * Without `quoting` a quote is a character like others, and each line feed ends a record.
 * A file with one column has no delimiter, "". Blank lines are no records, nor is Excel's
 * `sep=;` before the header.
 */
export class Records {
  quoted = false;
  #row = [];
  #field = "";
  #begun = false;
  #afterQuote = false;
  #afterReturn = false;
  #isFirst = true;

  constructor({ delimiter, quoting }) {
    this.delimiter = delimiter;
    this.quoting = quoting;
    const cut = delimiter.replace(/[\\\]^-]/, "\\$&");
    this.special = new RegExp(`[${cut}${quoting ? "\\r" : ""}\\n]`, "g");
  }

  /** Take a piece of text; give the records that it ends. */
  *push(text) {
    let at = this.#afterReturn && text[0] === "\n" ? 1 : 0;
    if (text) this.#afterReturn = false;
    while (at < text.length) {
      if (this.quoted) at = this.#readQuoted(text, at);
      else if (this.quoting && text[at] === '"' && this.#opensQuote()) at += 1;
      else {
        at = this.#readPlain(text, at);
        if (at === text.length) return;
        if (text[at] === this.delimiter) this.#endField();
        else yield* this.#endRecord();
        this.#afterReturn = text[at] === "\r" && at + 1 === text.length;
        at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
      }
    }
  }

  /** Give the last record, whose line end a file may lack. */
  *end() {
    yield* this.#endRecord();
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

  /** Give the record that ends here as a list of one; none where the line is blank. */
  #endRecord() {
    if (!this.quoting) this.#endLine();
    if (!this.#begun) return [];
    this.#endField();
    const row = this.#row;
    const isSaid = this.#isFirst && saidDelimiter(row.join(this.delimiter));
    [this.#row, this.#begun, this.#isFirst] = [[], false, false];
    return isSaid ? [] : [row];
  }

  /** Take off the return before a line feed, which then belongs to the line's end. */
  #endLine() {
    if (this.#field.endsWith("\r")) this.#field = this.#field.slice(0, -1);
    this.#begun = this.#row.length > 0 || this.#field !== "";
  }
}

/** Give the records of a Blob, reading it in pieces. */
export async function* recordsOf(blob, dialect) {
  const records = new Records(dialect);
  for await (const piece of piecesOf(blob, dialect.encoding)) yield* records.push(piece);
  yield* records.end();
}

/** Give the text of a Blob in pieces. */
export async function* piecesOf(blob, encoding) {
  yield* chunksOf(blob.stream().pipeThrough(new TextDecoderStream(encoding)));
}

/** Give the bytes of a Blob in pieces. */
export async function* bytesOf(blob) {
  yield* chunksOf(blob.stream());
}

// Not every browser lets a stream be walked through as it is.
async function* chunksOf(stream) {
  const reader = stream.getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    yield chunk.value;
  }
}
