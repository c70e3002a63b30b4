import { expect, it } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import type { ConfigInput } from "../../config/schema.ts";
import { mixupNotes } from "./mixup-notes.ts";

const notes = (batchSize: number, more: Partial<ConfigInput> = {}) =>
  mixupNotes(
    parseConfig({
      ...{ encoder: "e", data: { train: "t", validation: "v" }, training: { batchSize } },
      ...more,
    }),
  );
const without = { model: { mixup: { enabled: false } } };

it("says once that nothing is mixed in batches of one document, for both tasks", () => {
  for (const task of ["mre", "mner"] as const) {
    expect(notes(1, { task })).toEqual([
      "warning: model.mixup is on, but nothing is mixed: a batch of 1 document has no second one to mix with",
    ]);
    expect(notes(8, { task })).toEqual([]);
    expect(notes(1, { task, ...without })).toEqual([]);
  }
});

it("says so where the two shares select no row", () => {
  expect(notes(4, { model: { mixup: { delta: 0 } } })).toEqual([
    expect.stringContaining(
      "in a batch of 4 documents, model.mixup.delta 0 and model.mixup.unmixedShare 0.6 select no row",
    ),
  ]);
  expect(notes(4, { model: { mixup: { unmixedShare: 1 } } })).toHaveLength(1);
  expect(notes(4, { task: "mner", model: { mixup: { rows: "pool", delta: 0 } } })).toHaveLength(1);
});
