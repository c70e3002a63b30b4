import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relata } from "./warm-program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-import-table-"));
  const rows = Array.from({ length: 20 }, (_, i) => `Ann number ${i} met Bo;Ann;Bo;met`);
  await writeFile(join(folder, "posts.csv"), ["Tweet;Who;Whom;What", ...rows].join("\r\n"));
  await writeFile(join(folder, "bad.csv"), "text,head,tail,relation\nAnn,Ann,,\nBo,Bo\n");
});
afterAll(() => rm(folder, { recursive: true }));

const imported = (...args: readonly string[]) => relata(["import", ...args], { cwd: folder });
const COLUMNS = ["--columns", "text=Tweet", "head=Who", "tail=Whom", "relation=What"];

describe("relata import of tables", () => {
  it("maps columns and divides the documents into parts", async () => {
    const { code, stdout } = await imported(
      "auto",
      "posts.csv",
      ...COLUMNS,
      "--out",
      "parts",
      "--split",
      "80/10/10",
    );
    expect(code).toBe(0);
    expect(stdout).toContain("read as table");
    expect(stdout).toContain("21 lines: 20 rows accepted, 0 rejected, 0 blank, 1 header or divider");
    expect(stdout).toContain("divided 20 documents in 20 groups");
    expect(stdout).toContain(
      "next: relata validate parts/train.jsonl parts/validation.jsonl parts/test.jsonl",
    );
    const sizes = await Promise.all(
      ["train", "validation", "test"].map(async (name) => {
        const text = await readFile(join(folder, "parts", `${name}.jsonl`), "utf8");
        return text.trimEnd().split("\n").length;
      }),
    );
    expect(sizes).toEqual([16, 2, 2]);
  });

  it("names the remedy for columns that it does not know, options that are wrong and rows that are broken", async () => {
    await writeFile(join(folder, "other.csv"), "Beitrag,Wer\nAnn,Ann\n");
    const unknown = await imported("auto", "other.csv", "--out", "x.jsonl");
    expect(unknown.stderr).toContain("--columns text=<column>");
    const bare = await imported("table", "posts.csv", "--out", "bare.jsonl");
    expect(bare.stdout).toContain("warning[data/no-mention-columns] 1 time");
    const checked = await relata(["validate", "bare.jsonl"], { cwd: folder });
    expect(checked.stdout).toContain("valid: every row can be read, but no document has an entity");
    for (const [option, value] of [
      ["--split", "80"],
      ["--split", "80/0/20"],
      ["--columns", "Tweet"],
      ["--token-ends", "both"],
    ] as const) {
      const { code, stderr } = await imported("table", "posts.csv", "--out", "x.jsonl", option, value);
      expect(code).toBe(2);
      expect(stderr).toContain(option);
    }
    const broken = await imported("table", "bad.csv", "--out", "x.jsonl");
    expect(broken.code).toBe(2);
    expect(broken.stdout).toContain("error[data/wrong-columns] 1 time");
    expect((await readdir(folder)).includes("x.jsonl")).toBe(false);
    const { code, stdout } = await imported("table", "bad.csv", "--out", "x.jsonl", "--lossy");
    expect(code).toBe(0);
    expect(stdout).toContain("left out 1 row that cannot be used");
  });

  it("says how many lines its rows have, what a file looks like, and that a folder is empty", async () => {
    await writeFile(
      join(folder, "pairs.csv"),
      "text,head,tail,relation\nAnn met Bo,Ann,Bo,met\nAnn met Bo,Bo,Ann,met\n",
    );
    const pairs = await imported("auto", "pairs.csv", "--out", "pairs.jsonl");
    expect(pairs.stdout).toContain(
      "3 lines: 1 row accepted, 0 rejected (in 2 lines), 0 blank, 1 header or divider",
    );
    await writeFile(join(folder, "tool.jsonl"), '{"text":"Ann","label":[[0,3,"PER"]]}\n');
    const wrong = await imported("label-studio", "tool.jsonl", "--out", "x.jsonl");
    expect(wrong.code).toBe(2);
    expect(wrong.stdout).toContain(
      "x.jsonl was not written: 1 row cannot be used\ntool.jsonl looks like doccano: ",
    );
    await mkdir(join(folder, "empty"));
    const empty = await imported("auto", "empty", "--out", "x.jsonl");
    expect(empty.stdout).toContain("x.jsonl was not written: there is no file to read in empty");
    const onto = await imported("auto", "pairs.csv", "--out", "empty");
    expect(onto.stderr).toContain("It is a folder: name a file.");
  });
});
