import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { RelataError } from "../errors.ts";
import { CODE_SECTIONS, explanationOf } from "./dictionary.ts";

const SRC = join(import.meta.dirname, "../..");
const HERE = ["base", "codes"].join(sep);

/** The program's source files, without code tables, tests and test helpers. */
const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .filter((path) => !path.startsWith(HERE) && !path.split(sep).includes("testing"))
  .map((path) => ({ path, text: readFileSync(join(SRC, path), "utf8") }));

const entries = CODE_SECTIONS.flatMap((section) => section.entries);
const errors = entries.filter(({ kind }) => kind === "error");

/** `text` without comments and without code that only compares with a code: operators and sets. */
function withoutComparisons(text: string): string {
  return text
    .replace(/^\s*(?:\/\/|\/?\*).*$/gm, "")
    .replace(/[!=]== "[^"]*"/g, "")
    .replace(/new Set\(\[[^\]]*\]\)/g, "");
}

const emitting = sources.map(({ text }) => withoutComparisons(text)).join("\n");

describe("the dictionary of codes", () => {
  it("holds no code that the program cannot give", () => {
    expect(sources.length).toBeGreaterThan(300);
    const unused = entries.filter(({ code }) => !emitting.includes(`"${code}"`)).map(({ code }) => code);
    expect(unused).toEqual([]);
  });

  it.each([
    `if (error.code === "data/gone") return;`,
    `const KNOWN = new Set([\n  "data/gone",\n]);`,
    `// throws data/gone, which "data/gone" was`,
  ])("does not count a code that is only compared with or spoken of: %s", (text) => {
    expect(withoutComparisons(text)).not.toContain('"data/gone"');
  });

  it("explains every code that the program writes out", () => {
    const written = [...emitting.matchAll(/\bcode: "([^"]+)"/g)].map(([, code = ""]) => code);
    expect(written.length).toBeGreaterThan(300);
    expect(written.filter((code) => explanationOf(code) === undefined)).toEqual([]);
  });

  it("explains every reason for which a generator of relata refuses", () => {
    const given = [...emitting.matchAll(/new GeneratorRefusal\(\s*("[^"]+"|UNREADABLE)/g)];
    expect(given.length).toBeGreaterThan(8);
    for (const [, reason = ""] of given) {
      if (reason === "UNREADABLE") expect(emitting).toContain('UNREADABLE = "unreadable-picture"');
      else expect(explanationOf(reason.slice(1, -1))?.kind, reason).toBe("rejection");
    }
  });

  it("lets no code be put together from parts, where nobody could find it", () => {
    const built = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/\bcode: `[^`]*\$\{[^`]*`/g)].map(([match]) => `${path}: ${match}`),
    );
    expect(built).toEqual([]);
  });

  it("names each code once", () => {
    const codes = entries.map(({ code }) => code).sort();
    expect(codes).toEqual([...new Set(codes)]);
  });

  it("has whole sentences for meaning and remedy", () => {
    for (const { code, means, remedy } of entries) {
      expect(means, code).toMatch(/^["`\p{Lu}o].*[.)]$/su);
      expect(remedy.length, code).toBeGreaterThan(8);
      expect(remedy, code).toMatch(/^["`\p{Lu}]/u);
    }
  });

  it("gives the exit code that the places say where the error is made", () => {
    const places = faultsByCode();
    expect(places.size).toBeGreaterThan(250);
    for (const [code, found] of places) {
      const entry = explanationOf(code);
      if (entry === undefined || entry.kind === "defect" || entry.kind === "finding") continue;
      const exits = [...found].map((fault) => (fault === "work" ? 1 : 2));
      expect(entry.exitCodes, code).toEqual(expect.arrayContaining(exits));
      if (entry.exitCodes.length === 1) expect(new Set(exits), code).toEqual(new Set(entry.exitCodes));
    }
  });

  it("is what error classes take: a code of nobody's is refused by the compiler, one's own begins with own/", () => {
    // @ts-expect-error: a code without an entry
    const unknown = new RelataError({ code: "data/never-heard-of", message: "m", remedy: "r" });
    const own = new RelataError({ code: "own/reader-failed", message: "m", remedy: "r" });
    expect([unknown.code, own.code]).toEqual(["data/never-heard-of", "own/reader-failed"]);
    expect(errors.some(({ code }) => code.startsWith("own/"))).toBe(false);
  });
});

/** The faults named in object literals with a code and a message; "input" if they name none. */
function faultsByCode(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { text } of sources) {
    for (const match of text.matchAll(/\bcode: "([a-z]+\/[a-z0-9-]+)"/g)) {
      const literal = literalAround(text, match.index);
      if (!/\bremedy\b/.test(literal)) continue; // a note or the fault of a row
      const fault = /\bfault: "(work|input)"/.exec(literal)?.[1];
      if (fault === undefined && /\bfault\b|\.\.\.error\b/.test(literal)) continue; // decided at run time
      const code = match[1] ?? "";
      found.set(code, (found.get(code) ?? new Set()).add(fault ?? "input"));
    }
  }
  return found;
}

/** The object literal around a position. Braces in strings must be balanced. */
function literalAround(text: string, at: number): string {
  let depth = 0;
  let start = at;
  for (; start >= 0; start--) {
    if (text[start] === "}") depth++;
    else if (text[start] === "{" && depth-- === 0) break;
  }
  depth = 0;
  for (let end = start; end < text.length; end++) {
    if (text[end] === "{") depth++;
    else if (text[end] === "}" && --depth === 0) return text.slice(start, end + 1);
  }
  return text.slice(start);
}
