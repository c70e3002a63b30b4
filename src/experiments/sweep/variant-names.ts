// Names for the variants of a sweep: the end of a field's name and the value, such as `delta-0.3`, usable as folder names.
import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";

/** Stands between the parts of a variant's name: data set, first field, second field. */
export const BETWEEN = "--";

/** The shortest ends of the fields' names that tell them apart: `delta`, or `mixup.enabled` beside `attention.enabled`. */
export function shortNames(fields: readonly string[]): ReadonlyMap<string, string> {
  const end = (field: string, parts: number) => field.split(".").slice(-parts).join(".");
  return new Map(
    fields.map((field) => {
      const most = field.split(".").length;
      const numbers = Array.from({ length: most }, (_, i) => i + 1);
      const parts = numbers.find(
        (count) => !fields.some((other) => other !== field && end(other, count) === end(field, count)),
      );
      return [field, end(field, parts ?? most)];
    }),
  );
}

/** A name for each value of a field, in their order; values whose names would be equal get a part of their SHA-256. */
export function valueNames(shortName: string, values: readonly unknown[]): readonly string[] {
  const plain = values.map((value) => `${folderName(inWords(shortName))}-${folderName(shownValue(value))}`);
  return plain.map((name, i) =>
    plain.some((other, j) => other === name && i !== j) ? `${name}-${digest(values[i])}` : name,
  );
}

/** A value in words: numbers and names as they are, the last part of a path, "absent" for null. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return "absent";
  if (typeof value === "string") return isAbsolute(value) ? lastPart(value) : value;
  return JSON.stringify(value);
}

const lastPart = (path: string) => path.split(/[\\/]/).findLast((part) => part !== "") ?? path;

const LONGEST_NAME = 60; // file systems take 255 bytes for a folder's name, and a grid joins several

/** `batchSize` as `batch-size`. */
const inWords = (field: string) => field.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2");

/** A text in the letters that a folder of an experiment may have. */
function folderName(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "");
  const sign = text.startsWith("-") && plain !== "" ? "minus-" : "";
  return `${sign}${plain.slice(0, LONGEST_NAME)}` || "other";
}

const DIGEST_LENGTH = 6;

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, DIGEST_LENGTH);
}
