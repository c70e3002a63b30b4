// Damages bytes, lines and columns of files, to test that no reader crashes or miscounts.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";

/** One change to a file's bytes. */
export type Mutation = (bytes: Buffer) => Buffer;

/** How many files each property tries; set RELATA_FUZZ_RUNS=20000 for a long search. */
export const FUZZ_RUNS = Number(process.env.RELATA_FUZZ_RUNS ?? 100);

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }); // a share, since files differ in length

const splice = (bytes: Buffer, at: number, cut: number, insert: Buffer): Buffer => {
  const start = Math.floor(at * (bytes.length + 1));
  return Buffer.concat([
    bytes.subarray(0, start),
    insert,
    bytes.subarray(Math.min(start + cut, bytes.length)),
  ]);
};

/** Difficult input for parsers: half characters, white space of all kinds, brackets, quotes, extreme numbers. */
const NASTY = [
  ..."\"'\\[]{}(),:0-+eEIB\t\r\n \0",
  "\r\n",
  "\n\n",
  "\u00a0",
  "\u2028",
  "\ufeff",
  "😀",
  "\\ud83d",
  "\\u0000",
  "IMGID:",
  "-DOCSTART-",
  "B-",
  "I-X",
  "__proto__",
  "1e999",
  "9007199254740993",
  "null",
  "None",
].map((text) => Buffer.from(text));
const BYTES = ["\xff", "\xed\xa0\x80", "\xc0\x80", "\xf8", "\x80", "\xff\xfe", "\xef\xbb"].map((text) =>
  Buffer.from(text, "latin1"),
);

/** Damage for any file. */
const bytewise: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(
    ([at, bit]): Mutation =>
      (bytes) => {
        const copy = Buffer.from(bytes);
        const index = Math.floor(at * copy.length);
        if (copy.length > 0) copy[index] = (copy[index] ?? 0) ^ (1 << bit);
        return copy;
      },
  ),
  fc.tuple(place, fc.nat(255)).map(
    ([at, value]): Mutation =>
      (bytes) =>
        splice(bytes, at, 1, Buffer.of(value)),
  ),
  fc.tuple(place, fc.nat(9)).map(
    ([at, cut]): Mutation =>
      (bytes) =>
        splice(bytes, at, cut, Buffer.of()),
  ),
  place.map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, Math.floor(at * bytes.length)),
  ),
  fc.tuple(place, fc.constantFrom(...NASTY, ...BYTES), fc.nat(4)).map(
    ([at, insert, cut]): Mutation =>
      (bytes) =>
        splice(bytes, at, cut, insert),
  ),
);

const linewise = (change: (lines: string[], at: number) => void): fc.Arbitrary<Mutation> =>
  place.map((at) => (bytes) => {
    const lines = bytes.toString("latin1").split("\n"); // latin1 keeps every byte
    change(lines, Math.floor(at * lines.length));
    return Buffer.from(lines.join("\n"), "latin1");
  });

/** Damage for text files. */
const textwise: fc.Arbitrary<Mutation> = fc.oneof(
  linewise((lines, at) => lines.splice(at, 0, lines[at] ?? "")),
  linewise((lines, at) => lines.splice(at, 1)),
  linewise((lines, at) => lines.splice(at, 0, "")),
  linewise((lines, at) => {
    lines[at] = (lines[at] ?? "")
      .split(/(?<=[\t,])|(?=[\t,])/)
      .reverse()
      .join("");
  }),
  linewise((lines, at) => {
    const next = lines[at + 1];
    if (next !== undefined) lines.splice(at, 2, next, lines[at] ?? "");
  }),
  linewise((lines, at) => {
    lines[at] = (lines[at] ?? "").replaceAll("\t", " ");
  }),
  linewise((lines, at) => {
    lines[at] = (lines[at] ?? "").replaceAll('"', "'");
  }),
  fc
    .tuple(
      place,
      fc.constantFrom(" ", "\t", "x", "[", '"', "\\", "é", "IMGID:", "{'a':"),
      fc.constantFrom(500, 5000),
    )
    .map(
      ([at, text, times]): Mutation =>
        (bytes) =>
          splice(bytes, at, 0, Buffer.from(text.repeat(times))),
    ),
  fc.constant<Mutation>((bytes) => Buffer.concat([Buffer.from("\ufeff"), bytes])),
  fc.constant<Mutation>((bytes) => Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1")),
  fc.constant<Mutation>((bytes) => Buffer.from(bytes.toString("latin1"), "utf16le")),
);

const several = (one: fc.Arbitrary<Mutation>) =>
  fc.array(one, { minLength: 1, maxLength: 4 }).map(
    (steps): Mutation =>
      (bytes) =>
        steps.reduce((damaged, step) => step(damaged), bytes),
  );

/** One to four changes to a text file. */
export const textDamage: fc.Arbitrary<Mutation> = several(fc.oneof(bytewise, textwise));
/** One to four changes to a binary file. */
export const binaryDamage: fc.Arbitrary<Mutation> = several(bytewise);

/** A folder with the public data sets, if there is one. */
const SHARED = join(process.env.RELATA_SHARED ?? join(import.meta.dirname, "../../../shared"), "data");

/** Slices of real files, if any, in addition to the given text: damage to real data finds more. */
export function basesWith(own: string, ...realFiles: readonly string[]): fc.Arbitrary<Buffer> {
  const bases = [Buffer.from(own)];
  for (const name of realFiles) {
    const path = join(SHARED, name);
    if (!existsSync(path)) continue;
    const bytes = readFileSync(path);
    for (const share of [0, 0.5]) {
      const start = bytes.indexOf(10, Math.floor(share * bytes.length)) + 1;
      const end = bytes.indexOf(10, Math.min(start + 3000, bytes.length - 1)) + 1;
      bases.push(bytes.subarray(share === 0 ? 0 : start, end === 0 ? bytes.length : end));
    }
  }
  return fc.constantFrom(...bases);
}
