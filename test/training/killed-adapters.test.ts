// Stops and kills `relata train` with adapters and resumes it from its checkpoint: the run's files must equal an undisturbed run's, byte for byte.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { testKills, writeInputs } from "./kill-and-resume.ts";

describe.each([
  ["mre", {}],
  ["mner", { frozenLayers: 1 }],
])("%s with adapters, training: %j", (task, further) => {
  let work = "";

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "relata-kill-"));
    await writeInputs(work);
    writeFileSync(
      join(work, "config.json"),
      JSON.stringify({
        ...{ task, encoder: "bert", visual: { kind: "none" } },
        data: { train: "world/train.jsonl", validation: "world/validation.jsonl" },
        model: { attention: { enabled: false }, mixup: { enabled: false }, tagging: { emissionWidth: 8 } },
        training: {
          ...{ epochs: 4, batchSize: 4, learningRate: 0.003, maxLength: 48, threads: 1, keep: "all" },
          ...{ adapters: { rank: 2 }, ...further },
        },
      }),
    );
  }, 60_000);

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  testKills("a training with adapters that is stopped, killed and resumed", {
    work: () => work,
    files: ["model-best/model.safetensors", "model-last/model.safetensors", "metrics.jsonl"],
    stop: /^step \d+, epoch 1:/m,
    stages: [/^step \d+, epoch 2:/m, /^step \d+, epoch 3:/m],
  });
});
