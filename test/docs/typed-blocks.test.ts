// Every block of TypeScript and JavaScript compiles against the published package.
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CompiledBlock, compileBlocks, compilerFolder } from "./compile-blocks.ts";
import { allBlocks, placeOf } from "./fenced-blocks.ts";

const BLOCKS = allBlocks().filter(({ language }) => ["ts", "js"].includes(language));

let folder: string;
let compiled: readonly CompiledBlock[];
beforeAll(async () => {
  folder = await compilerFolder();
  compiled = await compileBlocks(folder, BLOCKS);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe("a block of TypeScript or JavaScript", () => {
  it.each(BLOCKS.map((block, i) => [placeOf(block), i] as const))("at %s compiles", (_, i) => {
    expect(compiled[i]?.faults).toEqual([]);
  });

  it("would not pass with a name that the package does not export", async () => {
    expect(BLOCKS.length).toBeGreaterThan(10);
    const code = 'import { readDocuments } from "relata";\nconsole.log(readDocuments);\n';
    const block = { page: "wrong.md", line: 1, language: "ts", code };
    const [wrong] = await compileBlocks(folder, [block]);
    expect(wrong?.faults).toEqual([expect.stringContaining("no exported member 'readDocuments'")]);
  }, 120_000);
});
