// Documents that the browser keeps: ordered by uncertainty, saved with who and when, downloaded as lines that relata reads.
import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/data/parse-document.ts";
import { draftOf, dropDraft, keepDraft } from "./drafts.ts";
import { localDocument } from "./local-documents.ts";
import { PageSource, type Storage } from "./page-source.ts";
import { correctionOf, marksOf } from "./training-document.ts";

function memory(): Storage & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

const found = (probability: number) => ({
  entities: [
    { start: 0, end: 3, label: "PER", text: "Ann", probability },
    { start: 8, end: 11, label: "PER", text: "Bob", probability: 0.99 },
  ],
  relations: [{ head: 0, tail: 1, headText: "Ann", tailText: "Bob", label: "peer", probability: 0.97 }],
  category: { label: "news", probability: 0.95 },
});
const TEXT = "Ann met Bob in Rome";
const SAVING = { etag: undefined, newLabels: false };
const documents = [0.9, 0.6, 0.8].map((probability, i) => localDocument(`d-${i}`, TEXT, found(probability)));

describe("documents of the page", () => {
  it("are listed with the least certain first", async () => {
    const source = new PageSource(memory());
    source.add(documents);
    const { documents: listed } = await source.list("open", undefined);
    expect(listed.map(({ id }) => id)).toEqual(["d-1", "d-2", "d-0"]);
    expect(listed[0]?.uncertainty).toBeCloseTo(0.4);
  });

  it("are still there with their corrections in another tab", async () => {
    const storage = memory();
    const source = new PageSource(storage);
    source.add(documents);
    await source.save("d-1", correctionOf({ entities: [], relations: [] }, "corrected", "Ann"), SAVING);
    const again = new PageSource(storage);
    expect((await again.list("done", undefined)).documents.map(({ id, state }) => [id, state])).toEqual([
      ["d-1", "corrected"],
    ]);
    expect(await again.open("d-1")).toMatchObject({
      state: "corrected",
      savedBy: "Ann",
      document: { entities: [] },
    });
  });

  it("are downloaded as documents that relata reads, without probabilities, without rejected and open ones", async () => {
    const source = new PageSource(memory());
    source.add(documents);
    const marks = marksOf(documents[0]?.document ?? { entities: [], relations: [] });
    await source.save("d-0", correctionOf(marks, "accepted", "Ann"), SAVING);
    await source.save("d-1", correctionOf(marks, "rejected", "Ann"), SAVING);
    const lines = (await (await source.download()).text()).trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    const parsed = parseDocument(JSON.parse(lines[0] ?? ""), "corrections.jsonl:1");
    expect(parsed.defects).toEqual([]);
    expect("value" in parsed && parsed.value).toMatchObject({
      id: "d-0",
      text: TEXT,
      entities: [
        { start: 0, end: 3, label: "PER" },
        { start: 8, end: 11, label: "PER" },
      ],
      relations: [{ head: 0, tail: 1, label: "peer" }],
      category: { label: "news" },
      meta: { annotation: { state: "accepted", by: "Ann" } },
    });
    expect(lines[0]).not.toContain("probability");
  });

  it("are gone after they were cleared", async () => {
    const storage = memory();
    const source = new PageSource(storage);
    source.add(documents);
    source.clear();
    expect(storage.kept.size).toBe(0);
    await expect(source.open("d-0")).rejects.toThrow('The document "d-0" is no longer in this browser');
  });
});

describe("a draft", () => {
  it("is kept by document, and dropped", () => {
    const storage = memory();
    keepDraft(storage, "server", "d-0", { entities: [], relations: [], category: "news" });
    expect(draftOf(storage, "server", "d-0")?.category).toBe("news");
    expect(draftOf(storage, "page", "d-0")).toBeUndefined();
    dropDraft(storage, "server", "d-0");
    expect(draftOf(storage, "server", "d-0")).toBeUndefined();
  });
});
