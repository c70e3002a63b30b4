// `relata view`: from a file of any format to a page, with what it leaves out on the terminal.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { relata } from "./warm-program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-view-"));
  await writeFile(
    join(folder, "posts.txt"),
    "IMGID:7\nAda\tB-PER\nmet\tO\nBo\tB-PER\n\nIMGID:8\nRome\tB-LOC\n",
  );
});
afterAll(() => rm(folder, { recursive: true }));

it("guesses the format, writes the page and says what is missing", async () => {
  const { code, stdout } = await relata(["view", "posts.txt", "--limit", "1"], { cwd: folder });
  expect(code).toBe(0);
  expect(stdout).toContain("1 post of 2 and 0 pictures in posts.html");
  expect(stdout).toContain("format: conll");
  expect(stdout).toContain("2 posts name a picture; --pictures <folder> shows them.");
  expect(await readFile(join(folder, "posts.html"), "utf8")).toContain("<mark");
  const unused = await relata(["view", "posts.txt", "--offsets", "code-point"], { cwd: folder });
  expect([unused.code, unused.stderr]).toEqual([2, expect.stringContaining("config/offsets-not-for-format")]);
  const missing = await relata(["view", "posts.txt", "--gold", "nothing.jsonl"], { cwd: folder });
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("data/cannot-read")]);
});
