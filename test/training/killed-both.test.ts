// Kills `relata train --task both` and resumes it: both runs, the bundle and its scores must equal an undisturbed run's, byte for byte.
// RELATA_KILLS=60 npx vitest run test/training/killed-both.test.ts  kills at that many random moments; by default, once in each stage.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { testKills, writeInputs } from "./kill-and-resume.ts";

/** Output of a run in the middle of each stage: entities, relations, export, score. */
const STAGES = [
  /^step \d+, epoch 1:/m,
  /^finished at step[\s\S]*^step \d+, epoch 1:/m,
  /^copying/m,
  /^relating gold entities/m,
];
const FILES = [
  ...["entities/model-best/model.safetensors", "relations/model-best/model.safetensors"],
  ...["bundle/bundle.json", "bundle/manifest.json", "joined.json", "end-to-end.json", "relata.config.json"],
];

/** Returns the stage that a run was in. */
function stageOf(output: string): string {
  if (/^(extracting|relating)/m.test(output)) return "score";
  if (/^copying/m.test(output)) return "export";
  const ended = output.match(/^finished at step/gm)?.length ?? 0;
  return output === "" ? "start" : (["entities", "relations"][ended] ?? "between relations and export");
}

let work = "";

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "relata-kill-"));
  await writeInputs(work);
  writeFileSync(
    join(work, "config.json"),
    JSON.stringify({
      ...{ task: "both", encoder: "bert" },
      data: { train: "world/train.jsonl", validation: "world/validation.jsonl", pictures: "world/pictures" },
      visual: { kind: "pictures", encoder: "resnet" },
      model: {
        ...{ objects: 0, promptHidden: 16, tagging: { emissionWidth: 8 } },
        ...{ attention: { enabled: false }, mixup: { enabled: false } },
      },
      training: { epochs: 2, batchSize: 8, learningRate: 0.003, maxLength: 48, threads: 1 },
    }),
  );
}, 60_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

testKills("training both tasks, killed and resumed", {
  work: () => work,
  files: FILES,
  stages: STAGES,
  stageOf,
});
