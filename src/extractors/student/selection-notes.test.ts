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
});
