// The word list: every phrase in it is found, plain English is not, and the check looks at the project's files.
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

interface Phrase {
  readonly phrase: string;
  readonly write: string;
  readonly catches: readonly string[];
  readonly passes: readonly string[];
}

const LIST = JSON.parse(await readFile(join(ROOT, "scripts/word-list.json"), "utf8")) as {
  readonly phrases: readonly Phrase[];
  readonly allowed: readonly { readonly file: string; readonly text: string; readonly reason: string }[];
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-words-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the check over files, by default the project's. */
function check(...paths: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "scripts/check-words.mjs"), ...paths],
    { cwd: ROOT, encoding: "utf8" },
  );
  return { status, summary: stdout, faults: stderr.split("\n").filter((line) => line !== "") };
}

/** Writes each text as a paragraph of a page; returns the page and each text's first line. */
async function page(name: string, texts: readonly string[]) {
  const file = join(folder, name);
  const lines: number[] = [];
  let content = "";
  for (const text of texts) {
    lines.push(content.split("\n").length);
    content += `${text}\n\n`;
  }
  await writeFile(file, content);
  return { file, lines };
}

describe("npm run words", () => {
  it("finds every phrase of the list where it is used, with its line and what to write", async () => {
    const cases = LIST.phrases.flatMap((rule) => rule.catches.map((text) => ({ rule, text })));
    expect(new Set(cases.map(({ rule }) => rule.phrase)).size).toBe(LIST.phrases.length);
    const texts = cases.map(({ text }) => text);
    const { file, lines } = await page("bad.md", texts);
    const { status, faults } = check(file);
    const missed = cases.filter(({ rule }, index) => {
      const start = `${file}:${lines[index]}: `;
      const end = ` (${rule.phrase}): write ${rule.write}`;
      return !faults.some((fault) => fault.startsWith(start) && fault.endsWith(end));
    });
    expect(missed.map(({ text }) => text)).toEqual([]);
    expect(status).toBe(1);
  });

  it("leaves plain English alone", async () => {
    const texts = LIST.phrases.flatMap(({ passes }) => passes);
    expect(texts.length).toBeGreaterThanOrEqual(LIST.phrases.length);
    const { file } = await page("good.md", texts);
    expect(check(file)).toMatchObject({ status: 0, faults: [] });
  });

  it("finds a phrase that is split between two lines of a comment or two parts of a message", async () => {
    const file = join(folder, "split.ts");
    const code = [
      "// The run goes",
      "// on.",
      "/**",
      " * It is none",
      " * of these.",
      " */",
      'f("in the " +',
      '  "place of");',
    ];
    await writeFile(file, code.join("\n"));
    expect(check(file).faults.map((fault) => fault.slice(file.length))).toEqual([
      expect.stringMatching(/^:4: "is none of"/),
      expect.stringMatching(/^:1: "goes on"/),
      expect.stringMatching(/^:7: "in the place of"/),
    ]);
  });

  it("finds none in the project, and looks at all of its pages, sources and tests", () => {
    const { status, summary, faults } = check();
    expect(faults).toEqual([]);
    expect(status).toBe(0);
    expect(Number(/words: (\d+) files/.exec(summary)?.[1])).toBeGreaterThan(900);
  });
});
