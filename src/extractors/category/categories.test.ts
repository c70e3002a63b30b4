// Training and scoring the category of posts, with pictures, over a world whose topics are known.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../../extract/testing/tiny-models.ts";
import { evaluate } from "../../library/evaluate.ts";
import type { CategoryEvaluationSummary } from "../requests.ts";

let folder: string;
let world: TinyWorld;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relata-categories-"));
  world = await tinyWorld(folder);
  model = await tinyModel(world, "classification", "pictures");
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const documentsOf = (path: string) =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Document);

async function score(data: string, predictions?: string): Promise<CategoryEvaluationSummary> {
  const { pictures } = world.files;
  const summary = await evaluate({ model, data, pictures, predictions, threads: 1 });
  if (summary.task !== "classification") throw new Error(`the task is ${summary.task}`);
  return summary;
}

/** Writes the validation documents, changed, and returns the path. */
function changed(name: string, change: (document: Document, i: number) => object): string {
  const path = join(folder, name);
  const lines = documentsOf(world.files.validation).map((one, i) =>
    JSON.stringify({ ...one, ...change(one, i) }),
  );
  writeFileSync(path, lines.join("\n"));
  return path;
}

describe("a category model", () => {
  it("has the scores that its predictions add up to", async () => {
    const predictions = join(folder, "predictions.jsonl");
    const { metrics, visualChannel, data } = await score(world.files.validation, predictions);
    const gold = documentsOf(world.files.validation).map(({ category }) => category?.label);
    const predicted = documentsOf(predictions);
    const right = predicted.filter(({ category }, i) => category?.label === gold[i]);
    expect(metrics).toMatchObject({ instances: 32, correct: right.length, accuracy: right.length / 32 });
    expect(metrics.micro.f1).toBeCloseTo(metrics.accuracy, 12);
    expect(metrics.categories.map(({ label, support }) => [label, support])).toEqual(
      ["family", "other", "work"].map((label) => [label, gold.filter((one) => one === label).length]),
    );
    expect(predicted[0]?.meta?.gold).toMatchObject({ category: { label: gold[0] } });
    for (const { category } of predicted) expect(category?.probability).toBeGreaterThan(1 / 4);
    expect([visualChannel, data.unlabelled]).toEqual(["pixels", 0]);
  });

  it("reads neither entities nor relations", async () => {
    const bare = changed("bare.jsonl", () => ({ entities: [], relations: [] }));
    expect((await score(bare)).metrics).toEqual((await score(world.files.validation)).metrics);
  });

  it("leaves out documents without a category and counts them, and refuses a file without any", async () => {
    const some = changed("some.jsonl", ({ category }, i) => ({ category: i % 4 === 0 ? null : category }));
    expect((await score(some)).data).toMatchObject({ examples: 24, unlabelled: 8 });
    const none = changed("none.jsonl", () => ({ category: null }));
    await expect(score(none)).rejects.toMatchObject({ code: "data/other-task" });
  });

  it("refuses a category that it does not know", async () => {
    const other = changed("other.jsonl", (_, i) => (i === 0 ? { category: "sport" } : {}));
    await expect(score(other)).rejects.toMatchObject({ code: "data/unknown-category", value: ["sport"] });
  });
});
