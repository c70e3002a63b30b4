// The teachers of a folder: units of work that do not depend on each other. One process at a time trains a teacher, and its readings appear in
// its folder whole or not at all, for whichever process puts the scores together.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { removeUnknownLock } from "../../base/output-lock.ts";
import type { Config } from "../../config/schema.ts";
import { runFolderInUse } from "../../training/failures.ts";
import { METRICS_FILE } from "../../training/run-log.ts";
import { claimWork } from "../../units/claim-work.ts";
import type { TrainRequest } from "../requests.ts";
import type { OpenedTeachers } from "./open-teachers.ts";
import { shuffledViews } from "./other-views.ts";
import { badScores, readIfThere, type ScoreRow } from "./scores-file.ts";
import { halvesOf } from "./teacher-folds.ts";
import { type TeacherReadings, type TeacherRequest, trainTeacher } from "./train-teacher.ts";

/** A teacher: its number is its place in `teachersOf`, the same in every process. */
export interface Teacher {
  /** Its folder below that of the scores. */
  readonly name: string;
  /** The examples that it scores. */
  readonly fold: number;
  /** Which half of the others it learns from; absent: all of them. */
  readonly half?: 0 | 1;
}

/** The teachers of a configuration, in order: one for each fold, with the gate two. */
export function teachersOf({ synthesis: { selection } }: Config): readonly Teacher[] {
  const folds = Array.from({ length: selection.folds }, (_, fold) => fold);
  return folds.flatMap((fold): Teacher[] =>
    selection.gate.enabled
      ? [
          { name: `teacher-${fold}`, fold, half: 0 },
          { name: `second-${fold}`, fold, half: 1 },
        ]
      : [{ name: `teacher-${fold}`, fold }],
  );
}

const READINGS_FILE = "readings.json";
const CLAIM = "claim";

/** Rows are as `trainTeacher` gives them, and keep the order of their fields. */
const rows = z.custom<readonly ScoreRow[]>(Array.isArray, "expected rows");
const readingsSchema = z.strictObject({
  /** That of the folder when the teacher was trained. */
  identity: z.string(),
  rows,
  further: z.array(rows),
});

const REMEDY = "Remove the file and run the command again: the teacher's readings are then written again.";

const placeOf = (folder: string, { name }: Teacher): string => join(folder, name, READINGS_FILE);

/** Whether a teacher is done, by whichever process. */
export function isDone(folder: string, teacher: Teacher): boolean {
  return existsSync(placeOf(folder, teacher));
}

/** What a teacher read; undefined if it is not done. @throws DataError `data/bad-scores` */
export async function readingsOf(
  { folder, begun }: Pick<OpenedTeachers, "folder" | "begun">,
  teacher: Teacher,
): Promise<TeacherReadings | undefined> {
  const place = placeOf(folder, teacher);
  const found = await readIfThere(readingsSchema, place, REMEDY);
  if (found === undefined || found.identity === begun.identity) return found;
  throw badScores(
    place,
    "it belongs to a teacher of other documents, views or settings",
    undefined,
    "Remove the teacher's folder and run the command again, which trains it again.",
  );
}

/**
 * Refuses a folder with trained or begun teachers to a run that does not resume them.
 *
 * @throws TrainingError `training/run-folder-in-use`
 */
export function requireNoTeachers(folder: string, config: Config): void {
  for (const { name } of teachersOf(config)) {
    const own = join(folder, name);
    if ([READINGS_FILE, METRICS_FILE].some((file) => existsSync(join(own, file)))) throw runFolderInUse(own);
  }
}

/** How to do a teacher. */
export interface DoTeacherOptions extends Pick<TrainRequest, "signal" | "onPreparation"> {
  /** Also takes over from a process of this machine that exists but stands still, as a worker does whose queue gave it the teacher. */
  readonly fromStopped?: boolean | undefined;
  /** How long a process on another machine may be silent, in milliseconds; default 60,000. */
  readonly leaseMs?: number | undefined;
}

/**
 * Trains a teacher, or continues one that was left; waits while another process does it. "before": it was done already, or meanwhile.
 *
 * @throws RelataError `units/claim-lost` when another process has taken over; the signal's reason; the codes of training
 */
export async function doTeacher(
  teacher: Teacher,
  opened: OpenedTeachers,
  { signal, onPreparation, fromStopped, leaseMs }: DoTeacherOptions,
): Promise<"done" | "before"> {
  const runFolder = join(opened.folder, teacher.name);
  const lost = new AbortController();
  const claimed = await claimWork(
    { folder: runFolder, claim: CLAIM, result: () => readingsOf(opened, teacher) },
    { signal, fromStopped, leaseMs, onLost: () => lost.abort() },
  );
  if (claimed.state === "finished") return "before";
  if (claimed.state === "stopped") throw signal?.reason;
  const { claim } = claimed;
  try {
    if (claim.isInherited) await removeUnknownLock(runFolder, fromStopped);
    const readings = await trainTeacher(
      {
        ...{ config: opened.config, runFolder, resume: true, onPreparation },
        signal: signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]),
      },
      requestFor(teacher, opened),
    );
    claim.requireHeld();
    const isFirst = !isDone(opened.folder, teacher); // or this process stood still while another one did it
    if (isFirst) {
      const record = { identity: opened.begun.identity, ...readings };
      await replaceOwnFile(placeOf(opened.folder, teacher), `${JSON.stringify(record)}\n`);
    }
    await claim.finish();
    return isFirst ? "done" : "before";
  } catch (error) {
    if (lost.signal.aborted && isDone(opened.folder, teacher)) {
      await claim.finish();
      return "before";
    }
    await claim.release();
    if (lost.signal.aborted) claim.requireHeld(); // says so
    throw error;
  }
}

/** What a teacher learns from, and what it reads. */
function requestFor(
  { fold, half }: Teacher,
  { config: { training }, shared, compared, keys, folds }: OpenedTeachers,
): TeacherRequest {
  const { prepared, taught, encoder, maxLength } = shared;
  const inFold = <T>(all: readonly T[]) => all.filter((_, i) => folds[i] === fold);
  const own = inFold(prepared.examples);
  const halves = half === undefined ? undefined : halvesOf(keys, folds, fold, training.seed);
  const learns = (i: number) => (halves === undefined ? folds[i] !== fold : halves[i] === half);
  const shuffled = () => shuffledViews(own, inFold(keys), { ...encoder, maxLength, seed: training.seed });
  return {
    ...shared,
    ...{ fold, own },
    others: taught.examples.filter((_, i) => learns(i)),
    further: [half === 1 ? shuffled() : compared],
  };
}
