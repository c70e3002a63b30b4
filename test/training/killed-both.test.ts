// Kills `relata train --task both` and resumes it: both runs, the bundle and its scores must equal an undisturbed run's, byte for byte.
// RELATA_KILLS=60 npx vitest run test/training/killed-both.test.ts  kills at that many random moments; by default, once in each stage.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { KILLS, killAtEach, killAtRandom, MS_PER_KILL, undisturbed, writeInputs } from "./kill-and-resume.ts";

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

describe("training both tasks, killed and resumed", () => {
  test.skipIf(KILLS > 0)(
    "ends as an undisturbed run does, when each of its stages was killed",
    { timeout: 300_000 },
    async () => {
      const { wanted } = await undisturbed(work, FILES);
      await killAtEach(work, STAGES, wanted);
    },
  );

  test.skipIf(KILLS === 0)(
    `ends as an undisturbed run does, after ${KILLS} kills at random moments`,
    { timeout: 300_000 + KILLS * MS_PER_KILL },
    async () => killAtRandom(work, await undisturbed(work, FILES), stageOf),
  );
});
