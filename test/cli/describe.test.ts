import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relata } from "./warm-program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-describe-"));
  const conll = (tag: string) => `IMGID:7\nAda\tB-PER\nmet\tO\nBo\tB-${tag}\n\nPisa\tB-LOC\nis\tO\nout\tO\n`;
  await writeFile(join(folder, "train.txt"), conll("PER"));
  await writeFile(join(folder, "valid.txt"), `${conll("ORG")}broken\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => relata(["describe", ...args], { cwd: folder });

describe("relata describe", () => {
  it("prints splits side by side, and what validate would say", async () => {
    const { code, stdout } = await run("train.txt", "valid.txt", "--html", "page.html");
    expect(code).toBe(0);
    expect(stdout).toContain(
      "validation: 1 document of valid.txt (conll), 1 row rejected\n  relata validate lists: data/missing-tag 1",
    );
    expect(stdout).toMatch(/\n {2}entities +3 +2\n/);
    expect(stdout).toMatch(/\n {2}PER +2 +66\.7 % ████████ +1 +50\.0 % ██████\n/);
    expect(stdout).toContain("page: page.html");
    expect(await readFile(join(folder, "page.html"), "utf8")).toContain("Words of a document");
  });

  it("gives the same numbers as JSON, and refuses a length without an encoder", async () => {
    const { stdout } = await run("train.txt", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      splits: [
        { name: "train", words: { total: 6 }, pairs: { total: 2 }, languages: { undecided: 1, en: 1 } },
      ],
    });
    expect((await run("train.txt", "--max-length", "9")).code).toBe(2);
    expect((await run("nothing.txt")).code).toBe(2);
  });
});
