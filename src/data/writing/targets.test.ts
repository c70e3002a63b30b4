import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FORMATS } from "../readers.ts";
import { TARGET_NAMES } from "./target.ts";
import { TARGETS, targetNamed } from "./targets.ts";

describe("the targets", () => {
  it("are all in the list of names, and every format with a reader is among them", () => {
    expect(TARGETS.map(({ name }) => name)).toEqual(TARGET_NAMES);
    const names: readonly string[] = TARGET_NAMES;
    expect(FORMATS.filter(({ name }) => !names.includes(name))).toEqual([]);
  });

  it("are in the documentation with what they cannot hold", async () => {
    const page = await readFile(join(import.meta.dirname, "../../../docs/converting.md"), "utf8");
    for (const { name, cannotHold, holdsPosts } of TARGETS) {
      if (!holdsPosts) expect(page).toContain(`\`${name}\``);
      else expect(page).toContain(`| \`${name}\` | ${Object.values(cannotHold).join("; ") || "nothing"} |`);
    }
  });

  it("are named in the error for an unknown one", () => {
    expect(() => targetNamed("pdf")).toThrow(expect.objectContaining({ code: "data/unknown-format" }));
  });
});
