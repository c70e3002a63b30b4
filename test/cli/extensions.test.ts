// Modules that are not extensions, on the command line: each is refused with a code and the remedy.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relata } from "./run-cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-extensions-"));
  const modules = {
    "throws.mjs": "throw new Error('no luck');",
    "syntax.ts": "export default {",
    "nothing.mjs": "export const reader = 1;",
    "number.mjs": "export default 5;",
    "taken.mjs":
      "import { defineReader } from 'relata/extend'; export default defineReader({ name: 'mnre', version: '1', read: () => [] });",
    "posts.txt": "Ann met Bo\n",
  };
  for (const [name, code] of Object.entries(modules)) await writeFile(join(folder, name), code);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("--extension", () => {
  it.each([
    ["./throws.mjs", "extension/cannot-load", /no luck/],
    ["./syntax.ts", "extension/cannot-load", /could not be run/],
    ["./nothing.mjs", "extension/cannot-load", /no default export/],
    ["./number.mjs", "extension/invalid", /must be an object, got number/],
    ["./taken.mjs", "extension/name-taken", /"mnre" of a reader is taken/],
    ["./none.mjs", "extension/not-found", /there is no file/],
    ["no-such-package-anywhere", "extension/not-found", /no package of this name/],
  ])("says what is wrong with %s", async (module, code, message) => {
    const said = await relata(["validate", "--extension", module, "--format", "mine", "posts.txt"], {
      cwd: folder,
    });
    expect(said.stderr).toContain(`error[${code}]`);
    expect(said.stderr).toMatch(message);
    expect(said.code).toBe(2);
  });
});
