// A small embedded corpus with encoders and stores of generated views, for tests that train students through the built program.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { drawWorld } from "../../src/world/generate.ts";
import { writeTinyBert, writeTinyResnet } from "../../src/world/tiny-encoders.ts";
import { worldVocabulary } from "../../src/world/vocabulary.ts";
import type { CliResult } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const SIZES = { train: 40, validation: 16, test: 1 };
export const ROUNDS = 2;
export const CHAINS = 2;

export interface StudentWorld {
  readonly folder: string;
  run(...args: readonly string[]): Promise<CliResult>;
  /** Runs a command that must succeed; returns its JSON output. */
  json(...args: readonly string[]): Promise<ReturnType<typeof JSON.parse>>;
}

/** Makes stores of two rounds and two chains in a separate folder: `text` and `picture` of the training documents, `seen` of the validation texts. */
export async function studentWorld(stores: readonly ("text" | "picture" | "seen")[]): Promise<StudentWorld> {
  const folder = mkdtempSync(join(tmpdir(), "relata-student-"));
  const run = (...args: readonly string[]) => relata(args, { cwd: folder });
  const json = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run(...args, "--json");
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  const counts = Object.entries(SIZES).flatMap(([split, count]) => [`--${split}`, String(count)]);
  await json("world", "world", ...counts);
  await writeTinyBert(join(folder, "bert"), worldVocabulary(drawWorld(SIZES)), 1);
  await writeTinyResnet(join(folder, "resnet"), 1);
  const simulator = { adapter: "simulator", world: "world" };
  for (const store of stores) {
    const split = store === "seen" ? "validation" : "train";
    const plan = {
      data: { path: `world/${split}.jsonl`, pictures: "world/pictures" },
      direction: store === "seen" ? "text" : store,
      ...{ rounds: ROUNDS, chains: CHAINS, imageToText: simulator },
      // Every validation text has a picture to see.
      textToImage: store === "seen" ? { ...simulator, refused: 0, black: 0 } : simulator,
    };
    writeFileSync(join(folder, `${store}-plan.json`), JSON.stringify(plan));
    await json("synthesize", `${store}-plan.json`, "--store", store);
  }
  const config = {
    method: "mi2rage",
    encoder: "bert",
    data: {
      ...{ train: "world/train.jsonl", validation: "world/validation.jsonl" },
      ...{ pictures: "world/pictures", relations: "world/relations.json" },
    },
    visual: { kind: "pictures", encoder: "resnet", features: "features" },
    synthesis: { store: "text", views: 2, selection: { method: "none" } },
    model: { fusion: { width: 16, heads: 2 } },
    training: {
      ...{ epochs: 2, batchSize: 8, learningRate: 0.003, maxLength: 64, threads: 1, seed: 5 },
      keep: "last",
    },
  };
  writeFileSync(join(folder, "relata.config.json"), JSON.stringify(config));
  return { folder, run, json };
}
