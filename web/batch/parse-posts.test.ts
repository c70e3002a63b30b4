// Files of posts: JSON lines or plain lines; every line that is not a post is reported.
import { describe, expect, it } from "vitest";
import { parsePosts as parseBytes } from "./parse-posts.ts";
import { matches, resultLine } from "./result-line.ts";
import { chunksOf } from "./run-batch.ts";

const parsePosts = (name: string, text: string) => parseBytes(name, new TextEncoder().encode(text));

describe("a file of posts", () => {
  it("is JSON lines if it begins with a brace", () => {
    const { posts, faults } = parsePosts(
      "posts.jsonl",
      '\ufeff{"id":7,"text":"Ann met Bob","image":"p.jpg"}\r\n\r\n{"text":"In Rome"}\n',
    );
    expect(posts).toEqual([
      { id: "7", text: "Ann met Bob", image: "p.jpg" },
      { id: "posts-2", text: "In Rome" },
    ]);
    expect(faults).toEqual([]);
  });

  it("is a post a line otherwise", () => {
    expect(parsePosts("a.b.txt", "Ann met Bob\n\n  In Rome ").posts).toEqual([
      { id: "a.b-0", text: "Ann met Bob" },
      { id: "a.b-2", text: "  In Rome " },
    ]);
  });

  it("names the lines that are not posts", () => {
    const lines = [
      '{"text":"ok","id":"a"}',
      "{broken",
      "[1]",
      '{"text":" "}',
      '{"text":"x","id":"a"}',
      '{"text":"x","image":3}',
      '{"text":"x","entities":"none"}',
    ];
    const { posts, faults } = parsePosts("p.jsonl", lines.join("\n"));
    expect(posts).toHaveLength(1);
    expect(faults.map(({ place }) => place)).toEqual([2, 3, 4, 5, 6, 7].map((line) => `line ${line}`));
    expect(faults.slice(1).map(({ message }) => message)).toEqual([
      "this is not a JSON object",
      "there is no text",
      'the id "a" is used twice',
      "the image is not the name of a file",
      "the entities are not a list",
    ]);
  });

  it("may be a JSON array", () => {
    const { posts, faults } = parsePosts(
      "p.json",
      JSON.stringify([{ text: "Ann" }, 7, { text: "Bob", id: 3 }], null, 2),
    );
    expect(posts.map(({ id, text }) => [id, text])).toEqual([
      ["p-0", "Ann"],
      ["3", "Bob"],
    ]);
    expect(faults).toEqual([{ place: "element 2", message: "this is not a JSON object" }]);
  });

  it("is refused if it is not UTF-8, a table, or a broken array, and says what to do", () => {
    expect(() => parseBytes("latin.txt", Uint8Array.from([0x63, 0xe9, 0x0a]))).toThrow("Save it as UTF-8");
    expect(() => parsePosts("posts.CSV", "text\nAnn")).toThrow("`relata import table posts.CSV");
    expect(() => parsePosts("p.json", "[1,")).toThrow(SyntaxError);
  });
});

describe("requests of a batch", () => {
  it("hold 32 posts at most, fewer with large pictures", () => {
    const picture = { size: 4_000_000 } as File;
    const posts = Array.from({ length: 70 }, () => ({ text: "x" }));
    expect(chunksOf(posts, [...posts.keys()]).map((chunk) => chunk.length)).toEqual([32, 32, 6]);
    const large = Array.from({ length: 3 }, () => ({ text: "x", image: picture }));
    expect(chunksOf(large, [0, 1, 2]).map((chunk) => chunk.length)).toEqual([1, 1, 1]);
  });
});

describe("results of a batch", () => {
  const post = { id: "a", text: "Ann met Bob", image: "p.jpg", meta: { source: "x" } };
  const failed = { problem: { title: "Refused", status: 422, code: "data/blank-text", detail: "No text" } };

  it("keep the picture's name and the post's own data, and say why a post failed", () => {
    expect(JSON.parse(resultLine(post, failed))).toEqual({
      ...post,
      entities: [],
      meta: { source: "x", problem: { code: "data/blank-text", detail: "No text" } },
    });
  });

  it("are filtered by kind and by words of the post", () => {
    expect(matches(post, failed, "failed", "")).toBe(true);
    expect(matches(post, failed, "entities", "")).toBe(false);
    expect(matches(post, undefined, "failed", "")).toBe(false);
    expect(matches(post, failed, "all", "bob")).toBe(true);
    expect(matches(post, failed, "all", "carl")).toBe(false);
  });
});
