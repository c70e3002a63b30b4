// Frees what ended runs no longer need: checkpoints, the last model beside a best one, leftovers of interrupted writes.
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { writingTo } from "../base/cannot-write.ts";
import { DataError, RelataError } from "../base/errors.ts";
import { exists } from "../base/exists.ts";
import { lockFolder } from "../base/output-lock.ts";
import { peekCheckpoint } from "./checkpoint.ts";
import { isLeftover } from "./durable-folder.ts";
import { CHECKPOINTS_FOLDER, type EndedRun, readEndedRun, releaseCheckpoints } from "./ended-run.ts";
import type { RunState } from "./run-state.ts";
import { BEST_MODEL_FOLDER, LAST_MODEL_FOLDER, RUN_FILE } from "./trainer.ts";

/** A folder of a run that is no longer needed. */
export interface Freeable {
  /** Name inside the run folder. */
  readonly name: string;
  readonly bytes: number;
}

/** A run folder and what could be freed in it. */
export interface SurveyedRun {
  readonly folder: string;
  /** `unfinished`: it can be resumed, and keeps everything. `unreadable`: its newest checkpoint is damaged; it keeps everything too. */
  readonly status: "ended" | "unfinished" | "unreadable";
  readonly freeable: readonly Freeable[];
}

/** Which models of an ended run stay: the best one, or also the last one. */
export type KeptModels = "best" | "last";

/**
 * Surveys the runs in and below the given folders, in the order of their paths. Nothing is changed.
 *
 * @throws DataError `data/cannot-read` for a folder that does not exist
 */
export async function surveyRuns(folders: readonly string[], keep: KeptModels): Promise<SurveyedRun[]> {
  const runs: SurveyedRun[] = [];
  for (const folder of folders) {
    for (const run of await runsBelow(folder)) runs.push(await survey(run, keep));
  }
  return runs;
}

/**
 * Removes what `surveyRuns` found. A run whose folder is locked by a living process is an error.
 *
 * @throws DataError `data/folder-locked`, `data/cannot-write`
 */
export async function freeRun({ folder, status, freeable }: SurveyedRun): Promise<void> {
  if (status !== "ended" || freeable.length === 0) return;
  await using _lock = await lockFolder(folder);
  const ended = await endedRun(folder);
  if (ended === undefined) return; // it has been started again since the survey
  await releaseCheckpoints(folder, ended); // first the record: a crash afterwards leaves an ended run
  for (const { name } of freeable) {
    await writingTo(folder, () => rm(join(folder, name), { recursive: true, force: true }));
  }
}

/** The run folders in and below a folder; links are not followed. */
async function runsBelow(folder: string): Promise<string[]> {
  let entries: Awaited<ReturnType<typeof list>>;
  try {
    entries = await list(folder);
  } catch (cause) {
    throw new DataError({
      code: "data/cannot-read",
      message: `${folder} cannot be read (${(cause as Error).message})`,
      place: folder,
      remedy: "Name a run folder, or a folder of run folders.",
      cause,
    });
  }
  const own = entries.some((entry) => entry.isFile() && entry.name === RUN_FILE) ? [folder] : [];
  const below: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) below.push(...(await runsBelow(join(folder, entry.name))));
  }
  return [...own, ...below];
}

const list = async (folder: string) =>
  (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));

async function survey(folder: string, keep: KeptModels): Promise<SurveyedRun> {
  let ended: EndedRun | undefined;
  try {
    ended = await endedRun(folder);
  } catch (error) {
    if (!(error instanceof RelataError)) throw error;
    return { folder, status: "unreadable", freeable: [] };
  }
  if (ended === undefined) return { folder, status: "unfinished", freeable: [] };
  const names = (await list(folder)).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  const hasBest = ended.state.best !== null && names.includes(BEST_MODEL_FOLDER);
  const spare = names.filter(
    (name) =>
      name === CHECKPOINTS_FOLDER ||
      isLeftover(name) ||
      (name === LAST_MODEL_FOLDER && hasBest && keep === "best"),
  );
  const freeable: Freeable[] = [];
  for (const name of spare) freeable.push({ name, bytes: await bytesBelow(join(folder, name)) });
  return { folder, status: "ended", freeable };
}

/** How a run ended, from its record or its newest checkpoint; undefined if it has not. */
async function endedRun(folder: string): Promise<EndedRun | undefined> {
  const checkpoint = await peekCheckpoint(join(folder, CHECKPOINTS_FOLDER));
  if (checkpoint === undefined) return readEndedRun(folder);
  const state = checkpoint.state as RunState;
  if (state.status === "running" || !(await hasModel(folder, state))) return readEndedRun(folder);
  return { state, identity: checkpoint.identity };
}

/** Whether a run that has done all its steps has also written the model that would be its only one. */
async function hasModel(folder: string, { best }: RunState): Promise<boolean> {
  return exists(join(folder, best === null ? LAST_MODEL_FOLDER : BEST_MODEL_FOLDER));
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
