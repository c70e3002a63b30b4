import { describe, expect, test } from "vitest";
import type { Post } from "./post.ts";
import { refuseMentionPair, requireMentionPair, requirePost } from "./require-post.ts";

const text = "Ada met Bo";
const span = { start: 0, end: 3 };

describe("a post from a caller without types", () => {
  test.each([
    [null, "post"],
    [5, "post"],
    [[], "post"],
    [{}, "text"],
    [{ text, image: 5 }, "image"],
    [{ text, image: new ArrayBuffer(8) }, "image"],
    [{ text, caption: [] }, "caption"],
    [{ text, entities: 5 }, "entities"],
    [{ text, entities: [null] }, "entities[0]"],
    [{ text, entities: [{ ...span, start: "0", label: "person" }] }, "entities[0].start"],
    [{ text, entities: [span] }, "entities[0].label"],
    [{ text, words: {} }, "words"],
    [{ text, words: [span, { start: 4 }] }, "words[1].end"],
  ])("%j is refused with its place", (value, place) => {
    expect(() => requirePost(value)).toThrow(expect.objectContaining({ code: "data/wrong-type", place }));
  });

  test("null stands for absent, and everything else stays as it is", () => {
    const entities = [{ ...span, label: "person" }];
    const post = { text, entities, words: null, image: null, caption: null };
    expect(requirePost(post)).toEqual({ text, entities });
    const plain = { text, image: new Uint8Array(2), entities };
    expect(requirePost(plain)).toBe(plain);
  });

  test("a question about two mentions needs both", () => {
    expect(() => requireMentionPair({ text, head: span, tail: span })).not.toThrow();
    for (const tail of [null, undefined, 5, {}])
      expect(() => requireMentionPair({ text, head: span, tail })).toThrow(
        expect.objectContaining({ code: "data/wrong-type" }),
      );
  });

  test("a question about two mentions is not a post", () => {
    expect(() => refuseMentionPair({ text })).not.toThrow();
    const question: Post & { head: object } = { text, head: span };
    expect(() => refuseMentionPair(question)).toThrow(
      expect.objectContaining({ code: "data/wrong-type", place: "head" }),
    );
  });
});
