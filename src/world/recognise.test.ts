import { describe, expect, it } from "vitest";
import { drawWorld } from "./generate.ts";
import { TYPES } from "./labels.ts";
import { recogniseText, STAND_IN } from "./recognise.ts";
import { fillWording, WORDINGS } from "./wordings.ts";

describe("recogniseText", () => {
  it("reads from the text alone what posts were drawn with: the wording, and what both names reveal", () => {
    for (const seed of [7, 8]) {
      const { posts } = drawWorld({ seed, train: 1500, validation: 100, test: 1 });
      for (const { id, text, cell } of [...posts.train, ...posts.validation]) {
        const { wording, head, tail } = cell;
        expect({ text, ...recogniseText(text, id) }).toEqual({ text, wording, head, tail });
      }
    }
  });

  it("reads every wording of generated texts, whose mentions may be placeholders", () => {
    for (const [wording, forms] of WORDINGS) {
      for (const form of forms) {
        for (const type of TYPES) {
          const { text } = fillWording(form, "@annanovak", STAND_IN[type]);
          const read = recogniseText(`Seen here: ${text}, in one picture`, "a");
          expect({ form, ...read }).toEqual({ form, wording, head: "person", tail: type });
        }
      }
    }
  });

  it("refuses a text without a wording of the corpus", () => {
    expect(() => recogniseText("Anna Novak and nobody else", "a")).toThrow("contains no wording");
  });
});
