// Spoils values and texts of JSON: other types, typos in names, numbers out of range, duplicates, deep nesting, cuts and flipped bytes.
import fc from "fast-check";
import { NASTY_TEXTS } from "./from-schema.ts";

/** JSON that JSON.stringify cannot write. A field with this value becomes the text itself. */
const RAW_NUMBERS = [
  "1e999",
  "-1e999",
  "NaN",
  "Infinity",
  "0x10",
  "1.",
  ".5",
  "01",
  "-0",
  "9007199254740993",
  "1e-400",
];
const RAW = "\u0001raw:";

const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  2 ** 53,
  [],
  {},
  [[]],
  { a: 1 },
  ["x"],
  { base64: "AAAA", part: "x" },
  { url: "http://169.254.169.254/latest/meta-data/" },
  { url: "file:///etc/passwd" },
  { part: "__proto__" },
  { base64: "\u0000" },
  "/etc/passwd",
  ...NASTY_TEXTS,
  ...RAW_NUMBERS.map((number) => RAW + number),
];
const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "txt",
  "posts",
  "Text",
  "text ",
  "te\u0000xt",
  "",
  "\ud800",
];

/** One spoiled place of a value. */
export interface Spoiling {
  /** Which of the value's places. */
  readonly place: number;
  readonly how: "replace" | "remove" | "rename" | "add" | "wrap" | "repeat" | "deepen";
  readonly value: unknown;
  readonly name: string;
}

export const SPOILINGS: fc.Arbitrary<Spoiling> = fc.record({
  place: fc.nat(1000),
  how: fc.constantFrom("replace", "replace", "remove", "rename", "add", "wrap", "repeat", "deepen"),
  value: fc.constantFrom(...VALUES),
  name: fc.constantFrom(...NAMES),
});

type Box = Record<string, unknown> | unknown[];

/** The value with one place spoiled. */
export function spoiled(value: unknown, { place, how, value: other, name }: Spoiling): unknown {
  const copy: unknown = structuredClone(value);
  const places = placesOf(copy);
  const [box, key] = places[place % Math.max(1, places.length)] ?? [undefined, undefined];
  if (box === undefined || key === undefined) return other;
  const fields = box as Record<string | number, unknown>;
  const old = fields[key];
  switch (how) {
    case "replace":
      fields[key] = other;
      break;
    case "remove":
      delete fields[key];
      break;
    case "rename":
      delete fields[key];
      Object.defineProperty(box, name, { value: old, enumerable: true, configurable: true });
      break;
    case "add":
      Object.defineProperty(box, name, { value: other, enumerable: true, configurable: true });
      break;
    case "wrap":
      fields[key] = [old];
      break;
    case "repeat":
      fields[key] = Array.from({ length: 600 }, () => old);
      break;
    case "deepen":
      for (let depth = 0; depth < 200; depth++) fields[key] = [fields[key]];
      break;
    default:
      how satisfies never;
  }
  return copy;
}

function placesOf(value: unknown): (readonly [Box, string | number])[] {
  if (typeof value !== "object" || value === null) return [];
  const box = value as Box;
  return Object.entries(box).flatMap(([key, inner]) => [[box, key] as const, ...placesOf(inner)]);
}

/** JSON text of a value that may hold raw numbers. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.replace(/"\\u0001raw:([^"]*)"/g, "$1");
}

/** One spoiled place of bytes. */
export interface ByteSpoiling {
  readonly how: "cut" | "flip" | "insert" | "double" | "none";
  readonly at: number;
  readonly byte: number;
}

export const BYTE_SPOILINGS: fc.Arbitrary<ByteSpoiling> = fc.record({
  how: fc.constantFrom("none", "none", "none", "cut", "flip", "insert", "double"),
  at: fc.nat(100_000),
  byte: fc.nat(255),
});

export function spoiledBytes(bytes: Buffer, { how, at, byte }: ByteSpoiling): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  switch (how) {
    case "none":
      return bytes;
    case "cut":
      return bytes.subarray(0, place);
    case "flip": {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[place] = byte;
      return copy;
    }
    case "insert":
      return Buffer.concat([bytes.subarray(0, place), Buffer.from([byte]), bytes.subarray(place)]);
    case "double":
      return Buffer.concat([bytes, bytes.subarray(place)]);
  }
}
