// Finds finished stages, and those that were made with other settings or inputs.

import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { counted } from "../base/counted.ts";
import { ConfigError, DataError } from "../base/errors.ts";
import { differences } from "../base/json.ts";
import type { StageFingerprint } from "./fingerprint.ts";
import type { Stage } from "./stage.ts";
import { isStageClaimed } from "./stage-claim.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import { readStageRecord, writeStageRecord } from "./stage-record.ts";

/** What to do with stages that were made with other settings or inputs. */
export type OnChange = "refuse" | "rerun" | "keep";

/**
 * Returns stages that need not run again, with the time they took. Those made with other settings or inputs are refused, run again,
 * or accepted as if they were up to date.
 *
 * @throws ConfigError `experiment/changed`; DataError `data/folder-locked` for one to run again that another process does
 */
export async function finishedStages(
  stages: readonly Stage[],
  fingerprints: ReadonlyMap<string, StageFingerprint>,
  onChange: OnChange,
): Promise<Map<string, number>> {
  const done = new Map<string, number>();
  const changed: { readonly stage: Stage; readonly what: readonly string[] }[] = [];
  for (const stage of stages) {
    const record = await readStageRecord(stage.folder);
    const now = fingerprints.get(stage.id);
    if (record === undefined || now === undefined) continue;
    if (record.fingerprint !== now.fingerprint && onChange === "keep") {
      await writeStageRecord(stage.folder, { ...record, ...now });
    } else if (record.fingerprint !== now.fingerprint) {
      changed.push({ stage, what: differences(record.identity, now.identity) });
      continue;
    }
    if (record.status === "finished") done.set(stage.id, record.seconds);
  }
  if (changed.length > 0 && onChange === "refuse") throw changedStages(changed);
  for (const { stage } of changed) if (await isStageClaimed(stage)) throw stageInUse(stage);
  for (const { stage } of changed) await rm(stage.folder, { recursive: true });
  // A model that was not kept is trained again if a stage needs it.
  for (const stage of stages) {
    if (stage.kind !== "evaluate" || done.has(stage.id)) continue;
    for (const id of stage.needs) {
      const training = stages.find((one) => one.id === id && one.kind === "train");
      if (training && !existsSync(join(training.folder, STAGE_FILES.run, "model-best"))) done.delete(id);
    }
  }
  return done;
}

function stageInUse({ id, folder }: Stage): DataError {
  return new DataError({
    code: "data/folder-locked",
    message: `another process does ${id} now, with the settings from before`,
    place: folder,
    remedy: "Stop the shards and workers of this experiment first, or name another folder with --out.",
  });
}

const MOST_SHOWN = 5;

function changedStages(
  changed: readonly { readonly stage: Stage; readonly what: readonly string[] }[],
): ConfigError {
  const lines = changed
    .slice(0, MOST_SHOWN)
    .map(({ stage, what }) => `    ${stage.id}: ${what.slice(0, 3).join("; ") || "a stage that it needs"}`);
  const rest = changed.length - lines.length;
  return new ConfigError({
    code: "experiment/changed",
    message: [
      `${counted(changed.length, "stage was", "stages were")} made with other settings or inputs:`,
      ...lines,
      ...(rest > 0 ? [`    and ${rest} more`] : []),
    ].join("\n"),
    remedy:
      "Use --changed rerun to run them again, --changed keep to keep their results, or --out to name another folder; or undo the changes.",
    value: changed.map(({ stage }) => stage.id),
  });
}
