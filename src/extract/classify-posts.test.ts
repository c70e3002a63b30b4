// The category of raw posts: with a category model alone, and with one inside a bundle.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportBundle } from "./export-bundle.ts";
import { load } from "./load.ts";
import { setThresholds } from "./set-thresholds.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "./testing/tiny-models.ts";

let folder: string;
let world: TinyWorld;
let categories: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relata-classify-"));
  world = await tinyWorld(folder);
  categories = await tinyModel(world, "classification", "none");
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TEXT = "Ben Walker hired Eva Novak for the project";

describe("a category model alone", () => {
  it("classifies a text without entities, with a probability", async () => {
    await using model = await load(categories, { threads: 1 });
    expect([model.categories, model.needsMentions]).toEqual([["family", "other", "work"], false]);
    const { category, entities, relations, notes, calibrated } = await model.extract({ text: TEXT });
    expect(model.categories).toContain(category?.label);
    expect(category?.probability).toBeGreaterThan(1 / 3);
    expect([entities, relations, notes, calibrated]).toEqual([[], [], [], true]);
  });

  it("reads the beginning of a long text and says so", async () => {
    await using model = await load(categories, { threads: 1 });
    const long = await model.extract({ text: `${TEXT} ${"and so on ".repeat(200)}` });
    expect(long.notes.map(({ code }) => code)).toEqual(["extract/text-cut"]);
    const other = await model.extract({ text: `${TEXT} ${"and so on ".repeat(300)}` });
    expect(other.category).toEqual(long.category);
  });

  it("withholds a category below its threshold", async () => {
    const { categories: fitted } = await setThresholds({ model: categories, aim: { precision: 0.99 } });
    expect(fitted?.all.threshold).toBeDefined();
    await using model = await load(categories, { threads: 1 });
    const [kept, all] = [
      await model.extract({ text: TEXT }),
      await model.extract({ text: TEXT }, { thresholds: false }),
    ];
    expect(all.category).toBeDefined();
    if (kept.category === undefined) {
      const { label = "" } = all.category ?? {};
      expect(kept.notes).toMatchObject([
        { code: "extract/below-threshold", value: { categories: { [label]: 1 } } },
      ]);
    }
    await setThresholds({ model: categories, aim: "none" });
  });
});

it("is part of a bundle, which then classifies as the model alone does", async () => {
  const bundle = join(folder, "bundle");
  const entities = await tinyModel(world, "mner", "none");
  const relations = await tinyModel(world, "mre", "none");
  const written = await exportBundle({ entities, relations, categories, folder: bundle, onnx: true });
  expect(written.categories).toEqual(["family", "other", "work"]);
  expect(JSON.parse(readFileSync(join(bundle, "onnx/categories.json"), "utf8"))).toMatchObject({
    task: "classification",
    labels: written.categories,
  });
  await using alone = await load(categories, { threads: 1 });
  await using model = await load(bundle, { threads: 1 });
  expect((await model.extract({ text: TEXT })).category).toEqual(
    (await alone.extract({ text: TEXT })).category,
  );
  const without = join(folder, "without");
  await exportBundle({ entities, relations, folder: without });
  expect(existsSync(join(without, "categories"))).toBe(false);
  await using two = await load(without, { threads: 1 });
  expect("category" in (await two.extract({ text: TEXT }))).toBe(false);
}, 120_000);
