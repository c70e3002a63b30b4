// Every block of TypeScript and JavaScript compiles against the package as it is published: by its name, in a folder of its own.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allBlocks, type Block, placeOf } from "./fenced-blocks.ts";
import { isGeneratorSettings } from "./generator-blocks.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BLOCKS = allBlocks().filter(({ language }) => ["ts", "js"].includes(language));

/** What a page takes for granted if a block uses values of the reader's. */
const GIVEN: readonly (readonly [page: string, declarations: string])[] = [
  ["docs/data.md", 'declare const documents: readonly import("relata/data").Document[];'],
  [
    "docs/extracting.md",
    'declare const text: string;\ndeclare const posts: readonly import("relata").Post[];',
  ],
];

let folder: string;
let said: string;
beforeAll(async () => {
  // Within the package, so that its own name leads to dist/ by the `exports` that users get.
  folder = await mkdtemp(join(import.meta.dirname, "typed-"));
  await Promise.all(
    BLOCKS.map(async (block, i) => writeFile(join(folder, nameOf(block, i)), moduleOf(block))),
  );
  const options = {
    extends: "../../../tsconfig.json",
    // A page shows what matters: an unused result in it is not an error, and a JavaScript block states no types.
    compilerOptions: {
      allowJs: true,
      checkJs: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      noImplicitReturns: false,
      isolatedModules: false,
      allowImportingTsExtensions: false,
      rewriteRelativeImportExtensions: false,
      lib: ["es2023", "esnext.disposable"],
    },
    include: ["*.ts", "*.js"],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(options));
  said = await compile(folder);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe("a block of TypeScript or JavaScript", () => {
  it.each(BLOCKS.map((block, i) => [placeOf(block), block, i] as const))("at %s compiles", (_, block, i) => {
    const faults = said.split("\n").filter((line) => line.startsWith(nameOf(block, i)));
    expect(faults.filter((line) => !isLeftOpen(block, line))).toEqual([]);
  });

  it("was seen by the compiler", async () => {
    expect(BLOCKS.length).toBeGreaterThan(10);
    await writeFile(join(folder, "wrong.ts"), 'import { readDocuments } from "relata";\nreadDocuments();\n');
    expect(await compile(folder)).toContain("wrong.ts");
  }, 120_000);
});

/** JavaScript states no types, so what has none is `any` there. */
function isLeftOpen({ language }: Block, fault: string): boolean {
  return language === "js" && /error TS7006|error TS7031|on type 'unknown'/.test(fault);
}

function nameOf({ page, line, language }: Block, i: number): string {
  return `${String(i).padStart(2, "0")}-${page.replace(/\W/g, "-")}-${line}.${language}`;
}

function moduleOf(block: Block): string {
  if (isGeneratorSettings(block)) return `export const plan = {\n${block.code}};\n`;
  const given = GIVEN.filter(([page]) => page === block.page).map(([, declarations]) => declarations);
  const own = given.filter(
    (line) => !/^(const|let) \{ documents/m.test(block.code) || !line.includes("documents"),
  );
  return [...own, block.code, "export {};\n"].join("\n");
}

/** What the compiler prints, a line per fault. */
function compile(project: string): Promise<string> {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  return new Promise((done, failed) => {
    execFile(process.execPath, [tsc, "-p", project, "--pretty", "false"], { cwd: project }, (error, out) => {
      if (error !== null && typeof error.code !== "number") failed(error);
      else done(out);
    });
  });
}
