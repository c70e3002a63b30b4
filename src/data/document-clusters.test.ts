import { expect, it } from "vitest";
import { documentClusters } from "./document-clusters.ts";

const post = (text: string, image?: string) => ({ text, ...(image === undefined ? {} : { image }) });

it("documents with the same text or the same picture belong together, also over others", () => {
  const clusters = documentClusters([
    post("a", "1.jpg"),
    post("b", "2.jpg"),
    post("A ", "3.jpg"), // the same text except for case and space
    post("c", "3.jpg"),
    post("d"),
    post("e"),
    post("f"),
  ]);
  expect(clusters[2]).toBe(clusters[0]);
  expect(clusters[3]).toBe(clusters[0]);
  expect(new Set(clusters).size).toBe(5);
});

it("a picture that most documents share joins none of them", () => {
  const clusters = documentClusters([
    post("a", "logo.png"),
    post("b", "logo.png"),
    post("c", "logo.png"),
    post("a"),
  ]);
  expect(new Set(clusters).size).toBe(3);
  expect(clusters[3]).toBe(clusters[0]);
});

it("no documents have no clusters", () => {
  expect(documentClusters([])).toEqual([]);
});
