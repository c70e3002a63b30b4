// What a user hears of a threshold that keeps many, few or no views.
import { describe, expect, it } from "vitest";
import { selectionNotes } from "./selection-notes.ts";

const account = (kept: number, examplesWithoutKept: number) => ({
  method: "threshold",
  margin: 0,
  when: "once",
  views: 100,
  kept,
  examplesWithViews: 20,
  examplesWithoutKept,
});

describe("selectionNotes", () => {
  it("counts what a threshold kept, and warns if that is little or nothing", () => {
    expect(selectionNotes(account(60, 2))).toEqual([
      "note: the teachers kept 60 of 100 views (synthesis.selection.margin 0 nats); 2 of 20 examples with views keep none",
    ]);
    expect(selectionNotes(account(9, 11))[0]).toMatch(/^warning: .* kept 9 of 100 views .*11 of 20 examples/);
    expect(selectionNotes(account(30, 11))[0]).toMatch(/^warning: /);
    expect(selectionNotes(account(0, 20))[0]).toMatch(/^warning: the teachers kept none of 100 views/);
  });

  it("says nothing of rules that keep a share", () => {
    expect(selectionNotes({ method: "teacher", share: 0.5, when: "once", views: 4, kept: 2 })).toEqual([]);
    expect(selectionNotes(undefined)).toEqual([]);
  });

  const retention = (share: number, spread: number) => ({
    ...{ views: 100, share, gainNats: 0.1 },
    interval: [share - spread, share + spread] as const,
  });
  const compared = (kept: number, real: number, spread = 0.02) =>
    selectionNotes({
      ...{ method: "teacher", share: 0.5, when: "once", views: 4, kept: 2 },
      comparison: {
        ...{ of: "pictures", all: retention(0.3, spread) },
        ...{ kept: retention(kept, spread), real: retention(real, spread) },
      },
    });

  it("compares kept views with real ones, and says which tell more if the intervals are apart", () => {
    expect(compared(0.6, 0.45)).toEqual([
      "note: teachers name the label from 30.0 % of the generated pictures, 60.0 % of the kept ones, 45.0 % of the validation documents' real ones: kept pictures tell more than real ones, so the student may believe real ones too much",
    ]);
    expect(compared(0.3, 0.45)[0]).toContain("tell less than real ones");
    expect(compared(0.44, 0.45)[0]).toContain("no difference between kept pictures and real ones shows");
    expect(compared(0.6, 0.45, 0.2)[0]).toContain("no difference between kept pictures and real ones shows");
  });

  it("says whether the gate is open, and why", () => {
    const gate = (open: boolean) =>
      selectionNotes({
        ...{ method: "teacher", share: 0.5, when: "once", views: 4, kept: 2 },
        gate: { marginNats: 0.03, gainNats: 0.0123, gainInterval: [-0.004, 0.0299], examples: 9, open },
      });
    expect(gate(false)).toEqual([
      "warning: the gate is shut, so nothing is selected and all views are kept: an example's views tell 0.012 nats more about its label than those of other examples (95 % interval -0.004 to 0.03; must be above 0.03)",
    ]);
    expect(gate(true)[0]).toMatch(/^note: the gate is open: /);
  });
});
