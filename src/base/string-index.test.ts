import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HashedKeys } from "./hashed-keys.ts";
import { StringIndex } from "./string-index.ts";
import { hashText } from "./text-hash.ts";

const text = fc.oneof(fc.string({ maxLength: 3 }), fc.string({ unit: "grapheme", maxLength: 40 }));

/** Numbers strings as a plain Map does. */
function numbered(texts: readonly string[]): number[] {
  const known = new Map<string, number>();
  return texts.map((one) => {
    const number = known.get(one) ?? known.size;
    known.set(one, number);
    return number;
  });
}

describe("an index of strings", () => {
  it("numbers strings as a Map would, and gives them back", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
        const index = new StringIndex();
        expect(texts.map((one) => index.add(one))).toEqual(numbered(texts));
        expect(index.size).toBe(new Set(texts).size);
        for (const one of texts) expect(index.at(index.find(one)!)).toBe(one);
        expect(index.has(`${texts.join("")} and more`)).toBe(false);
      }),
    );
  });

  it("keeps its numbers while it grows", () => {
    const index = new StringIndex();
    for (let i = 0; i < 20_000; i++) expect(index.add(`post-${i}`)).toBe(i);
    for (let i = 0; i < 20_000; i += 97) expect(index.find(`post-${i}`)).toBe(i);
    expect(index.at(19_999)).toBe("post-19999");
  });
});

describe("hashed keys", () => {
  it("number strings as a Map would", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
        const keys = new HashedKeys();
        expect(texts.map((one) => keys.add(one))).toEqual(numbered(texts));
        expect(texts.every((one) => keys.has(one))).toBe(true);
      }),
    );
  });

  it("do not collide for 200,000 strings that differ in little", () => {
    const keys = new HashedKeys();
    for (let i = 0; i < 100_000; i++) {
      keys.add(`a post with number ${i}`);
      keys.add(`${i} a post with number`);
    }
    expect(keys.size).toBe(200_000);
  });
});

describe("the hash of a text", () => {
  it("changes about half of its bits with any one character", () => {
    const [one, other] = [
      { low: 0, high: 0 },
      { low: 0, high: 0 },
    ];
    let [changed, pairs] = [0, 0];
    for (let i = 0; i < 500; i++) {
      const word = `word ${i}`;
      for (let at = 0; at < word.length; at++) {
        hashText(word, one);
        hashText(`${word.slice(0, at)}~${word.slice(at + 1)}`, other);
        changed += bits(one.low ^ other.low) + bits(one.high ^ other.high);
        pairs++;
      }
    }
    expect(changed / pairs).toBeGreaterThan(31);
    expect(changed / pairs).toBeLessThan(33);
  });
});

function bits(value: number): number {
  return (value >>> 0).toString(2).replaceAll("0", "").length;
}
