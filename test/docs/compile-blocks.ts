// Compiles blocks of TypeScript and JavaScript against the published package: by its name, in a folder inside it.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Block } from "./fenced-blocks.ts";
import { isGeneratorSettings } from "./generator-blocks.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** The reader's values that a page assumes. */
const GIVEN: readonly (readonly [page: string, name: string, type: string])[] = [
  ["docs/data.md", "documents", 'readonly import("relata/data").Document[]'],
  ["docs/extracting.md", "text", "string"],
  ["docs/extracting.md", "posts", 'readonly import("relata").Post[]'],
];

export interface CompiledBlock {
  readonly block: Block;
  /** The JavaScript that Node runs. */
  readonly file: string;
  /** The compiler's messages. */
  readonly faults: readonly string[];
}

/** Creates a folder for compiled blocks. It is inside the package, so that the package's own name resolves to dist/ by its `exports`. */
export function compilerFolder(): Promise<string> {
  return mkdtemp(join(import.meta.dirname, "compiled-"));
}

/** Compiles blocks, each as a separate module. */
export async function compileBlocks(
  folder: string,
  blocks: readonly Block[],
): Promise<readonly CompiledBlock[]> {
  const sources = join(folder, "sources");
  await mkdir(sources, { recursive: true });
  await Promise.all(blocks.map((block, i) => writeFile(join(sources, nameOf(block, i)), moduleOf(block))));
  const options = {
    extends: "../../../tsconfig.json",
    // A page shows only what matters: an unused result is not an error, and JavaScript has no types.
    compilerOptions: {
      ...{ allowJs: true, checkJs: true, noEmit: false, outDir: "built", rootDir: "sources" },
      ...{
        noUnusedLocals: false,
        noUnusedParameters: false,
        noImplicitReturns: false,
        isolatedModules: false,
      },
      ...{ allowImportingTsExtensions: false, rewriteRelativeImportExtensions: false },
      lib: ["es2023", "esnext.disposable"],
    },
    include: ["sources"],
    exclude: [],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(options));
  const said = (await compile(folder)).split("\n");
  return blocks.map((block, i) => ({
    block,
    file: join(folder, "built", nameOf(block, i).replace(/\.ts$/, ".js")),
    faults: said.filter((line) => line.includes(nameOf(block, i)) && !isLeftOpen(block, line)),
  }));
}

/** JavaScript has no type annotations, so untyped values are `any` there. */
function isLeftOpen({ language }: Block, fault: string): boolean {
  return language === "js" && /error TS7006|error TS7031|on type 'unknown'/.test(fault);
}

function nameOf({ page, line, language }: Block, i: number): string {
  return `${String(i).padStart(2, "0")}-${page.replace(/\W/g, "-")}-${line}.${language}`;
}

function moduleOf(block: Block): string {
  if (isGeneratorSettings(block)) return `export const plan = {\n${block.code}};\n`;
  const given = GIVEN.filter(([page, name]) => page === block.page && !declares(block, name));
  return [
    ...given.map(([, name, type]) => `declare const ${name}: ${type};`),
    block.code,
    "export {};\n",
  ].join("\n");
}

function declares({ code }: Block, name: string): boolean {
  return new RegExp(`^(const|let) (\\{[^}]*\\b)?${name}\\b`, "m").test(code);
}

/** Formats the compiler's output, a line per fault. */
function compile(project: string): Promise<string> {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  return new Promise((done, failed) => {
    execFile(process.execPath, [tsc, "-p", project, "--pretty", "false"], { cwd: project }, (error, out) => {
      if (error !== null && typeof error.code !== "number") failed(error);
      else done(out);
    });
  });
}
