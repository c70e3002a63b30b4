// Divides teachers among processes: one shard of them in this one, and afterwards the scores of all.
import { namedWriteFailure } from "../../base/cannot-write.ts";
import { type ShardChoice, unitsOfShard } from "../../units/shard.ts";
import { type UnitFailure, unitFailure } from "../../units/unit-failure.ts";
import type { TrainRequest } from "../requests.ts";
import { begin, requireSameSettings } from "../student/begun.ts";
import {
  completeScores,
  gatherScores,
  incomplete,
  knownScores,
  type ScoreViewsSummary,
} from "../student/gather-scores.ts";
import { openTeachers, requireViews } from "../student/open-teachers.ts";
import { readScoresAbout } from "../student/scores-file.ts";
import { doTeacher, isDone, type Teacher, teachersOf } from "../student/teachers.ts";
import { teachingOf } from "./teaching-of.ts";

/** Why a teacher is not done. */
export interface TeacherFailure extends UnitFailure {
  readonly teacher: string;
}

/** What a process did of its shard. Teachers are named by their folders. */
export interface TeacherShard {
  readonly folder: string;
  readonly shard: ShardChoice;
  /** Of all shards. */
  readonly teachers: number;
  /** Trained by this process. */
  readonly done: readonly string[];
  /** Done before, or meanwhile by another process. */
  readonly before: readonly string[];
  readonly failed: readonly TeacherFailure[];
  /** Not finished, because the process was told to end. */
  readonly stopped: readonly string[];
}

/**
 * Does the teachers of one shard and writes no scores. Shards, workers and a whole run may work on one folder at the same time: no teacher is
 * trained twice, and one that was left is continued.
 *
 * @throws ConfigError `config/nothing-to-score`, `config/other-scores` when the folder was begun with other data or settings; the codes of
 * preparing a training. A teacher that fails is recorded, and the others are done.
 */
export async function scoreShard(request: TrainRequest, shard: ShardChoice): Promise<TeacherShard> {
  const { config, runFolder: folder, signal, onPreparation } = request;
  await using opened = await openTeachers(request, teachingOf(config));
  const all = teachersOf(config);
  const own = [...unitsOfShard(shard, all.length)].map((unit) => [unit, all[unit] as Teacher] as const);
  const done: string[] = [];
  const before: string[] = [];
  const failed: TeacherFailure[] = [];
  const stopped: string[] = [];
  const outcome = { folder, shard, teachers: all.length, done, before, failed, stopped };
  if ((await knownScores(opened)) !== undefined) {
    before.push(...own.map(([, { name }]) => name));
    return outcome;
  }
  await begin(folder, opened.begun);
  for (const [at, [unit, teacher]] of own.entries()) {
    const { name } = teacher;
    try {
      signal?.throwIfAborted();
      const end = await doTeacher(teacher, opened, { signal, onPreparation });
      (end === "done" ? done : before).push(name);
    } catch (error) {
      if (signal?.aborted) {
        stopped.push(name);
        continue;
      }
      failed.push({ ...unitFailure(unit, namedWriteFailure(error)), teacher: name });
    }
    onPreparation?.({ what: "teachers trained", done: at + 1, total: own.length });
  }
  return outcome;
}

/**
 * Writes the scores of teachers that are all done, and trains nothing.
 *
 * @throws DataError `units/incomplete` naming the teachers that are not done; as `scoreShard`
 */
export async function gatherTeachers(request: TrainRequest): Promise<ScoreViewsSummary> {
  const { config, runFolder: folder, signal } = request;
  requireViews(config);
  await requireSameSettings(folder, config);
  if ((await readScoresAbout(folder)) === undefined) {
    const missing = teachersOf(config).filter((teacher) => !isDone(folder, teacher));
    if (missing.length > 0) throw incomplete(folder, missing);
  }
  await using opened = await openTeachers(request, teachingOf(config));
  const known = await completeScores(opened);
  if (known !== undefined) return known;
  await begin(folder, opened.begun);
  return gatherScores(opened, signal);
}
