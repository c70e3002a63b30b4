// Training with labels that carry a probability: what changes the weights of a model, and what does not.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import type { Document } from "../data/document.ts";
import { trainExtractor } from "../extractors/run.ts";
import { type TinyWorld, tinyWorld } from "./testing/tiny-models.ts";

let folder: string;
let world: TinyWorld;
let documents: readonly Document[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relata-weights-"));
  world = await tinyWorld(folder);
  documents = readFileSync(world.files.train, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trains on the documents with probabilities; returns the weights of the model and the notes about the data. */
async function trained(
  name: string,
  task: "mre" | "mner",
  labelWeights: "none" | "probability",
  probabilityOf: (document: number) => number | undefined,
) {
  const train = join(folder, `${name}.jsonl`);
  const sure = <Label extends object>(label: Label, i: number) => ({
    ...label,
    probability: probabilityOf(i),
  });
  const lines = documents.map((document, i) =>
    JSON.stringify({
      ...document,
      entities: document.entities.map((entity) => sure(entity, i)),
      relations: document.relations.map((relation) => sure(relation, i)),
    }),
  );
  writeFileSync(train, `${lines.join("\n")}\n`);
  const config = parseConfig(
    {
      task,
      encoder: join(folder, "bert"),
      data: { train, validation: world.files.validation },
      visual: { kind: "none" },
      model: { mixup: { enabled: true }, attention: { enabled: false }, tagging: { emissionWidth: 8 } },
      training: { epochs: 1, batchSize: 32, maxLength: 48, threads: 1, labelWeights },
    },
    "test",
  );
  let notes: readonly string[] = [];
  const { modelFolder } = await trainExtractor({
    config,
    runFolder: join(folder, name),
    onData: (data) => {
      ({ notes } = data);
    },
  });
  return { weights: readFileSync(join(modelFolder!, "model.safetensors"), "latin1"), notes };
}

it.each(["mre", "mner"] as const)(
  "%s: equal probabilities change no bit, different ones do",
  async (task) => {
    const plain = await trained(`${task}-plain`, task, "none", (i) => (i % 2 === 0 ? 0.4 : undefined));
    expect(plain.notes).toContainEqual(expect.stringContaining("are used as certain"));
    const equal = await trained(`${task}-equal`, task, "probability", () => 0.7);
    expect(equal.weights).toBe(plain.weights);
    const different = await trained(`${task}-different`, task, "probability", (i) => (i % 2 === 0 ? 0.4 : 1));
    expect(different.weights).not.toBe(plain.weights);
    expect(different.notes).toContainEqual(expect.stringContaining("are weighted by it"));
  },
  60_000,
);
