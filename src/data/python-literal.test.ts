import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PythonLiteralError, type PythonValue, parsePythonLiteral } from "./python-literal.ts";

const float = (value: number) => ({ kind: "float", value });
const tuple = (...items: PythonValue[]) => ({ kind: "tuple", items });

/** The error of a text that must not parse. */
function failure(text: string, limits = {}): PythonLiteralError {
  try {
    parsePythonLiteral(text, limits);
  } catch (error) {
    if (error instanceof PythonLiteralError) return error;
    throw error;
  }
  throw new Error(`parsed: ${text}`);
}

describe("parsePythonLiteral", () => {
  // Each value is the result of CPython 3.11's ast.literal_eval.
  const cases: readonly (readonly [string, unknown])[] = [
    ["None", null],
    [" True ", true],
    ["False", false],
    ["0", 0],
    ["-12_345", -12345],
    ["0xFF", 255],
    ["-0b101", -5],
    ["0o17", 15],
    ["000", 0],
    ["12345678901234567890", 12345678901234567890n],
    ["1.5", float(1.5)],
    ["-.5e-3", float(-0.0005)],
    ["1.", float(1)],
    ["007.5", float(7.5)],
    ["1e3", float(1000)],
    ["1e999", float(Number.POSITIVE_INFINITY)],
    ["'it\\'s'", "it's"],
    [`"it's"`, "it's"],
    ["'\\n\\t\\\\\\x41\\u00e9\\U0001F600\\101\\0'", "\n\t\\Aé😀A\0"],
    ["'\\d\\ '", "\\d\\ "],
    ["r'\\n\\''", "\\n\\'"],
    ["u'x' 'y' \"z\"", "xyz"],
    ["'''a'b\n\"c'''", "a'b\n\"c"],
    ["'a\\\nb'", "ab"],
    ["[]", []],
    ["[1, 'a', [None],]", [1, "a", [null]]],
    ["()", tuple()],
    ["(1,)", tuple(1)],
    ["(1)", 1],
    ["(1, 2)", tuple(1, 2)],
    ["{}", new Map()],
    [
      "{'a': 1, 2: {'b': ()}}",
      new Map<unknown, unknown>([
        ["a", 1],
        [2, new Map([["b", tuple()]])],
      ]),
    ],
    ["{'__proto__': 1}", new Map([["__proto__", 1]])],
  ];
  it.each(cases)("reads %s as Python does", (text, value) => {
    expect(parsePythonLiteral(text)).toEqual(value);
  });

  const refused: readonly (readonly [string, number, RegExp])[] = [
    ["", 1, /end of the text/],
    ["{'token': ['a', 'b}", 17, /no end/],
    ["[1, 2", 1, /not closed/],
    ["[1 2]", 4, /expected ","/],
    ["[,]", 2, /expected a value/],
    ["{'a' 1}", 6, /expected ":"/],
    ["{1, 2}", 3, /sets/],
    ["{'a': 1, 'a': 2}", 10, /twice/],
    ["{(1,): 2}", 2, /key/],
    ["b'x'", 1, /prefix/],
    ["f'{1}'", 1, /prefix/],
    ["1 + 2", 3, /after the end/],
    ["__import__('os')", 1, /not a literal/],
    ["true", 1, /not a literal/],
    ["nan", 1, /not a literal/],
    ["1j", 1, /not a number/],
    ["1__0", 1, /not a number/],
    ["--1", 1, /not a number/],
    [".e2", 1, /not a number/],
    ["-e8", 1, /not a number/],
    ["012", 1, /start with 0/],
    ["'a\nb'", 3, /line break/],
    ["'\\x4'", 2, /hexadecimal/],
    ["'\\U00110000'", 2, /hexadecimal/],
    ["'\\N{BULLET}'", 2, /not supported/],
    ["1 # one", 3, /after the end/],
  ];
  it.each(refused)("refuses %j at column %i", (text, column, message) => {
    const error = failure(text);
    expect(error.column).toBe(column);
    expect(error.message).toMatch(message);
    expect(error.code).toBe("data/not-a-python-literal");
  });

  it("keeps its bounds on length, depth and digits", () => {
    expect(failure("[".repeat(100_000)).message).toMatch(/deep/);
    expect(failure("'aaaa'", { maxLength: 5 }).message).toMatch(/limit is 5/);
    expect(failure("9".repeat(5000)).message).toMatch(/5000 digits/);
    expect(parsePythonLiteral(`${"[".repeat(64)}${"]".repeat(64)}`)).toBeInstanceOf(Array);
  });

  it("takes linear time on long strings, lists and runs of spaces", () => {
    const long = `['${"\\\\a".repeat(300_000)}', ${"1, ".repeat(200_000)}${" ".repeat(300_000)}]`;
    expect(parsePythonLiteral(long)).toHaveLength(200_001);
  });

  it("gives back whatever a printer of Python literals writes", () => {
    const { value } = fc.letrec<{ value: PythonValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constantFrom(null, true, false),
        fc.string({ unit: "binary" }),
        fc.maxSafeInteger(),
        fc.bigInt({ min: 2n ** 60n, max: 2n ** 80n }),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map(float) as fc.Arbitrary<PythonValue>,
        fc.array(tie("value"), { maxLength: 4 }),
        fc.array(tie("value"), { maxLength: 4 }).map((items) => tuple(...items)) as fc.Arbitrary<PythonValue>,
        fc
          .uniqueArray(fc.tuple(fc.oneof(fc.string(), fc.integer()), tie("value")), {
            selector: ([key]) => key,
          })
          .map((entries) => new Map(entries)) as fc.Arbitrary<PythonValue>,
      ),
    }));
    fc.assert(
      fc.property(value, fc.infiniteStream(fc.nat(99)), (original, choices) => {
        expect(parsePythonLiteral(print(original, choices))).toEqual(original);
      }),
      { numRuns: 300 },
    );
  });

  it("never does anything but parse or refuse, whatever the text", () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."{}[]()'\"\\,: \n0123456789.eExXuUrRbN_-+TruefalsNo#") }),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(text, (input) => {
        try {
          parsePythonLiteral(input);
        } catch (error) {
          if (!(error instanceof PythonLiteralError)) throw error;
          expect(error.column).toBeGreaterThanOrEqual(1);
          expect(error.column).toBeLessThanOrEqual(input.length + 1);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Writes a value as a Python literal; `choices` selects among the ways to write it. */
function print(value: PythonValue, choices: Iterator<number>): string {
  const choose = <T>(...ways: readonly [T, ...T[]]): T =>
    ways[(choices.next().value ?? 0) % ways.length] ?? ways[0];
  const gap = () => choose("", " ", "\n ", "\t");
  const list = (items: readonly string[]) => items.map((item) => `${gap()}${item}${gap()}`).join(",");
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" || typeof value === "bigint") {
    return Object.is(value, -0) ? "0" : choose(`${value}`, `${value}`, hexadecimal(BigInt(value)));
  }
  if (typeof value === "string") return printString(value, choose);
  if (value instanceof Map) {
    const entries = [...value].map(
      ([key, inner]) => `${print(key, choices)}${gap()}:${gap()}${print(inner, choices)}`,
    );
    return `{${list(entries)}}`;
  }
  if (Array.isArray(value)) return `[${list(value.map((item) => print(item, choices)))}]`;
  if ("kind" in value && value.kind === "float") {
    if (Object.is(value.value, -0)) return "-0.0";
    const digits = String(value.value);
    return /[.e]/.test(digits) ? digits : `${digits}.0`;
  }
  if ("kind" in value && value.kind === "tuple") {
    const items = value.items.map((item) => print(item, choices));
    return items.length === 1 ? `(${items[0]},)` : `(${list(items)})`;
  }
  throw new Error("no Python value");
}

function hexadecimal(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function printString(text: string, choose: <T>(...ways: readonly [T, ...T[]]) => T): string {
  const quoteMark = choose("'", '"');
  const body = [...text].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    const long = `\\U${code.toString(16).padStart(8, "0")}`;
    if (character === "\\") return "\\\\";
    if (character === quoteMark) return `\\${character}`;
    if (character === "\n" || character === "\r") return character === "\n" ? "\\n" : "\\r";
    return code > 0xffff
      ? choose(character, long)
      : choose(character, `\\u${code.toString(16).padStart(4, "0")}`, long);
  });
  return `${quoteMark}${body.join("")}${quoteMark}`;
}
