// Mutated files, made again from a seed: damage to bytes, lines, encodings, numbers and keys. Each format and case number gives the same file.

/** Random numbers from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function seedOf(text: string): number {
  let hash = 2166136261;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 16777619);
  return hash;
}

type Draw = <T>(values: readonly T[]) => T;
interface Dice {
  /** A whole number below the limit. */
  readonly below: (limit: number) => number;
  readonly pick: Draw;
}
type Change = (bytes: Buffer, dice: Dice) => Buffer;

function splice(bytes: Buffer, at: number, cut: number, insert: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(Math.min(at + cut, bytes.length))]);
}

const NASTY = [
  ..."\"'\\[]{}(),:0-+eEIB\t\r\n \0",
  ...[
    "\r\n",
    "\n\n",
    "\u00a0",
    "\u2028",
    "\ufeff",
    "😀",
    "\\ud83d",
    "\\udc00x",
    "\\u0000",
    "null",
    "None",
    "true",
  ],
  ...[
    "IMGID:",
    "-DOCSTART-",
    "B-",
    "I-X",
    "E-X",
    "1e999",
    "-1",
    "0.5",
    "9007199254740993",
    "T1\t",
    "R9\tx Arg1:T1 Arg2:T9\n",
  ],
].map((text) => Buffer.from(text));
const BYTES = ["\xff", "\xed\xa0\x80", "\xc0\x80", "\xf8", "\x80", "\xff\xfe", "\xef\xbb"].map((text) =>
  Buffer.from(text, "latin1"),
);
const NUMBERS = [
  "1e999",
  "-1",
  "9007199254740993",
  "99999999999999999999",
  "1.5",
  "0",
  "2147483648",
  "-0",
  "007",
  "NaN",
  '"3"',
];
const KEYS = ["__proto__", "constructor", "toString", "hasOwnProperty", "id", "text", "entities", ""];

/** Replaces one of the places that a pattern finds. */
function replaceOne(pattern: RegExp, values: readonly string[]): Change {
  return (bytes, { below, pick }) => {
    const text = bytes.toString("latin1");
    const found = [...text.matchAll(pattern)];
    const place = found[below(found.length)];
    if (place === undefined) return bytes;
    const insert = Buffer.from(pick(values));
    return splice(bytes, place.index, place[0].length, insert);
  };
}

function linewise(change: (lines: string[], dice: Dice) => void): Change {
  return (bytes, dice) => {
    const lines = bytes.toString("latin1").split("\n"); // latin1 keeps every byte
    change(lines, dice);
    return Buffer.from(lines.join("\n"), "latin1");
  };
}

const bytewise: readonly Change[] = [
  (bytes, { below }) => {
    const copy = Buffer.from(bytes);
    const at = below(copy.length);
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
    return copy;
  },
  (bytes, { below }) => splice(bytes, below(bytes.length), 1, Buffer.of(below(256))),
  (bytes, { below }) => splice(bytes, below(bytes.length), 1 + below(12), Buffer.of()),
  (bytes, { below }) => bytes.subarray(0, below(bytes.length + 1)),
  (bytes, { below, pick }) => splice(bytes, below(bytes.length + 1), below(4), pick([...NASTY, ...BYTES])),
  (bytes, { below }) => {
    const [from, length, to] = [below(bytes.length), 1 + below(200), below(bytes.length + 1)];
    return splice(bytes, to, 0, bytes.subarray(from, from + length)); // a block is there twice
  },
  (bytes, { below }) => splice(bytes, below(bytes.length), 20 + below(300), Buffer.of()), // a block is gone
];

const textwise: readonly Change[] = [
  linewise((lines, { below }) => {
    const at = below(lines.length);
    lines.splice(at, 0, lines[at] ?? "");
  }),
  linewise((lines, { below }) => lines.splice(below(lines.length), 1)),
  linewise((lines, { below }) => {
    const at = below(lines.length - 1);
    lines.splice(at, 2, lines[at + 1] ?? "", lines[at] ?? "");
  }),
  linewise((lines, { below }) => {
    const at = below(lines.length);
    lines[at] = (lines[at] ?? "").replaceAll("\t", " ");
  }),
  linewise((lines, { below }) => {
    const at = below(lines.length);
    lines[at] = (lines[at] ?? "").replaceAll('"', "'");
  }),
  replaceOne(/\d+/g, NUMBERS),
  replaceOne(/(?<=")[A-Za-z_]+(?="\s*:)/g, KEYS),
  (bytes, { below, pick }) =>
    splice(bytes, below(bytes.length + 1), 0, Buffer.from(pick(["[", '{"a":', "(", "{'a':"]).repeat(1500))),
  (bytes, { below, pick }) => {
    const times = below(40) === 0 ? 5_000_000 : 3000; // above the limit of a line, but seldom
    return splice(bytes, below(bytes.length + 1), 0, Buffer.from(pick([" ", "x", "\\", "é"]).repeat(times)));
  },
  (bytes) => Buffer.concat([Buffer.from("\ufeff"), bytes]),
  (bytes) => Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1"),
  (bytes) => Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r"), "latin1"),
  (bytes) => Buffer.from(bytes.toString("utf8"), "utf16le"),
  (bytes) => Buffer.concat([Buffer.of(0xfe, 0xff), Buffer.from(bytes.toString("utf8"), "utf16le").swap16()]),
  (bytes) => Buffer.from(bytes.toString("utf8"), "latin1"), // Latin-1 where UTF-8 is expected
  (bytes) => Buffer.from(bytes.toString("latin1"), "utf8"), // UTF-8 that was encoded twice
];

/** The mutated bytes of a case: one to three changes. */
export function mutated(bytes: Buffer, format: string, number: number, isBinary: boolean): Buffer {
  const next = random(seedOf(`${format}:${number}`));
  const below = (limit: number) => Math.floor(next() * Math.max(limit, 1));
  const pick: Draw = (values) => values[below(values.length)]!; // no list of values is empty
  const changes = isBinary ? bytewise : [...bytewise, ...bytewise, ...textwise];
  let result = bytes;
  for (let times = 1 + below(3); times > 0; times--) result = pick(changes)(result, { below, pick });
  return result;
}
