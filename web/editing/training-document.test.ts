// What a document is saved as: accepted only if the labels that it was opened with are right.
import { expect, it } from "vitest";
import { decidedState } from "./training-document.ts";

it.each([
  ["accept", "open", false, "accepted"],
  ["accept", "open", true, "corrected"],
  ["accept", "accepted", true, "corrected"],
  ["accept", "corrected", false, "corrected"],
  ["accept", "rejected", false, "accepted"],
  ["reject", "open", true, "rejected"],
  ["reject", "corrected", false, "rejected"],
] as const)(
  "%s of a document that was %s, changed: %s, saves it as %s",
  (decision, before, isChanged, state) => {
    expect(decidedState(decision, before, isChanged)).toBe(state);
  },
);
