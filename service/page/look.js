// Looks at a file before it is sent: what it is, its columns, how many rows it has.

import { readRows, recordsOf } from "./csv.js";
import { findDialect } from "./dialect.js";
import { decode, knownEncoding } from "./encoding.js";
import { size } from "./format.js";

// As many as the service looks at, so that both detect the same.
const LOOK_BYTES = 256 * 1024;
const SAMPLES = 20;

// What people drop in place of a CSV, by its first bytes.
const OTHERS = [
  ["PK\u0003\u0004", "is a workbook or a ZIP archive: save it as CSV first"],
  ["\u00d0\u00cf\u0011\u00e0", "is an old workbook: save it as CSV first"],
  ["\u001f\u008b", "is gzipped: unpack it first"],
  ["PAR1", "is Parquet: `sentiment score` reads it"],
  ["%PDF", "is a PDF, not a CSV"],
];

/**
 * Return the file's dialect, column names and first rows.
 *
 * Throws an Error for a file that is certainly no CSV with rows, or larger than `most`
 * bytes, the limit of the service.
 */
export async function look(file, most) {
  const bytes = new Uint8Array(await file.slice(0, LOOK_BYTES).arrayBuffer());
  if (!bytes.length) throw new Error(`${file.name} is empty.`);
  refuseOthers(file, bytes);
  if (file.size > most) {
    throw new Error(
      `${file.name} has ${size(file.size)}, the service takes ${size(most)}: ` +
        "cut it, or use the command `sentiment score`.",
    );
  }
  const dialect = await findDialect(file, bytes);
  const content = decode(bytes, dialect.encoding);
  if (isJson(content)) throw new Error(`${file.name} is JSON: \`sentiment score\` reads JSON lines.`);
  const [columns, ...rows] = readRows(content, dialect, SAMPLES, file.size <= LOOK_BYTES);
  if (!columns) throw new Error(`${file.name} has no header line.`);
  if (!rows.length && file.size <= LOOK_BYTES) {
    throw new Error(`${file.name} has a header and no rows.`);
  }
  return { file, dialect, columns, rows };
}

/** Say whether a file begins with an object, as JSON lines do, or a list of them. */
function isJson(content) {
  return /^\s*(\[\s*)?\{\s*"(?:[^"\\]|\\.)*"\s*:/.test(content);
}

function refuseOthers({ name }, bytes) {
  const beginning = String.fromCharCode(...bytes.slice(0, 8));
  const other = OTHERS.find(([mark]) => beginning.startsWith(mark));
  if (other) throw new Error(`${name} ${other[1]}.`);
  const known = knownEncoding(bytes);
  // The service reads it, browsers do not.
  if (known === "utf-32") throw new Error(`${name} is in UTF-32: save it in UTF-8 first.`);
  const wide = known?.startsWith("utf-16");
  if (!wide && bytes.includes(0)) throw new Error(`${name} is not a text file: a CSV file is needed.`);
}

/** Count the rows below the header; the file is read in pieces. */
export async function countRows({ file, dialect }) {
  let count = -1;
  for await (const row of recordsOf(file, dialect)) count += row.length > 0;
  return Math.max(count, 0);
}
