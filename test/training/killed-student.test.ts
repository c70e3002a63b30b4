// Kills `relata train` of a student (its teachers first) and resumes it: scores, models and records must equal an undisturbed run's, byte for byte.
// RELATA_KILLS=200 npx vitest run test/training/killed-student.test.ts  kills at that many random moments; by default, at three chosen ones.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { relata } from "../cli/warm-program.ts";
import { testKills, writeInputs } from "./kill-and-resume.ts";

/** Output of a run when a stage starts. */
const STAGES = [/training teacher 2/, /teachers trained 2\/2/, /^step \d+, epoch 1:/m];

const FILES = [
  ...["model-best/model.safetensors", "model-last/model.safetensors", "model-best/calibration.json"],
  ...["teachers/scores.jsonl", "teachers/teacher-1/model-last/model.safetensors", "metrics.jsonl"],
];

describe.each(["mre", "mner"])("%s", (task) => {
  let work = "";

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "relata-kill-"));
    await writeInputs(work);
    const simulator = { adapter: "simulator", world: "world" };
    writeFileSync(
      join(work, "plan.json"),
      JSON.stringify({
        data: { path: "world/train.jsonl" },
        ...{ direction: "text", rounds: 1, chains: 3, textToImage: simulator, imageToText: simulator },
      }),
    );
    const { code, stderr } = await relata(["synthesize", "plan.json", "--store", "store"], { cwd: work });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    writeFileSync(
      join(work, "config.json"),
      JSON.stringify({
        ...{ task, method: "mi2rage", encoder: "bert" },
        data: {
          train: "world/train.jsonl",
          validation: "world/validation.jsonl",
          pictures: "world/pictures",
        },
        visual: { kind: "pictures", encoder: "resnet" },
        synthesis: { store: "store", views: 2, selection: { when: "epoch", epochs: 2 } },
        model: { fusion: { width: 16, heads: 2 } },
        training: {
          ...{ epochs: 3, batchSize: 8, learningRate: 0.003, maxLength: 48, threads: 1, frozenLayers: 1 },
          keep: "all",
        },
      }),
    );
  }, 180_000);

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  testKills("a student's training that is killed and resumed", {
    work: () => work,
    files: FILES,
    stages: STAGES,
  });
});
