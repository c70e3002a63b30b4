import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relata } from "./run-cli.ts";

const good = {
  id: "1",
  text: "Ada met Bo",
  image: "a.png",
  entities: [
    { start: 0, end: 3, label: "person" },
    { start: 8, end: 10, label: "person" },
  ],
  relations: [{ head: 0, tail: 1, label: "peer" }],
};
const mnre = (relation: string) =>
  `{'token': ['Ada', 'met', 'Bo'], 'h': {'name': 'Ada', 'pos': [0, 1]}, 't': {'name': 'Bo', 'pos': [2, 3]}, 'img_id': 'a.jpg', 'relation': '${relation}'}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-validate-"));
  await mkdir(join(folder, "pictures"));
  await writeFile(join(folder, "pictures", "b.png"), "");
  await writeFile(
    join(folder, "good.jsonl"),
    `${JSON.stringify(good)}\n${JSON.stringify({ ...good, id: "2", image: "b.png" })}\n`,
  );
  const outside = { ...good, id: "3", entities: [good.entities[0], { start: 8, end: 99, label: "person" }] };
  await writeFile(
    join(folder, "bad.jsonl"),
    `${JSON.stringify(good)}\nnot json\n${JSON.stringify(outside)}\n`,
  );
  await writeFile(join(folder, "mnre.txt"), `${mnre("peer")}\n${mnre("None")}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

describe("relata validate", () => {
  it("accepts a clean file and counts missing pictures", async () => {
    const { code, stdout } = await relata(["validate", "good.jsonl", "--pictures", "pictures"], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(stdout).toContain("2 rows accepted, 0 rejected");
    expect(stdout).toContain("1 of them missing: a.png");
  });

  it("names every defect with its line and exits with 2", async () => {
    const { code, stdout } = await relata(["validate", "bad.jsonl"], { cwd: folder });
    expect(code).toBe(2);
    expect(stdout).toContain("error[data/not-json]");
    expect(stdout).toContain("bad.jsonl:2");
    expect(stdout).toContain("error[data/span-out-of-range]");
    expect(stdout).toContain("bad.jsonl:3");
  });

  it("gives the same account to machines", async () => {
    const { code, stdout, stderr } = await relata(["validate", "bad.jsonl", "--json"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toBe("");
    const { valid, files } = JSON.parse(stdout);
    expect(valid).toBe(false);
    expect(files[0]).toMatchObject({ lines: 3, accepted: 1, rejected: 2 });
    expect(files[0].counts).toEqual({ "data/not-json": 1, "data/span-out-of-range": 1 });
  });

  it("reads MNRE lines and warns of conflicting labels, which can be made errors", async () => {
    const lenient = await relata(["validate", "mnre.txt", "--format", "mnre"], { cwd: folder });
    expect(lenient.code).toBe(0);
    expect(lenient.stdout).toContain("warning[data/conflicting-labels]");
    const strict = ["validate", "mnre.txt", "--format", "mnre", "--reject", "data/conflicting-labels"];
    expect((await relata(strict, { cwd: folder })).code).toBe(2);
  });

  it("says which formats and defects there are", async () => {
    const format = await relata(["validate", "good.jsonl", "--format", "csv"], { cwd: folder });
    expect(format.code).toBe(2);
    expect(format.stderr).toContain("relata, mnre");
    const code = await relata(["validate", "good.jsonl", "--reject", "data/nothing"], { cwd: folder });
    expect(code.stderr).toContain("error[cli/unknown-defect]");
  });

  it("names a file that is not there", async () => {
    const { code, stderr } = await relata(["validate", "nothing.jsonl"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain("error[data/cannot-read]");
    expect(stderr).toContain("nothing.jsonl");
  });
});
