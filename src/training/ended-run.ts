// What a run that has ended leaves: a short record in place of its checkpoints, and the models that were asked for.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceOwnFile } from "../base/atomic-file.ts";
import { writingTo } from "../base/cannot-write.ts";
import { TrainingError } from "../base/errors.ts";
import { exists } from "../base/exists.ts";
import type { Json } from "../base/json.ts";
import { readRecord } from "../base/json-record.ts";
import type { RunState } from "./run-state.ts";

/** Written when the checkpoints of an ended run are removed, so that resuming it still finds that it has ended. */
export const ENDED_FILE = "ended.json";
/** Folder inside the run folder with the newest checkpoints. */
export const CHECKPOINTS_FOLDER = "checkpoints";

/** The last state of a run whose checkpoints are gone. */
export interface EndedRun {
  readonly state: RunState;
  /** What must be equal to resume; compare with `checkIdentity`. */
  readonly identity: Json;
}

const schema = z.strictObject({
  format: z.literal("relata-ended-run"),
  version: z.literal(1),
  state: z.looseObject({ status: z.enum(["finished", "early-stopped"]), step: z.int().nonnegative() }),
  identity: z.json(),
});

/**
 * Reads the record of an ended run; undefined if the run has not ended or still has its checkpoints.
 *
 * @throws TrainingError `training/corrupt-checkpoint`
 */
export async function readEndedRun(runFolder: string): Promise<EndedRun | undefined> {
  const place = join(runFolder, ENDED_FILE);
  if (!(await exists(place))) return undefined;
  const record = await readRecord(
    place,
    schema,
    (what, cause) =>
      new TrainingError({
        code: "training/corrupt-checkpoint",
        message: `${place} is not the record of an ended run (${what})`,
        place,
        remedy: "Restore the file, or train again in a new run folder.",
        fault: "work",
        cause,
      }),
  );
  return { state: record.state as unknown as RunState, identity: record.identity as Json };
}

/**
 * Replaces the checkpoints of an ended run by its record. A crash between the two leaves both, and the next call removes the rest.
 *
 * @throws DataError `data/cannot-write`
 */
export async function releaseCheckpoints(runFolder: string, { state, identity }: EndedRun): Promise<void> {
  const record = { format: "relata-ended-run", version: 1, state, identity };
  await replaceOwnFile(join(runFolder, ENDED_FILE), `${JSON.stringify(record)}\n`);
  const folder = join(runFolder, CHECKPOINTS_FOLDER);
  await writingTo(folder, () => rm(folder, { recursive: true, force: true }));
}
