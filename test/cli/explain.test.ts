import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CODE_SECTIONS } from "../../src/base/codes/dictionary.ts";
import { relata } from "./warm-program.ts";

describe("relata explain", () => {
  it("prints what an error means, what to do and the exit code, also for a code copied with its brackets", async () => {
    const { code, stdout, stderr } = await relata(["explain", "error[data/not-a-model]:"]);
    expect([code, stderr]).toEqual([0, ""]);
    const [head, , means, remedy] = stdout.split("\n");
    expect(head).toBe("data/not-a-model: an error, exit code 2");
    expect(means).toBe("The folder does not hold a trained model or a bundle.");
    expect(remedy).toMatch(/^Name the folder of a bundle/);
  });

  it("gives the same as one JSON document", async () => {
    const { stdout } = await relata(["explain", "data/byte-order-mark", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      code: "data/byte-order-mark",
      kind: "defect",
      severity: "warning",
      exitCodes: [],
    });
  });

  it.each([
    { given: "not-a-model", suggests: "Did you mean data/not-a-model, hub/not-a-model?" },
    { given: "encoder/no-tokeniser", suggests: "Did you mean encoder/no-tokenizer?" },
    { given: "%%", suggests: "docs/errors.md lists every code." },
  ])("refuses $given, which is not a code, and names the nearest", async ({ given, suggests }) => {
    const { code, stdout, stderr } = await relata(["explain", given]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error\[cli\/unknown-code\]/);
    expect(stderr).toContain(suggests);
    expect(stderr).not.toContain("more:");
  });

  it("is what every other error points at", async () => {
    const { stderr } = await relata(["train", "--config", "nothing.json"]);
    expect(stderr).toContain("\n  more: relata explain config/not-found\n");
  });
});

describe("docs/errors.md", () => {
  it("has one place to link to for every code", () => {
    const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
    const anchors = [...page.matchAll(/^<a id="([^"]+)"><\/a>$/gm)].map(([, id]) => id);
    const codes = CODE_SECTIONS.flatMap(({ entries }) => entries.map(({ code }) => code));
    expect(anchors).toEqual(codes.map((code) => code.replaceAll("/", "-")));
    expect(new Set(anchors).size).toBe(codes.length);
    const titles = CODE_SECTIONS.map(({ title }) =>
      title.toLowerCase().replaceAll(",", "").replaceAll(" ", "-"),
    );
    expect(anchors.filter((anchor) => titles.includes(anchor ?? ""))).toEqual([]);
  });
});
