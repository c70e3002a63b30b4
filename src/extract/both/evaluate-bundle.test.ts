// The end-to-end score of a bundle: the same as a few independent lines compute from the files of `relata extract`.
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Document } from "../../data/document.ts";
import type { EvaluateRequest } from "../../extractors/requests.ts";
import { evaluate } from "../../library/evaluate.ts";
import { jsonlFile } from "../batch/jsonl-source.ts";
import { runBatch } from "../batch/run-batch.ts";
import { scoresOnRecord } from "../card/card-facts.ts";
import { writeCard } from "../card/write-card.ts";
import { exportBundle } from "../export-bundle.ts";
import { load } from "../load.ts";
import { setThresholds } from "../set-thresholds.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../testing/tiny-models.ts";
import type { BundleEvaluationSummary } from "./evaluate-bundle.ts";

let folder: string;
let world: TinyWorld;
let bundle: string;
/** The score on the validation documents, with its predictions. */
let whole: BundleEvaluationSummary;
const inFolder = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relata-end-to-end-"));
  world = await tinyWorld(folder);
  const models = {
    entities: await tinyModel(world, "mner", "pictures"),
    relations: await tinyModel(world, "mre", "pictures"),
  };
  bundle = inFolder("bundle");
  await exportBundle({ ...models, folder: bundle });
  whole = await score(world.files.validation, { predictions: inFolder("predictions.jsonl") });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function score(data: string, options: Partial<EvaluateRequest> = {}): Promise<BundleEvaluationSummary> {
  const { pictures } = world.files;
  const summary = await evaluate({ model: bundle, data, pictures, threads: 1, ...options });
  if (summary.task !== "both") throw new Error(`the task is ${summary.task}`);
  return summary;
}

const documentsOf = (path: string) =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Document);

/** Writes the validation documents, changed, and returns the path. */
function changed(name: string, change: (document: Document, i: number) => object): string {
  const path = inFolder(name);
  const lines = documentsOf(world.files.validation).map((one, i) =>
    JSON.stringify({ ...one, ...change(one, i) }),
  );
  writeFileSync(path, lines.join("\n"));
  return path;
}

/** Writes what `relata extract` finds in the documents. */
async function extracted(data: string, name: string, givenMentions: boolean): Promise<string> {
  const { pictures } = world.files;
  const output = { file: inFolder(name), resume: false };
  await runBatch({ model: bundle, source: jsonlFile(data), pictures, givenMentions, output, threads: 1 });
  return output.file;
}

/** F1 of items given as text, one list per document. */
function f1(gold: readonly string[][], found: readonly string[][]): number {
  const hits = gold.flatMap((items, i) => items.filter((item) => found[i]!.includes(item))).length;
  return (2 * hits) / (gold.flat().length + found.flat().length);
}
const entitiesOf = ({ entities }: Document) => entities.map((e) => `${e.start}-${e.end} ${e.label}`);
const relationsOf = (one: Document) =>
  one.relations
    .filter(({ label }) => label !== "None")
    .map(({ head, tail, label }) => [label, entitiesOf(one)[head], entitiesOf(one)[tail]].join(" "));

describe("the end-to-end score", () => {
  it("is what the files of relata extract say", async () => {
    const { validation } = world.files;
    const found = await extracted(validation, "found.jsonl", false);
    const given = await extracted(validation, "given.jsonl", true);
    const predicted = documentsOf(inFolder("predictions.jsonl"));
    const golds = predicted.map(({ meta }) => meta?.gold);
    expect(golds).toEqual(
      documentsOf(validation).map(({ entities, relations, category }) => ({ entities, relations, category })),
    );
    const withoutGold = predicted.map(({ meta: { gold: _, ...meta } = {}, ...one }) => ({ ...one, meta }));
    expect(withoutGold).toEqual(documentsOf(found).map(({ meta = {}, ...one }) => ({ ...one, meta })));
    const [gold, free, related] = [validation, found, given].map(documentsOf) as [
      Document[],
      Document[],
      Document[],
    ];
    const expected = {
      entities: f1(gold.map(entitiesOf), free.map(entitiesOf)),
      found: f1(gold.map(relationsOf), free.map(relationsOf)),
      gold: f1(gold.map(relationsOf), related.map(relationsOf)),
    };
    expect(whole.entities.micro.f1).toBeCloseTo(expected.entities, 12);
    expect(whole.relations?.foundEntities.micro.f1).toBeCloseTo(expected.found, 12);
    expect(whole.relations?.goldEntities.micro.f1).toBeCloseTo(expected.gold, 12);
    expect(Math.min(expected.entities, expected.found, expected.gold)).toBeGreaterThan(0);
    const { intervals, micro } = whole.relations!.foundEntities; // the documents have relations
    expect(intervals.micro[0]).toBeLessThanOrEqual(micro.f1);
    expect(intervals.micro[1]).toBeGreaterThanOrEqual(micro.f1);
    expect(whole.visualChannels).toEqual(["pixels", "pixels"]);
  });

  it("warns of documents that the models were trained on, wherever the bundle is", async () => {
    cpSync(bundle, inFolder("moved", "posts"), { recursive: true });
    const model = inFolder("moved", "posts");
    await expect(score(world.files.train, { model })).rejects.toMatchObject({ code: "data/trained-on" });
    const train = await score(world.files.train, { model, allowTrainingData: true });
    expect(train.seen).toEqual({ trained: 64, chosen: 0, checked: true });
    expect(train.notes[0]).toBe(
      "warning: the model was trained on the texts of 64 of these 64 documents: the scores are too high",
    );
    expect(whole.notes[0]).toContain("32 of these 32 documents are validation documents");
  });

  it("scores entities alone where no document has a relation, and says so", async () => {
    const data = changed("entities-only.jsonl", () => ({ relations: [] }));
    const summary = await score(data);
    expect(summary.relations).toBeUndefined();
    expect(summary.notes.join("\n")).toContain("only the entities were scored");
    expect(summary.entities.micro).toEqual(whole.entities.micro);
  });

  it("refuses, leaves out or ignores relations that the bundle does not know", async () => {
    const first = whole.relations!.goldEntities; // the documents have relations
    const data = changed("renamed.jsonl", ({ relations }, i) =>
      i < 8
        ? {
            image: "gone.png",
            relations: relations.map((relation) => ({ ...relation, label: "unheard_of" })),
          }
        : {},
    );
    await expect(score(data)).rejects.toMatchObject({ code: "data/unknown-label" });
    const leftOut = await score(data, { unknownRelations: "leave-out" });
    const asNone = await score(data, { unknownRelations: "as-none" });
    const lost = documentsOf(world.files.validation)
      .slice(0, 8)
      .flatMap(({ relations }) => relations.filter(({ label }) => label !== "None")).length;
    expect(leftOut.data.unknownRelations).toEqual({ unheard_of: expect.any(Number) });
    expect(leftOut.relations!.goldEntities.micro.support).toBe(first.micro.support - lost);
    expect(asNone.relations!.goldEntities.micro.support).toBe(first.micro.support - lost);
    // What is found for a pair that is left out counts neither as right nor as wrong.
    const [ofLeftOut, ofAsNone] = [leftOut, asNone].map((one) => one.relations!.goldEntities.micro.predicted);
    expect(ofLeftOut).toBeLessThan(ofAsNone!);
    expect(leftOut.data.found.visual.missing).toBe(8);
  });

  it("refuses types that the bundle does not know, and options that only one model has", async () => {
    const data = changed("types.jsonl", ({ entities }) => ({
      entities: entities.map((entity) => ({ ...entity, label: "ship" })),
    }));
    await expect(score(data)).rejects.toMatchObject({ code: "data/unknown-entity-type" });
    await expect(score(world.files.validation, { negatives: "all" })).rejects.toMatchObject({
      code: "config/contradiction",
      message: expect.stringContaining("negatives cannot be used"),
    });
  });
});

describe("the model card of a bundle", () => {
  const cardOf = (model: string) => readFileSync(join(model, "README.md"), "utf8");
  const headerOf = (card: string) => parse(/^---\n(.*?)\n---\n/s.exec(card)?.[1] ?? "");

  it("has the metadata that hubs read, and the scores of the training with their intervals", async () => {
    const card = cardOf(bundle);
    const header = headerOf(card);
    expect(header).toMatchObject({
      license: "unknown",
      library_name: "relata",
      pipeline_tag: "token-classification",
      metrics: ["precision", "recall", "f1"],
    });
    expect(header.tags).toEqual(expect.arrayContaining(["relation-extraction", "multimodal"]));
    const [index] = header["model-index"];
    for (const { task, dataset, metrics } of index.results) {
      expect(task.type).toMatch(/^(token|text)-classification$/);
      expect(dataset).toMatchObject({ type: "validation", split: "validation" });
      for (const { type, value } of metrics) {
        expect(header.metrics).toContain(type);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
    }
    expect(card).toContain("It was not tested on documents that neither trained it nor chose its best epoch");
    expect(card).toContain("nobody has stated under which terms");
    expect(card).not.toContain(folder); // where it was trained is nobody's business
  });

  it("records scores, which end when the model changes", async () => {
    const model = inFolder("recorded");
    cpSync(bundle, model, { recursive: true });
    const data = changed("fresh.jsonl", ({ text }) => ({ text: `${text} !` }));
    const summary = await score(data, { model, record: true });
    const recorded = (await scoresOnRecord(model)).filter(({ split }) => split === "test");
    expect(recorded).toEqual([
      expect.objectContaining({
        data: { source: "fresh.jsonl", documents: 32, fingerprint: summary.fingerprint },
        trained: 0,
      }),
    ]);
    expect(recorded[0]?.scores.map(({ of, f1 }) => [of, f1])).toEqual([
      ["entities", summary.entities.micro.f1],
      ["relations end to end", summary.relations?.foundEntities.micro.f1],
    ]);
    expect(cardOf(model)).toContain("It was tested on fresh.jsonl only");
    await using loaded = await load(model, { threads: 1 }); // the card is not part of the manifest
    expect(loaded.notices).toEqual([]);
    await setThresholds({ model, aim: { precision: 0.9 } });
    expect((await scoresOnRecord(model)).some(({ split }) => split === "test")).toBe(false);
  });

  it("keeps what people wrote into it, and what they state about it", async () => {
    const model = inFolder("edited");
    cpSync(bundle, model, { recursive: true });
    const stated = { license: "cc-by-4.0", languages: ["en", "pt-BR"], datasets: ["owner/posts"] };
    expect(await writeCard(model, { stated })).toMatchObject({ keptEdited: false, stated });
    const { license, language, datasets } = headerOf(cardOf(model));
    expect({ license, languages: language, datasets }).toEqual(stated);
    appendFileSync(join(model, "README.md"), "Ask Ada before you use it.\n");
    expect(await writeCard(model, { stated: { license: "mit" } })).toMatchObject({ keptEdited: true });
    expect(cardOf(model)).toContain("Ask Ada");
    expect((await writeCard(model, { replaceEdited: true })).stated.license).toBe("mit");
    expect(cardOf(model)).not.toContain("Ask Ada");
    await expect(writeCard(model, { stated: { license: "My own: terms" } })).rejects.toMatchObject({
      code: "config/bad-card",
    });
  });
});
