import { describe, expect, it } from "vitest";
import { splitWords } from "../../encoders/tokenizing/words.ts";
import { wordsOf } from "./words.ts";

const text = "Hey folks, Ada's new Drone? #news";
const entities = [{ start: 11, end: 14, label: "PERSON" }];
const document = { id: "a", text, entities, relations: [] };

describe("the words that a model is trained on", () => {
  it("are those that extraction reads in a text without tokens", () => {
    expect(wordsOf({ ...document, entities: [] })).toEqual(splitWords(text));
    expect(wordsOf(document).map((word) => word.text)).toEqual([
      "Hey",
      "folks",
      ",",
      "Ada",
      "'s",
      "new",
      "Drone",
      "?",
      "#",
      "news",
    ]);
  });

  it("are the document's own tokens, if it has them", () => {
    const meta = {
      tokens: [
        [0, 10],
        [11, 16],
      ],
    };
    expect(wordsOf({ ...document, meta }).map((word) => word.text)).toEqual(["Hey folks,", "Ada", "'s"]);
  });
});
