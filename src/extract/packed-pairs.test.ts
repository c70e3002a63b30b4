// A relation model of packed pairs from training to extraction: its answers, its bundle, its ONNX file and its export for web pages.
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import type { ConfigInput } from "../config/schema.ts";
import type { Document } from "../data/document.ts";
import { Runtime } from "../engine/runtime.ts";
import { loadModel } from "../extractors/relation/load-model.ts";
import { relationPrediction } from "../extractors/relation/relation-prediction.ts";
import { evaluateExtractor, trainExtractor } from "../extractors/run.ts";
import { hostTensor } from "../graph/host-tensor.ts";
import { exportBundle } from "./export-bundle.ts";
import { load } from "./load.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "./testing/tiny-models.ts";
import { exportWeb } from "./web/export-web.ts";
import { WEB_MANIFEST, webManifestSchema } from "./web/web-manifest.ts";

let world: TinyWorld;
let relations: string;
beforeAll(async () => {
  world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-packed-")));
  const run = await train("packed", {});
  relations = run.modelFolder!;
}, 60_000);
afterAll(() => rm(world.folder, { recursive: true, force: true }));

function train(name: string, change: ConfigInput["model"], encoder = "bert") {
  const { folder, files } = world;
  const config: ConfigInput = {
    task: "mre",
    encoder: join(folder, encoder),
    data: {
      train: files.train,
      validation: files.validation,
      pictures: files.pictures,
      relations: files.relations,
    },
    visual: { kind: "pictures", encoder: join(folder, "resnet") },
    model: { objects: 0, promptHidden: 16, relation: { pairs: "packed" }, ...change },
    training: { epochs: 2, batchSize: 8, learningRate: 3e-3, maxLength: 48, threads: 1 },
  };
  return trainExtractor({ config: parseConfig(config, "test"), runFolder: join(folder, name) });
}

describe("a model of packed pairs", () => {
  it("gives the same answer about two mentions alone and among others", async () => {
    await using model = await load(relations, { threads: 1 });
    const { text, entities, image } = postWithMentions();
    const shown = { text, image };
    const { relations: found } = await model.extract(
      { ...shown, entities },
      { typeConstraints: false, thresholds: false },
    );
    let asked = 0;
    for (const [head, first] of entities.entries())
      for (const [tail, second] of entities.entries()) {
        if (head === tail) continue;
        const alone = await model.relationBetween({ ...shown, head: first, tail: second });
        const among = found.find((one) => one.head === head && one.tail === tail);
        expect(among?.label ?? "None").toBe(alone.label);
        if (among) expect(among.probability).toBeCloseTo(alone.probability, 5);
        asked++;
      }
    expect(asked).toBeGreaterThan(1);
  });

  it("is scored like any relation model", async () => {
    const { metrics, data } = await evaluateExtractor({
      model: relations,
      data: world.files.validation,
      pictures: world.files.pictures,
      allowTrainingData: true,
      threads: 1,
    });
    expect(data.examples).toBeGreaterThan(0);
    expect(metrics).toBeDefined();
  });

  it("works in a bundle, and its ONNX file computes the same", async () => {
    const entities = await tinyModel(world, "mner", "none");
    const folder = join(world.folder, "bundle");
    await exportBundle({ entities, relations, folder, onnx: true });
    await using bundle = await load(folder, { threads: 1 });
    const { text } = postWithMentions();
    expect((await bundle.extract({ text })).entities.length).toBeGreaterThan(0);

    const loaded = await loadModel(relations, { threads: 1 });
    try {
      const description = JSON.parse(await readFile(join(folder, "onnx", "relations.json"), "utf8"));
      expect(description.pairs).toBe("packed");
      const { tokenizer, markers } = loaded;
      const ids = tokenizer.encodeText(text).ids;
      const pair = (headSpan: [number, number], tailSpan: [number, number]) => ({
        id: "post",
        input: {
          ...tokenizer.encodeText(text),
          ids,
          headSpan,
          tailSpan,
          length: ids.length,
          truncated: undefined,
        },
        label: undefined,
        visual: undefined,
      });
      const pairs = [pair([1, 2], [3, 4]), pair([3, 4], [1, 2])];
      const ours = await loaded.model.predict(pairs);
      const { visual } = description;
      const { pictures, mapWidth, promptLength } = visual;
      const task = relationPrediction({
        padId: tokenizer.padId,
        pairs: "packed",
        markers,
        visual: { pictures, mapWidth, promptLength, classes: 1 },
      });
      await using runtime = await Runtime.open({ threads: 1 });
      const session = await runtime.createSession(await readFile(join(folder, "onnx", "relations.onnx")));
      const inputs = task.predictionInputs(pairs);
      const named = session.inputs.map(({ name }) => [name, inputs[name] ?? hostTensor("int64", [0], [])]);
      const { logits } = await session.run(Object.fromEntries(named));
      expect(logits!.shape[0]).toBe(2);
      const theirs = Array.from(logits!.data as Float32Array);
      for (const [i, score] of ours.flatMap((row) => [...row]).entries())
        expect(theirs[i]).toBeCloseTo(score, 4);
      await session.dispose();
    } finally {
      await loaded.dispose();
    }
  }, 60_000);

  it("is exported for web pages with its way of reading pairs", async () => {
    const folder = join(world.folder, "web");
    await exportWeb({ model: relations, folder });
    const manifest = webManifestSchema.parse(JSON.parse(await readFile(join(folder, WEB_MANIFEST), "utf8")));
    expect(manifest.relations?.pairs).toBe("packed");
  });

  it("refuses what cannot read packed pairs, before training", async () => {
    const config = (change: object) => () =>
      parseConfig(
        {
          encoder: "bert",
          data: { train: "a", validation: "b" },
          model: { relation: { pairs: "packed" } },
          ...change,
        },
        "test",
      );
    expect(config({ method: "mi2rage" })).toThrow(expect.objectContaining({ code: "config/contradiction" }));
    expect(config({ training: { batches: "homogeneous" } })).toThrow(
      expect.objectContaining({ code: "config/contradiction" }),
    );
    expect(config({ task: "mner" })).not.toThrow();
  });
});

/** A post with at least two mentions, and its picture. */
function postWithMentions() {
  const lines = readFileSync(world.files.validation, "utf8").trimEnd().split("\n");
  const documents = lines.map((line) => JSON.parse(line) as Document);
  const { text, entities, image } = documents.find(
    (one) => one.image !== undefined && one.entities.length > 1,
  )!;
  return { text, entities, image: join(world.files.pictures, image!) }; // found by its picture
}
