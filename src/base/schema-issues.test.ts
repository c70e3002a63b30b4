import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkShape, KINDS_ONLY, VALUES_SHOWN } from "./schema-issues.ts";

const row = z.strictObject({
  id: z.string(),
  count: z.int().positive().optional(),
  share: z.number().lt(1).optional(),
  kind: z.enum(["a", "b"]).optional(),
  layers: z.union([z.literal("all"), z.array(z.int())]).optional(),
  box: z.tuple([z.number(), z.number()]).optional(),
  short: z.string().min(1).max(3).optional(),
  words: z.string().regex(/^x/).optional(),
  prompt: z
    .string()
    .refine((text) => text.includes("{}"), "must contain {}")
    .optional(),
  how: z
    .discriminatedUnion("by", [z.object({ by: z.literal("file") }), z.object({ by: z.literal("hand") })])
    .optional(),
});
const schema = z.object({ rows: z.array(row).min(1) });

const faultsOf = (value: unknown, wording = KINDS_ONLY) => {
  const checked = checkShape(schema, value, { whole: "the record", wording });
  return checked.success ? [] : checked.faults;
};
const faultsOfRow = (fields: object, wording = KINDS_ONLY) =>
  faultsOf({ rows: [{ id: "1", ...fields }] }, wording).map((fault) => fault.replace("rows[0].", ""));

describe("what does not fit a schema", () => {
  it("gives what does, as the schema reads it", () => {
    expect(checkShape(schema, { rows: [{ id: "1" }], more: 1 })).toEqual({
      success: true,
      data: { rows: [{ id: "1" }] },
    });
  });

  it("is said with its place, what was expected and what came", () => {
    expect(faultsOf(7)).toEqual(["the record: expected an object, got a number"]);
    expect(faultsOf({})).toEqual(["rows: expected a list, but it is missing"]);
    expect(faultsOf({ rows: [] })).toEqual(["rows: expected a list of at least 1 entry, got a list"]);
    expect(faultsOf({ rows: [{ id: 7 }, {}] })).toEqual([
      "rows[0].id: expected text, got a number",
      "rows[1].id: expected text, but it is missing",
    ]);
  });

  it.each([
    [{ count: 1.5 }, "count: expected an integer, got 1.5"],
    [{ count: null }, "count: expected a number, got null"],
    [{ count: 0 }, "count: expected a number of more than 0, got 0"],
    [{ share: 1 }, "share: expected a number of less than 1, got 1"],
    [{ share: Number.NaN }, "share: expected a number, got NaN"],
    [{ kind: "c" }, 'kind: expected "a" or "b", got text'],
    [{ layers: "some" }, 'layers: expected "all" or a list, got text'],
    [{ box: [1] }, "box: expected a list of at least 2 entries, got a list"],
    [{ short: "" }, "short: expected non-empty text, got text"],
    [{ short: "long" }, "short: expected text of at most 3 characters, got text"],
    [{ words: "y" }, "words: expected text that matches /^x/, got text"],
    [{ prompt: "y" }, "prompt: must contain {}"],
    [{ how: { by: "eye" } }, 'how.by: expected "file" or "hand", got text'],
    [{ how: {} }, 'how.by: expected "file" or "hand", but it is missing'],
  ])("is %j in words", (fields, fault) => {
    expect(faultsOfRow(fields)).toEqual([fault]);
  });

  it("names unknown fields, and those that are like them", () => {
    expect(faultsOf({ rows: [{ id: "1", cuont: 1, zzzzzz: 1 }] })).toEqual([
      'rows[0]: unknown field "cuont", did you mean "count"?; unknown field "zzzzzz"; known: id, count, share, kind, layers, box, short, words, prompt, how',
    ]);
  });

  it("shows no text unless values are to be shown, and then no long one", () => {
    expect(faultsOfRow({ kind: "secret" }).join()).not.toContain("secret");
    expect(faultsOfRow({ kind: "c" }, VALUES_SHOWN)).toEqual(['kind: expected "a" or "b", got "c"']);
    expect(faultsOfRow({ kind: "x".repeat(100) }, VALUES_SHOWN)).toEqual([
      `kind: expected "a" or "b", got "${"x".repeat(56)}...`,
    ]);
  });

  it("is prefixed with the given path", () => {
    const checked = checkShape(row, { id: 1 }, { under: ["textToImage"] });
    expect(checked).toMatchObject({ faults: ["textToImage.id: expected text, got a number"] });
  });
});
