import { describe, expect, it } from "vitest";
import { parseDocument } from "../src/data/parse-document.ts";
import { ownPosts } from "./own-posts.ts";

describe("ownPosts", () => {
  const posts = ownPosts({ count: 190, pictures: true });

  it("gives valid documents, the same every time", () => {
    expect(posts.flatMap((post) => parseDocument(post, post.id).defects)).toEqual([]);
    expect(ownPosts({ count: 190, pictures: true })).toEqual(posts);
    expect(ownPosts({ count: 190, seed: 2, pictures: true })).not.toEqual(posts);
  });

  it("marks only relations that hold, and leaves many posts without one", () => {
    const labels = new Set(posts.flatMap(({ relations }) => relations.map(({ label }) => label)));
    expect([...labels].sort()).toEqual(["based_in", "lives_in", "makes", "works_for"]);
    const silent = posts.filter(({ entities, relations }) => entities.length > 1 && relations.length === 0);
    expect(silent.length).toBeGreaterThan(20);
  });
});
