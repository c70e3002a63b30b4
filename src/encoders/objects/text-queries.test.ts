import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textQueries } from "./text-queries.ts";

describe("textQueries", () => {
  it.each([
    {
      what: "names come before other things",
      text: "the gold trophy that LeBron James holds",
      queries: ["LeBron James", "gold trophy", "holds"],
    },
    {
      what: "links, mentions, numbers and the habits of posts are passed over",
      text: "RT @fan_7: red bridge 2019 https://t.co/abc www.example.org/x via me@example.org",
      queries: ["red bridge"],
    },
    {
      what: "punctuation and clitics end a run",
      text: "Paris, Berlin (Rome) and Anna's dog",
      queries: ["Paris", "Berlin", "Rome", "Anna", "dog"],
    },
    {
      what: "a name goes over a connector, not over an article or the end of the text",
      text: "Statue of Liberty near Bank of the north and Gulf of",
      queries: ["Statue of Liberty", "Bank", "Gulf", "north"],
    },
    {
      what: "headlines and long runs are cut",
      text: "BREAKING NEWS FROM NORTH PORT CITY HALL big old wooden door handle",
      queries: ["BREAKING NEWS", "NORTH PORT CITY HALL", "big old wooden", "door handle"],
    },
    { what: "hash signs fall away", text: "#NBAFinals #trophy", queries: ["NBAFinals", "trophy"] },
    { what: "nothing is asked twice", text: "Cat cat CAT dog", queries: ["Cat", "dog"] },
    { what: "short words need a capital", text: "ox UN pa tree", queries: ["UN", "tree"] },
    { what: "a text without words asks nothing", text: "😂 1:0 !!! …", queries: [] },
  ])("$what", ({ text, queries }) => {
    expect(textQueries(text, 16)).toEqual(queries);
  });

  it("asks no more than the limit", () => {
    expect(textQueries("Paris, Berlin, Rome", 2)).toEqual(["Paris", "Berlin"]);
  });

  it("asks for words of the text, each once", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (text, limit) => {
          const queries = textQueries(text, limit);
          expect(queries.length).toBeLessThanOrEqual(limit);
          expect(new Set(queries.map((query) => query.toLowerCase())).size).toBe(queries.length);
          for (const word of queries.flatMap((query) => query.split(" "))) expect(text).toContain(word);
        },
      ),
    );
  });
});
