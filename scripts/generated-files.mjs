// Helpers of the scripts that generate documentation: tables in the formatter's layout, and writing or (--check) comparing files.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Returns a Markdown table with padded columns, in this repository's formatter's layout. */
export function markdownTable(header, rows) {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [head, ...body] = cells;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** Writes each text to its path, or with --check exits with 1 when a file differs from its text. */
export function writeOrCheck(outputs) {
  const check = process.argv.includes("--check");
  let stale = 0;
  for (const [path, text] of Object.entries(outputs)) {
    if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
    if (check) {
      console.error(`${path} is not up to date: run \`npm run build && npm run docs\``);
      stale++;
    } else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      console.log(`wrote ${path}`);
    }
  }
  process.exitCode = stale === 0 ? 0 : 1;
}
