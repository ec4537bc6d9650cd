// Reads CSV: its records as they come by, piece after piece.

// Excel's own way to name the delimiter, in a line before the header.
const NAMED = /^sep=([^\r\n"\0 ])$/i;

/** Return the delimiter that a file's first line names, if it is Excel's `sep=;`. */
export function namedDelimiter(line) {
  return NAMED.exec(line)?.[1];
}

// How much may stand behind an opening quote before another closes it, as in the service.
const MOST_OPEN = 1 << 27;

/**
 * Return at most `most` records of a file's beginning, or of the `whole` file; of a
 * beginning that ends within quotes those before them.
 */
export function readRows(content, dialect, most, whole) {
  const records = new Records(dialect);
  const rows = [];
  for (const row of records.push(content)) {
    rows.push(row);
    if (rows.length === most) return rows;
  }
  const isCut = records.isOpen && !whole;
  return isCut ? rows : [...rows, ...records.end()].slice(0, most);
}

/**
 * Records out of pieces of text, cut anywhere, as the service reads them
 * (sentiment/tables/records.py).
 *
 * A cell in quotes holds delimiters and line ends. Where one begins with a quote and none
 * stands at its end, its quotes are characters, and its line ends the record: two lone
 * quotes do not take in what is between them. Without `quoting` all quotes are characters,
 * and each line feed ends a record.
 *
 * A file with one column has no delimiter, "". Blank lines are no records, but in such a
 * file those between others. Excel's `sep=;` before the header is none.
 */
export class Records {
  // Whether what was read last is a cell whose quote nothing has closed yet.
  isOpen = false;
  // From the cell on that may still change, and where in it the closing quote is sought.
  #text = "";
  #sought = 0;
  #row = [];
  #isFirst = true;
  #width = 0;
  #blank = 0;

  constructor({ delimiter, quoting }) {
    this.delimiter = delimiter;
    this.quoting = quoting;
    const cut = delimiter.replace(/[\\\]^-]/, "\\$&");
    this.ends = new RegExp(`[${cut}${quoting ? "\\r" : ""}\\n]`, "g");
  }

  /** Take a piece of text; give the records that it ends. */
  *push(piece) {
    // A long cell is not read anew with each of its pieces.
    const mayEnd = !this.#text || this.#mayEndIn(piece);
    this.#text += piece;
    if (mayEnd) yield* this.#read(false);
  }

  /** Give what is left: the last record, whose line end a file may lack. */
  *end() {
    yield* this.#read(true);
  }

  #mayEndIn(piece) {
    if (!this.isOpen) return piece.search(this.ends) >= 0;
    return piece.includes('"') || this.#text.length + piece.length > MOST_OPEN;
  }

  *#read(isLast) {
    const text = this.#text;
    let at = 0;
    while (at < text.length || (isLast && this.#row.length)) {
      const cell = this.#cell(text, at);
      // The next piece may double a quote, or bring the line feed behind a return.
      if (!isLast && (this.isOpen || cell.end + 1 >= text.length)) break;
      const isBlank = !cell.value && !this.#row.length && text[at] !== '"';
      this.#row.push(cell.value);
      this.#sought = 0;
      at = cell.end + 1;
      if (this.delimiter && text[cell.end] === this.delimiter) continue;
      if (text[cell.end] === "\r" && text[at] === "\n") at += 1;
      yield* this.#endRecord(isBlank);
    }
    this.#text = text.slice(at);
  }

  /** Return the value of the cell that begins at `begin`, and where it ends. */
  #cell(text, begin) {
    const quote = this.quoting && text[begin] === '"' ? this.#closingQuote(text, begin) : -1;
    this.isOpen = quote === text.length;
    const closed = quote < 0 || this.isOpen ? -1 : this.#closedEnd(text, quote + 1);
    if (closed > 0) {
      const inside = text.slice(begin + 1, quote);
      const value = inside.includes('"') ? inside.replaceAll('""', '"') : inside;
      return { value: value + text.slice(quote + 1, closed), end: closed };
    }
    this.ends.lastIndex = begin;
    const end = this.ends.exec(text)?.index ?? text.length;
    const value = text.slice(begin, end);
    // A return before a line feed belongs to the line's end.
    const endsLine = !this.quoting && text[end] !== this.delimiter;
    return { value: endsLine ? value.replace(/\r$/, "") : value, end };
  }

  /** Return where the first quote is that is not doubled: -1 where that is too far. */
  #closingQuote(text, begin) {
    let at = text.indexOf('"', begin + Math.max(1, this.#sought));
    while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
    if (at < 0) at = text.length;
    this.#sought = at - begin;
    return at - begin > MOST_OPEN ? -1 : at;
  }

  /** Return where a cell ends whose quotes end at `at`; -1 where more of it follows. */
  #closedEnd(text, at) {
    // Some write spaces behind the quotes.
    while (text[at] === " ") at += 1;
    const ends = [this.delimiter, "\r", "\n", undefined];
    return ends.includes(text[at]) ? at : -1;
  }

  *#endRecord(isBlank) {
    const row = this.#row;
    this.#row = [];
    if (isBlank) {
      this.#blank += this.#width === 1;
      return;
    }
    const isNamed = this.#isFirst && namedDelimiter(row.join(this.delimiter));
    this.#isFirst = false;
    if (isNamed) return;
    this.#width ||= row.length;
    for (; this.#blank; this.#blank -= 1) yield [""];
    yield row;
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
