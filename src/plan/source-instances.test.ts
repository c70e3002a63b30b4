import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "../base/sha256.ts";
import { GENERATOR_ADAPTERS } from "../experiments/generator-adapters.ts";
import type { SourceInstance } from "../synthesis/instance.ts";
import { loadPlan, parsePlan } from "./load-plan.ts";
import { sourcesOf } from "./source-instances.ts";

const entity = (start: number, end: number) => ({ start, end, label: "person" });
const relation = (head: number, tail: number) => ({ head, tail, label: "secret-label" });
const documents = [
  {
    ...{ id: "a", text: "Ada met Bo", image: "a.png" },
    entities: [entity(0, 3), entity(8, 10)],
    relations: [relation(1, 0)],
  },
  {
    ...{ id: "b", text: "Cy, Di, Ed", image: "b.jpg" },
    entities: [entity(0, 2), entity(4, 6), entity(8, 10)],
    relations: [relation(0, 1), relation(1, 2)],
  },
  { id: "c", text: "no picture", entities: [], relations: [] },
  { id: "d", text: "Ada waves", image: "gone.png", entities: [entity(0, 3)], relations: [] },
  { id: "e", text: "no relation", image: "a.png", entities: [], relations: [] },
  { id: "f", text: "Ada waves", image: "huge.png", entities: [entity(0, 3)], relations: [] },
];
const PNG = Buffer.from("89504e470d0a1a0a00000000", "hex");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-sources-"));
  mkdirSync(join(folder, "pictures"));
  writeFileSync(join(folder, "pictures", "a.png"), "bytes of a");
  writeFileSync(join(folder, "pictures", "b.jpg"), PNG); // a PNG, whatever it is called
  writeFileSync(join(folder, "pictures", "huge.png"), "");
  truncateSync(join(folder, "pictures", "huge.png"), 200_000_001);
  const lines = [...documents.map((document) => JSON.stringify(document)), "{broken"];
  writeFileSync(join(folder, "posts.jsonl"), `${lines.join("\n")}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = (direction: string, more: object = {}) =>
  parsePlan(
    { data: { path: "posts.jsonl", pictures: "pictures", ...more }, direction },
    "test",
    folder,
    GENERATOR_ADAPTERS,
  );

async function all(sources: ReturnType<typeof sourcesOf>): Promise<readonly SourceInstance[]> {
  const found: SourceInstance[] = [];
  for await (const instance of sources.instances()) found.push(instance);
  return found;
}

describe("sourcesOf", () => {
  test("makes one instance of every text, whatever picture it has", async () => {
    const sources = sourcesOf(plan("text"));
    const found = await all(sources);
    expect(found.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(found[0]).toMatchObject({
      fingerprint: sha256("Ada met Bo"),
      mentions: ["Ada", "Bo"],
      exclude: ["a.png"],
    });
    expect(Buffer.from((await found[0]?.real())?.bytes ?? []).toString()).toBe("Ada met Bo");
    expect(sources.account()).toMatchObject({ documents: 6, instances: 6, rows: { rejected: 1 } });
  });

  test("makes one instance of every relation where the picture is real, and accounts for the others", async () => {
    const sources = sourcesOf(plan("picture"));
    const found = await all(sources);
    expect(found.map(({ id, mentions }) => [id, ...mentions])).toEqual([
      ["a", "Bo", "Ada"],
      ["b#0", "Cy", "Di"],
      ["b#1", "Di", "Ed"],
    ]);
    expect(found[0]?.fingerprint).toBe(sha256("bytes of a"));
    expect(await found[1]?.real()).toMatchObject({ mediaType: "image/png" });
    expect(sources.account()).toMatchObject({
      ...{ documents: 6, instances: 3, withoutPicture: 1, missingPictures: 1, withoutRelation: 1 },
      unreadablePictures: 1,
    });
  });

  test("carries no label, and of a real picture's text nothing but the mentions", async () => {
    const shown = JSON.stringify(await all(sourcesOf(plan("picture"))));
    expect(shown).not.toContain("secret-label");
    expect(shown).not.toContain("person");
    expect(shown).not.toContain("met");
  });

  test("reads the same instances each time, and no more than the limit", async () => {
    const sources = sourcesOf(plan("text", { limit: 2 }));
    const ids = (await all(sources)).map(({ id }) => id);
    expect(ids).toEqual(["a", "b"]);
    expect((await all(sources)).map(({ id }) => id)).toEqual(ids);
  });
});

describe("parsePlan", () => {
  test("resolves the paths of data and generators from the plan's folder, and leaves ids alone", () => {
    const settings = {
      adapter: "retrieval",
      collections: [{ captions: "c.jsonl", pictures: "pictures" }],
      encoder: "group/encoder",
      cache: "cache",
    };
    const { data, textToImage } = parsePlan(
      { data: { path: "posts.jsonl" }, direction: "text", textToImage: settings },
      "test",
      folder,
      GENERATOR_ADAPTERS,
    );
    expect(data.path).toBe(join(folder, "posts.jsonl"));
    expect(textToImage).toEqual({
      adapter: "retrieval",
      collections: [{ captions: join(folder, "c.jsonl"), pictures: join(folder, "pictures") }],
      encoder: "group/encoder",
      cache: join(folder, "cache"),
    });
  });

  test("names every fault", async () => {
    const path = join(folder, "plan.json");
    writeFileSync(path, JSON.stringify({ data: {}, direction: "sound", rounds: 0 }));
    await expect(loadPlan(path, GENERATOR_ADAPTERS)).rejects.toMatchObject({
      code: "config/invalid",
      message: expect.stringMatching(/data\.path.*direction.*rounds/s),
    });
    const unknown = { data: { path: "x" }, direction: "text", textToImage: { adapter: "painter" } };
    expect(() => parsePlan(unknown, "test", folder, GENERATOR_ADAPTERS)).toThrow(/painter/);
  });
});
