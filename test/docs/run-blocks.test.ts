// Runs the blocks of the pages that take only seconds: shell unchanged (lines that only run relata in a process that has it loaded), TypeScript as compiled, in a folder with what the page assumes.
// what-runs.ts lists them, and the others with the reason.
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLI } from "../cli/run-cli.ts";
import { typed } from "../cli/shell.ts";
import { type CompiledBlock, compileBlocks, compilerFolder } from "./compile-blocks.ts";
import { allBlocks, type Block, commandsOf, placeOf } from "./fenced-blocks.ts";
import { Scenes } from "./scenes.ts";
import { isNamedBy, NOT_RUN, RUN, type Run } from "./what-runs.ts";

/** The examples of docstrings in docs/reference/ are compiled (typed-blocks.test.ts), not run: each has its own files. */
const BLOCKS = allBlocks().filter(
  ({ page, language }) => ["sh", "ts", "js"].includes(language) && !page.startsWith("docs/reference/"),
);
const RUNNING = BLOCKS.flatMap((block) =>
  RUN.filter((run) => isNamedBy(run, block)).map((run) => [placeOf(block), block, run] as const),
);

const shell = (line: string, cwd: string) => typed(folder, line, cwd);

let folder: string;
let built: string;
let scenes: Scenes;
let compiled: ReadonlyMap<Block, CompiledBlock>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-blocks-"));
  for (const [name, shift] of [
    ["relata", ""],
    ["npx", "shift\n"],
  ] as const) {
    await writeFile(join(folder, name), `#!/bin/sh\n${shift}exec "${process.execPath}" "${CLI}" "$@"\n`);
    await chmod(join(folder, name), 0o755);
  }
  scenes = new Scenes(folder, async (cwd, line) => expect(await shell(line, cwd)).toMatchObject({ code: 0 }));
  built = await compilerFolder();
  const modules = RUNNING.map(([, block]) => block).filter(({ language }) => language !== "sh");
  compiled = new Map((await compileBlocks(built, modules)).map((one) => [one.block, one]));
}, 120_000);
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(built, { recursive: true });
});

describe("the lists of blocks", () => {
  it("have every block of shell, TypeScript and JavaScript, once", () => {
    const faults = BLOCKS.flatMap((block) => {
      const entries = [...RUN, ...NOT_RUN].filter((entry) => isNamedBy(entry, block));
      return entries.length === 1 ? [] : [`${placeOf(block)}: ${entries.length} entries of what-runs.ts`];
    });
    expect(faults).toEqual([]);
  });

  it("name no block that is not there", () => {
    const stale = [...RUN, ...NOT_RUN].filter((entry) => !BLOCKS.some((block) => isNamedBy(entry, block)));
    expect(stale.map(({ page, holds }) => `${page}: ${holds}`)).toEqual([]);
  });

  it("leave out only lines that are there", () => {
    for (const [place, { code }, { except = [] }] of RUNNING) {
      for (const { line } of except)
        expect(
          commandsOf(code).some((one) => line.test(one)),
          place,
        ).toBe(true);
    }
  });
});

const QUICKSTART = process.env.RELATA_QUICKSTART;

it.skipIf(QUICKSTART === undefined)("README prints what the model of a whole quickstart finds", async () => {
  const cwd = await scenes.copyOf("empty");
  await mkdir(join(cwd, "runs"));
  await symlink(resolve(QUICKSTART ?? ""), join(cwd, "runs/quickstart"));
  const [[, block] = []] = RUNNING.filter(([place]) => place.startsWith("README.md"));
  const output = allBlocks().find(({ page, language }) => page === "README.md" && language === "text");
  if (block === undefined || output === undefined) throw new Error("README has no example");
  const said = await runModule(block, cwd);
  // The column of probabilities is as wide as the longest one has digits, its title included.
  const words = (text: string) => text.replace(/(?:0\.\d+|(?<=probability)) */g, "p ").replace(/─+/g, "─");
  expect(words(said)).toBe(words(output.code));
  // Another processor rounds otherwise, which training multiplies.
  const numbers = (text: string) => [...text.matchAll(/0\.\d+/g)].map(([number]) => Number(number));
  for (const [i, number] of numbers(said).entries()) {
    expect(Math.abs(number - numbers(output.code)[i]!)).toBeLessThan(0.05); // as many: the words are equal
  }
});

describe("a block", { timeout: 300_000 }, () => {
  it.each(RUNNING)("at %s runs", async (_, block, run) => {
    const cwd = await scenes.copyOf(run.scene);
    const said = block.language === "sh" ? await typeAll(block, run, cwd) : await runModule(block, cwd);
    expect(said).toContain(run.prints ?? "");
  });
});

/** Runs the block's commands one by one; returns the output of the last one. */
async function typeAll({ code }: Block, { except = [] }: Run, cwd: string): Promise<string> {
  const lines = commandsOf(code).filter((line) => !except.some((one) => one.line.test(line)));
  expect(lines).not.toEqual([]);
  let last = "";
  for (const line of lines) {
    const said = await shell(line, cwd);
    expect([said.code, said.out], line).toEqual([0, said.out]);
    last = said.out;
  }
  return last;
}

/** Runs the compiled block with the values that its page assumes. */
async function runModule(block: Block, cwd: string): Promise<string> {
  const { file, faults } = compiled.get(block) ?? {};
  if (file === undefined) throw new Error(`${placeOf(block)} was not compiled`);
  expect(faults).toEqual([]);
  const text = "Ada met Bo in Rome";
  const document = { id: "a", text, entities: [{ start: 0, end: 3, label: "PER" }], relations: [] };
  const given = { text, posts: [{ text }], documents: [document] };
  const main = join(cwd, "main.mjs");
  await writeFile(
    main,
    `Object.assign(globalThis, ${JSON.stringify(given)});\nawait import(${JSON.stringify(pathToFileURL(file).href)});\n`,
  );
  // The next block of a page may read what this one writes.
  if ((await readFile(file, "utf8")).includes('"posts.parquet"'))
    expect(
      await shell("relata convert docs.jsonl posts.parquet --from relata --to parquet", cwd),
    ).toMatchObject({ code: 0 });
  const said = await shell(`"${process.execPath}" main.mjs`, cwd);
  expect([said.code, said.out]).toEqual([0, said.out]);
  return said.out;
}
