// Bundles of models that were adapted from one text encoder: it is in them once, on disk and in memory, and the answers are those of the models by themselves.
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWeights } from "../encoders/weight-source.ts";
import { readSafetensors, writeSafetensors } from "../engine/safetensors.ts";
import type { ExtractorOptions } from "../extractors/requests.ts";
import { exportBundle } from "./export-bundle.ts";
import type { ExportSummary } from "./export-request.ts";
import { load } from "./load.ts";
import { setThresholds } from "./set-thresholds.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "./testing/tiny-models.ts";

/** Products beside the weights and sums with them differ in the last bits of float32. */
const TOLERANCE = 1e-5;
const TABLE = "encoder.embeddings.word_embeddings.weight";

let world: TinyWorld;
let models: { readonly entities: string; readonly relations: string };
let summary: ExportSummary;
let text: string;
const inWorld = (...names: string[]) => join(world.folder, ...names);

beforeAll(async () => {
  world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-shared-")));
  text = world.corpus.posts.validation[0]!.text;
  models = {
    entities: await tinyModel(world, "mner", "none", 48, { epochs: 2, adapters: { rank: 3 } }),
    relations: await tinyModel(world, "mre", "none", 48, {
      epochs: 1,
      adapters: { rank: 2, alpha: 3, targets: ["query", "value"] },
    }),
  };
  summary = await exportBundle({ ...models, folder: inWorld("bundle") });
}, 60_000);
afterAll(() => rm(world.folder, { recursive: true }));

const bytesBelow = async (folder: string): Promise<number> =>
  (await stat(join(folder, "model.safetensors"))).size;

/** What a bundle, or two models, say about a text: probabilities and all. */
async function answers(entities: string, relations: string, options: ExtractorOptions = {}) {
  await using finder = await load(entities, { threads: 1, ...options });
  await using classifier = await load(relations, { threads: 1, ...options });
  const found = await finder.extract({ text });
  const words = text.split(" ");
  const pair = {
    head: { start: 0, end: words[0]!.length },
    tail: { start: text.length - words.at(-1)!.length, end: text.length },
  };
  const { label, probabilities } = await classifier.relationBetween({ text, ...pair });
  return { entities: found.entities, label, probabilities };
}

function expectClose(actual: Awaited<ReturnType<typeof answers>>, expected: typeof actual) {
  expect(actual.label).toBe(expected.label);
  const numbers = ({ entities, probabilities }: typeof actual) => [
    ...entities.map(({ probability }) => probability ?? Number.NaN),
    ...probabilities.map((one) => one.probability),
  ];
  expect(numbers(actual)).toHaveLength(numbers(expected).length);
  numbers(actual).forEach((value, i) => {
    expect(Math.abs(value - numbers(expected)[i]!)).toBeLessThan(TOLERANCE);
  });
  const spans = ({ entities }: typeof actual) => entities.map(({ start, end, label }) => [start, end, label]);
  expect(spans(actual)).toEqual(spans(expected));
}

describe("exportBundle of models with adapters", () => {
  it("writes the text encoder that they were adapted from once, and says so", async () => {
    const [shared, ...others] = summary.bundle.sharedEncoders!;
    expect([shared!.models, others, summary.notes]).toEqual([["entities", "relations"], [], []]);
    const [base, entity, relation] = await Promise.all(
      [shared!.folder, "entities", "relations"].map((part) =>
        readSafetensors(inWorld("bundle", part, "model.safetensors")),
      ),
    );
    expect(base!.has(TABLE)).toBe(true);
    for (const part of [entity!, relation!]) {
      const own = part.names().filter((name) => name.startsWith("encoder."));
      expect(own.filter((name) => !/\.(lora_[AB]\.weight|added_rows)$/.test(name))).toEqual([]);
      expect(own.some((name) => name.endsWith("lora_B.weight"))).toBe(true);
    }
    const bundled = await Promise.all(
      [shared!.folder, "entities", "relations"].map((part) => bytesBelow(inWorld("bundle", part))),
    );
    const apart = await Promise.all(Object.values(models).map(bytesBelow));
    const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
    expect(sum(apart) - sum(bundled)).toBeGreaterThan(0.9 * shared!.bytes);
  });

  it("keeps every weight of the models, bit for bit", async () => {
    for (const part of ["entities", "relations"] as const) {
      const [bundled, own] = [await openWeights(inWorld("bundle", part)), await openWeights(models[part])];
      expect(bundled.names().toSorted()).toEqual(own.names().toSorted());
      for (const name of own.names()) {
        const [a, b] = [bundled.tensor(name), own.tensor(name)];
        expect([name, a.shape]).toEqual([name, b.shape]);
        expect([name, Buffer.from(a.data.buffer).equals(Buffer.from(b.data.buffer))]).toEqual([name, true]);
      }
    }
  });

  it("says why a model keeps an encoder of its own", async () => {
    const relations = inWorld("other-relations");
    await cp(models.relations, relations, { recursive: true });
    const weights = await readSafetensors(join(relations, "model.safetensors"));
    const tensors = Object.fromEntries(weights.names().map((name) => [name, weights.tensor(name)]));
    const changed = "encoder.embeddings.LayerNorm.bias";
    tensors[changed]!.data[0] = 0.5;
    await writeSafetensors(join(relations, "model.safetensors"), tensors, weights.metadata);
    const unchecked = { verify: false };
    const apart = { ...models, relations, folder: inWorld("apart"), ...unchecked };
    const { bundle, notes } = await exportBundle(apart);
    expect(bundle.sharedEncoders).toBeUndefined();
    expect(notes).toEqual([
      `entities was trained with adapters but keeps a text encoder of its own: relations has other weights at ${changed}`,
      `relations was trained with adapters but keeps a text encoder of its own: entities has other weights at ${changed}`,
    ]);
    const expected = await answers(models.entities, relations, unchecked);
    expect(await answers(inWorld("apart"), inWorld("apart"))).toEqual(expected);
    // A model that was exported without its encoder gets it back when nothing shares it any more.
    const entities = inWorld("bundle", "entities");
    const again = await exportBundle({ entities, relations, folder: inWorld("back"), ...unchecked });
    expect(again.bundle.sharedEncoders).toBeUndefined();
    expect(await answers(inWorld("back"), inWorld("back"))).toEqual(expected);
  });

  it("can be exported again from its parts", async () => {
    const parts = { entities: inWorld("bundle", "entities"), relations: inWorld("bundle", "relations") };
    const again = await exportBundle({ ...parts, folder: inWorld("again") });
    expect(again.bundle).toEqual(summary.bundle);
  });
});

describe("load of a bundle with a shared text encoder", () => {
  it("gives the answers of the models by themselves, beside one set of weights or with sums of each model's own", async () => {
    const expected = await answers(models.entities, models.relations);
    expect(expected.probabilities.length).toBeGreaterThan(1);
    expectClose(await answers(inWorld("bundle"), inWorld("bundle")), expected);
    expect(await answers(inWorld("bundle", "entities"), inWorld("bundle", "relations"))).toEqual(expected);
    // Layers this narrow stay in float32: eight bits load the sums.
    expect(await answers(inWorld("bundle"), inWorld("bundle"), { precision: "int8" })).toEqual(expected);
  });

  it("reads thresholds that were fitted in the bundle", async () => {
    const copy = inWorld("with-thresholds");
    await cp(inWorld("bundle"), copy, { recursive: true });
    await setThresholds({ model: copy, aim: "best-f1" });
    await (await load(copy, { threads: 1 })).dispose();
  });

  it("refuses a changed or missing encoder or adapter, and a part that was taken out", async () => {
    const { folder } = summary.bundle.sharedEncoders![0]!;
    const flip = async (path: string) => {
      const bytes = await readFile(path);
      bytes[bytes.length - 3]! ^= 0x20;
      await writeFile(path, bytes);
    };
    const kinds: readonly (readonly [(copy: string) => Promise<unknown>, string])[] = [
      [(copy) => flip(join(copy, folder, "model.safetensors")), "bundle/changed"],
      [(copy) => flip(join(copy, "relations", "model.safetensors")), "bundle/changed"],
      [(copy) => rm(join(copy, folder, "model.safetensors")), "bundle/missing-file"],
      [(copy) => rm(join(copy, "entities", "model.safetensors")), "bundle/missing-file"],
    ];
    for (const [damage, code] of kinds) {
      const copy = await mkdtemp(inWorld("copy-"));
      await cp(inWorld("bundle"), copy, { recursive: true });
      await damage(copy);
      await expect(load(copy, { threads: 1 })).rejects.toMatchObject({ code });
      if (damage === kinds[2]![0])
        await expect(load(copy, { threads: 1, verify: false })).rejects.toMatchObject({ code });
    }
    const alone = inWorld("alone", "entities");
    await cp(inWorld("bundle", "entities"), alone, { recursive: true });
    await expect(load(alone, { threads: 1 })).rejects.toMatchObject({ code: "encoder/no-base" });
  });

  it("leaves no folder of its writing behind", async () => {
    expect(await readdir(inWorld("bundle", "encoders"))).toEqual([
      summary.bundle.sharedEncoders![0]!.folder.slice("encoders/".length),
    ]);
  });
});
