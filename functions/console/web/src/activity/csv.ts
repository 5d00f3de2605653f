/** The parts of a CSV export as one file: each part begins with the names of the columns. */

const END = /\r?\n/;

export function joinCsv(parts: readonly string[]): string {
  return parts.map((part, at) => (at === 0 ? part : part.slice(headerLength(part)))).join("");
}

/** The number of records of a part, without the names of the columns. A quoted field may contain line ends. */
export function rowsOf(part: string): number {
  let rows = 0;
  let quoted = false;
  for (const character of part) {
    if (character === '"') quoted = !quoted;
    else if (character === "\n" && !quoted) rows += 1;
  }
  return Math.max(rows - 1, 0);
}

function headerLength(part: string): number {
  const end = END.exec(part);
  return end ? end.index + end[0].length : part.length;
}
