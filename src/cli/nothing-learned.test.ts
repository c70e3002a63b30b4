import { describe, expect, it } from "vitest";
import { nothingLearned } from "./nothing-learned.ts";

describe("the note on the best epoch", () => {
  it("names the metric, and what to try, where it is 0 in every epoch", () => {
    const [note = "", ...others] = nothingLearned({ micro_f1: 0 });
    expect(others).toEqual([]);
    expect(note).toContain("micro_f1 is 0");
    for (const remedy of ["--epochs", "--learning-rate", "relata validate"]) expect(note).toContain(remedy);
  });

  it("is nothing where something was learned, or nothing was measured", () => {
    expect(nothingLearned({ micro_f1: 0.01 })).toEqual([]);
    expect(nothingLearned({ micro_f1: 0, accuracy: 0.4 })).toEqual([]);
    expect(nothingLearned({})).toEqual([]);
    expect(nothingLearned(undefined)).toEqual([]);
  });
});
