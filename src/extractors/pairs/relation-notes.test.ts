import { describe, expect, it } from "vitest";
import { relationNotes } from "./relation-notes.ts";

const notes = (...labels: readonly string[]) => relationNotes({ labels }, {});

describe("relationNotes", () => {
  it("ask whether NA means none if None occurs too, and take Other for a relation then", () => {
    expect(notes("works_for", "None")).toEqual([]);
    expect(notes("works_for", "None", "Other")).toEqual([]);
    const [note, ...more] = notes("works_for", "None", "NA");
    expect(more).toEqual([]);
    expect(note).toContain('both "NA" and "None"');
    expect(note).toContain("--none-label NA");
  });

  it("warn of labels without any that means none", () => {
    expect(notes("works_for")[0]).toContain("no training pair is None");
    expect(notes("works_for", "no_relation")[0]).toContain("--none-label no_relation");
  });
});
