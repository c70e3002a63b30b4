// Plain text tables for the terminal: columns padded to their widest cell, numbers right-aligned.

export type Cell = string | number;

export interface TableOptions {
  /** Decimals in columns that contain more than integers. */
  readonly digits?: number | undefined;
  /** Printed before every line. */
  readonly indent?: string | undefined;
}

/** Returns rows under a header line and a rule; a column of numbers is right-aligned. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): string {
  const { digits = 4, indent = "" } = options;
  const fractional = header.map((_, column) => rows.some((row) => isFraction(row[column])));
  const text = rows.map((row) =>
    row.map((cell, column) => cellText(cell, fractional[column] === true ? digits : 0)),
  );
  const widths = header.map((title, column) =>
    Math.max(title.length, ...text.map((row) => (row[column] ?? "").length)),
  );
  const numeric = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"),
  );
  const line = (cells: readonly string[]) =>
    indent +
    cells
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(header), rule, ...text.map(line)].join("\n");
}

function isFraction(cell: Cell | undefined): boolean {
  return typeof cell === "number" && !Number.isInteger(cell);
}

function cellText(cell: Cell, digits: number): string {
  if (typeof cell === "string") return cell;
  return Number.isFinite(cell) ? cell.toFixed(digits) : "-";
}
