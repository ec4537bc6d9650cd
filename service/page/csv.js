// Reads the beginning of a CSV file: enough to offer its columns and to show some rows.

const DELIMITERS = [",", ";", "\t", "|"];

/** Decode the first bytes of a file: UTF-16 or UTF-8 by its mark, else what it can be. */
export function decode(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return text(bytes, "utf-16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return text(bytes, "utf-16be");
  try {
    // A character that the cut went through is waited for, not refused.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return text(bytes, "windows-1252");
  }
}

function text(bytes, encoding) {
  return new TextDecoder(encoding).decode(bytes, { stream: true });
}

/** Return the delimiter that occurs most often in the first record, a comma if none. */
export function findDelimiter(content) {
  const counts = DELIMITERS.map((delimiter) => {
    const [first] = readRows(content, delimiter, 1);
    return first ? first.length : 0;
  });
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

/** Return at most `most` whole records; quotes may hold delimiters and line ends. */
export function readRows(content, delimiter, most) {
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < content.length && rows.length < most; at += 1) {
    const character = content[at];
    if (quoted) {
      if (character !== '"') field += character;
      else if (content[at + 1] === '"') field += content[++at];
      else quoted = false;
    } else if (character === '"' && field === "") quoted = true;
    else if (character === delimiter) [row, field] = [[...row, field], ""];
    else if (character === "\n" || character === "\r") {
      if (character === "\r" && content[at + 1] === "\n") at += 1;
      if (row.length || field) rows.push([...row, field]);
      [row, field] = [[], ""];
    } else field += character;
  }
  // The last record of a file may lack its line end; one that is cut within a quote
  // is not whole.
  if (rows.length < most && !quoted && (row.length || field)) rows.push([...row, field]);
  return rows;
}
