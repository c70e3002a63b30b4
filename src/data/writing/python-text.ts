// Writes values as Python literals, in the form of MNRE's files.
import type { JsonValue } from "../document.ts";

/** A value as a Python literal on one line. */
export function pythonString(value: JsonValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(pythonString).join(", ")}]`;
  return `{${Object.entries(value)
    .map(([name, one]) => `${quoted(name)}: ${pythonString(one)}`)
    .join(", ")}}`;
}

const NAMED: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\\": "\\\\",
  "'": "\\'",
};

/** A string in single quotes, or in double quotes if it has a single quote and no double quote, as Python prints it. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\'\p{Cc}\u2028\u2029\ufeff]/gu, (character) => {
    if (character === "'" && quote === '"') return character;
    const named = NAMED[character];
    return named ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `${quote}${escaped}${quote}`;
}
