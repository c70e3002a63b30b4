// Runs that start from trained models: with further labels, from a bundle, and what they refuse.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import type { ConfigInput } from "../config/schema.ts";
import { readSafetensors, toFloat32 } from "../engine/safetensors.ts";
import type { TrainingData } from "../extractors/requests.ts";
import { trainExtractor } from "../extractors/run.ts";
import { writeTinyBert } from "../world/tiny-encoders.ts";
import { exportBundle } from "./export-bundle.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "./testing/tiny-models.ts";

let world: TinyWorld;
let entities: string;
let relations: string;
let runs = 0;
const at = (...parts: string[]) => join(world.folder, ...parts);

beforeAll(async () => {
  world = await tinyWorld(mkdtempSync(join(tmpdir(), "relata-from-")));
  entities = await tinyModel(world, "mner", "none");
  relations = await tinyModel(world, "mre", "none");
}, 60_000);
afterAll(() => rmSync(world.folder, { recursive: true }));

/** The training documents with the first label of the kind renamed. */
function renamed(kind: "entities" | "relations", label: string): string {
  const path = at(`${label}.jsonl`);
  const lines = readFileSync(world.files.train, "utf8").trimEnd().split("\n");
  const documents = lines.map((line) => JSON.parse(line));
  for (const one of documents.slice(0, 8).flatMap((document) => document[kind])) one.label = label;
  writeFileSync(path, documents.map((document) => `${JSON.stringify(document)}\n`).join(""));
  return path;
}

/** Trains for one epoch at a rate that changes nothing. */
async function startFrom(task: "mner" | "mre", more: Partial<ConfigInput>, train = world.files.train) {
  const config = {
    ...{ task, data: { train, validation: world.files.validation } },
    model: {
      ...{ objects: 0, promptHidden: 16, tagging: { emissionWidth: 8 } },
      ...{ attention: { enabled: false }, mixup: { enabled: false } },
    },
    training: {
      ...{ epochs: 1, batchSize: 16, maxLength: 48, threads: 1, weightDecay: 0, seed: 77 },
      ...{ learningRate: 1e-12, headLearningRate: 1e-12, keep: "best" },
      ...(task === "mner" ? { taggerLearningRate: 1e-12 } : {}),
    },
    ...more,
  };
  let data: TrainingData | undefined;
  const runFolder = at(`start-${++runs}`);
  const { modelFolder = "" } = await trainExtractor({
    config: parseConfig(config, "test"),
    runFolder,
    onData: (one) => {
      data = one;
    },
  });
  return { modelFolder, notes: data?.notes ?? [] };
}

const configOf = (folder: string) => JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));

async function rowsOf(folder: string, name: string): Promise<number[][]> {
  const { data, shape } = toFloat32((await readSafetensors(join(folder, "model.safetensors"))).tensor(name));
  const width = data.length / (shape[0] ?? 1);
  return Array.from({ length: shape[0] ?? 0 }, (_, row) =>
    Array.from(data.slice(row * width, (row + 1) * width), (value) => Number(Number(value).toFixed(5))),
  );
}

describe("a run that starts from a trained model", () => {
  it("has its weights, and new relations after its own", async () => {
    const { modelFolder, notes } = await startFrom(
      "mre",
      { from: relations },
      renamed("relations", "rivals"),
    );
    const [before, now] = [configOf(relations).relations, configOf(modelFolder).relations];
    expect(now).toEqual([...before, "rivals"]);
    const [old, found] = [
      await rowsOf(relations, "classifier.weight"),
      await rowsOf(modelFolder, "classifier.weight"),
    ];
    expect(found.slice(0, -1)).toEqual(old);
    expect(found).toHaveLength(old.length + 1);
    const words = "encoder.embeddings.word_embeddings.weight";
    expect(await rowsOf(modelFolder, words)).toEqual(await rowsOf(relations, words));
    expect(notes).toContain("new labels, whose weights are drawn at random: rivals");
    expect(notes[0]).toMatch(/^starts from .*: \d+ weights copied$/);
  });

  it("takes the part of a bundle for its task, and moves tags whose numbers change", async () => {
    await exportBundle({ entities, relations, folder: at("bundle") });
    const data = {
      ...{ train: renamed("entities", "ANIMAL"), validation: world.files.validation },
      entityTypes: ["ANIMAL", ...configOf(entities).entityTypes],
    };
    const { modelFolder } = await startFrom("mner", { from: at("bundle"), data });
    const [old, found] = [
      await rowsOf(entities, "linear.weight"),
      await rowsOf(modelFolder, "linear.weight"),
    ];
    expect(found[0]).toEqual(old[0]); // O
    expect(found.slice(3)).toEqual(old.slice(1)); // after the two tags of ANIMAL
  });

  it("says what it sees and the trained model did not", async () => {
    const { notes } = await startFrom("mre", {
      from: relations,
      data: { train: world.files.train, validation: world.files.validation, pictures: world.files.pictures },
      visual: { kind: "pictures", encoder: at("resnet") },
    });
    expect(notes).toContain("warning: that model saw text only, and this run sees pixels");
    expect(notes.find((note) => note.startsWith("drawn at random"))).toContain("encoder_conv");
  });

  it("refuses another task, another text encoder, another method, and what is not a model", async () => {
    await writeTinyBert(at("other-bert"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"], 1);
    const refusals = [
      [{ from: entities }, "data/other-model"],
      [{ from: relations, encoder: at("other-bert") }, "config/other-encoder"],
      [{ from: at("bert") }, "data/not-a-model"],
      [
        {
          from: relations,
          visual: { kind: "captions" },
          data: {
            ...{ train: world.files.train, validation: world.files.validation },
            captions: { train: world.files.captions.train, validation: world.files.captions.validation },
          },
        },
        "config/cannot-start-from",
      ],
    ] as const;
    for (const [more, code] of refusals) {
      await expect(startFrom("mre", more as Partial<ConfigInput>)).rejects.toMatchObject({ code });
    }
    const named = await startFrom("mre", { from: relations, encoder: at("bert") });
    expect(configOf(named.modelFolder).relations).toEqual(configOf(relations).relations);
  });
});
