import { describe, expect, test } from "vitest";
import { GeneratorRefusal } from "./generator.ts";
import { saidPost } from "./said-post.ts";

const POST = "Ann and Bo at the wall";
const read = (said: string) => saidPost(said, "chat", "here");

describe("the post in an answer", () => {
  test.each<[string, string[]]>([
    [`Sure! Here is a post that mentions Ann and Bo:\n\n${POST}`, ["announcement"]],
    [`Here's a short post:\n\`\`\`\n${POST}\n\`\`\``, ["announcement", "code fence"]],
    [`**Post:** "${POST}"`, ["role", "quotes"]],
    [`Assistant: ${POST}`, ["role"]],
    [`{"post": "${POST}", "score": 3}`, ["JSON"]],
    [`\`\`\`json\n{"text": "${POST}"}\n\`\`\``, ["code fence", "JSON"]],
    [`["${POST}"]`, ["JSON"]],
  ])("is found in %j", (said, wrapping) => {
    expect(read(said)).toEqual({ text: POST, removed: { wrapping } });
  });

  test("keeps the count of thoughts before it", () => {
    const { text, removed } = read(`<think>hm</think>Certainly, Ann. Here is the post:\n${POST}`);
    expect([text, removed?.wrapping, (removed?.thoughts ?? 0) > 0]).toEqual([POST, ["announcement"], true]);
  });

  test.each([
    POST,
    "Here is the post: Ann and Bo",
    "Sure, Ann and Bo are here:\nat the wall",
    "I'm sorry, I can't stop looking at Ann and Bo",
    "I can't believe that Ann met Bo",
    "[Ann] met {Bo}",
    '{"Ann" and "Bo"}',
    "Posting: Ann",
  ])("is all of %j", (said) => {
    expect(read(said)).toEqual({ text: said });
  });

  test.each(['{"entities": []}', '{"a": "Ann", "b": "Bo"}', "[{}]"])("is not in %j", (said) => {
    expect(() => read(said)).toThrow(expect.objectContaining({ code: "synthesis/not-a-text" }));
  });

  test.each([
    "I'm sorry, but I can't identify Ann and Bo in this image.",
    "I am unable to help with that request.",
    "Sorry, I cannot generate a post about Ann and Bo.",
    "As an AI, I can't describe real people such as Ann.",
  ])("is missing where the model declines: %s", (said) => {
    expect(() => read(said)).toThrow(GeneratorRefusal);
  });
});
