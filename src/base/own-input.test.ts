import { link, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireOwnOutput } from "./own-input.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-own-input-"));
  for (const name of ["in.jsonl", "other.jsonl"]) await writeFile(join(folder, name), "{}");
  await symlink(join(folder, "in.jsonl"), join(folder, "soft.jsonl"));
  await link(join(folder, "in.jsonl"), join(folder, "hard.jsonl"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("requireOwnOutput", () => {
  const output = (name: string) =>
    requireOwnOutput(join(folder, name), [undefined, join(folder, "in.jsonl")]);

  it.each(["in.jsonl", "soft.jsonl", "hard.jsonl"])(
    "refuses to write over an input, here called %s",
    (name) => expect(output(name)).rejects.toMatchObject({ code: "data/output-is-input" }),
  );

  it("allows a new file and another file", async () => {
    await output("new.jsonl");
    await output("other.jsonl");
    await output("."); // a folder is left to its writer
    await requireOwnOutput(join(folder, "new.jsonl"), [join(folder, "absent.jsonl")]);
  });
});
