// Hands teachers to workers through a queue, and puts the scores together when all are done.
import type { Broker } from "../../units/queue/broker.ts";
import { submitUnits } from "../../units/queue/submit-units.ts";
import type { TrainRequest } from "../requests.ts";
import { begin } from "../student/begun.ts";
import { completeScores, gatherScores, type ScoreViewsSummary } from "../student/gather-scores.ts";
import { openTeachers } from "../student/open-teachers.ts";
import { readingsOf, type Teacher, teachersOf } from "../student/teachers.ts";
import { queuedTeachers, recordTeachers, TEACHERS_KIND } from "./queued-teachers.ts";
import type { TeacherFailure } from "./score-shard.ts";
import { teachingOf } from "./teaching-of.ts";

export interface SubmitTeachersRequest extends TrainRequest {
  readonly broker: Broker;
  /** Teachers in the queue at once; default 64. */
  readonly depth?: number | undefined;
  /** How often a teacher may fail before it is given up; default 3. */
  readonly attempts?: number | undefined;
  /** Called with the number of teachers that are done, of all. */
  readonly onTeachers?: ((done: number, teachers: number) => void) | undefined;
  /** Called for every teacher that is given up. */
  readonly onTeacherFailure?: ((failure: TeacherFailure) => void) | undefined;
  /** Called when the server stops answering, and when teachers are put into the queue again. */
  readonly onNote?: ((text: string) => void) | undefined;
}

/** What workers did. */
export interface SubmittedTeachers {
  readonly folder: string;
  readonly teachers: number;
  /** Teachers that were done meanwhile. */
  readonly done: number;
  /** Teachers that were given up. */
  readonly failed: readonly TeacherFailure[];
  /** Teachers that had to be put into the queue again because it had lost them. */
  readonly requeued: number;
  /** Teachers that are not done. */
  readonly missing: readonly Teacher[];
  /** The scores; absent while teachers are missing. */
  readonly scores?: ScoreViewsSummary;
}

/**
 * Has the teachers that are not done trained by workers, and writes the scores; nothing is trained in this process.
 *
 * @throws as `scoreShard`; the signal's reason
 */
export async function submitTeachers(request: SubmitTeachersRequest): Promise<SubmittedTeachers> {
  const { config, runFolder, broker, depth, attempts, signal, onTeachers, onTeacherFailure, onNote } =
    request;
  await using opened = await openTeachers(request, teachingOf(config));
  const { folder } = opened;
  const teachers = teachersOf(config);
  const whole = { folder, teachers: teachers.length, done: 0, failed: [], requeued: 0, missing: [] };
  const known = await completeScores(opened);
  if (known !== undefined) return { ...whole, scores: known };
  await begin(folder, opened.begun);
  const isUnitDone = async (unit: number) => {
    const teacher = teachers[unit];
    return teacher !== undefined && (await readingsOf(opened, teacher)) !== undefined;
  };
  const units: number[] = [];
  for (const unit of teachers.keys()) if (!(await isUnitDone(unit))) units.push(unit);
  let finished = teachers.length - units.length;
  onTeachers?.(finished, teachers.length);
  const job = await recordTeachers(opened);
  const named = (unit: number) => teachers[unit]?.name ?? String(unit);
  const { published, failures, requeued } = await submitUnits({
    ...{ broker, kind: TEACHERS_KIND, job: job.id, units, depth, attempts, signal, onNote },
    request: queuedTeachers(runFolder),
    isPublished: isUnitDone,
    onDone: () => onTeachers?.(++finished, teachers.length),
    onFailure: (failure) => onTeacherFailure?.({ ...failure, teacher: named(failure.unit) }),
  });
  const missing: Teacher[] = [];
  for (const [unit, teacher] of teachers.entries()) if (!(await isUnitDone(unit))) missing.push(teacher);
  return {
    ...{ folder, teachers: teachers.length, done: published, requeued, missing },
    failed: failures.map((failure) => ({ ...failure, teacher: named(failure.unit) })),
    ...(missing.length > 0 ? {} : { scores: await gatherScores(opened, signal) }),
  };
}
