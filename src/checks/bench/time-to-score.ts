// Time to a score: trains settings of relata and references in turns, part of an epoch by part, on the same examples, and tells when each reaches
// the F1 of the first reference. The peer in PyTorch is test/reference/time_to_score.py.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../config/schema.ts";
import { type Course, openCourse, type Turns } from "./score-course.ts";
import { startPeer, writeReferenceData } from "./score-peer.ts";
import type { ScoredTraining } from "./scored-training.ts";

/** A training, and when it reached the aim. */
export interface TimeToScore extends ScoredTraining {
  /** Seconds until the first evaluation with the aim or more; undefined: never. */
  readonly seconds: number | undefined;
  /** Processor time until then; undefined also where a reference does not tell it. */
  readonly processorSeconds: number | undefined;
  readonly best: number;
  /** Its seconds over the first reference's; undefined without either. */
  readonly ratio: number | undefined;
}

export interface TimeToScoreOptions {
  /** Settings of relata by name. The references train with those of the first, on its examples. */
  readonly settings: readonly { readonly name: string; readonly config: Config }[];
  /** Training documents, evenly spaced in the file; absent: all. */
  readonly documents?: number | undefined;
  /** Validation documents, evenly spaced in the file and the same for all; absent: all. */
  readonly validation?: number | undefined;
  /** Evaluations per epoch. */
  readonly parts: number;
  /** Commands of references. */
  readonly against: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onPart?: ((done: number) => void) | undefined;
}

export interface TimeToScoreResult {
  readonly examples: number;
  readonly validation: number;
  /** Best F1 of `leader`. */
  readonly aim: number;
  /** Name of the training that sets the aim: the first reference, or the first setting without any. */
  readonly leader: string;
  readonly trainings: readonly TimeToScore[];
}

/**
 * Runs the benchmark.
 *
 * @throws ConfigError `bench/reference-failed`, `bench/other-scores`; the codes of `train`
 */
export async function benchTimeToScore(options: TimeToScoreOptions): Promise<TimeToScoreResult> {
  const { settings, documents, validation, parts, against, signal, onPart } = options;
  const folder = await mkdtemp(join(tmpdir(), "relata-time-to-score-"));
  const courses: Course[] = [];
  const peers: Turns[] = [];
  try {
    for (const [i, setting] of settings.entries()) {
      courses.push(
        await openCourse({
          ...setting,
          documents,
          validation,
          parts,
          signal,
          runFolder: join(folder, `${i}`),
        }),
      );
    }
    const first = courses[0]!; // there is at least one setting
    await writeReferenceData(folder, first);
    for (const command of against) peers.push(await startPeer(command, folder, first));
    const all: readonly Turns[] = [...courses, ...peers];
    let done = 0;
    for (let moved = true; moved; ) {
      moved = false;
      for (const one of all) {
        signal?.throwIfAborted();
        if (!(await one.next())) continue;
        moved = true;
        onPart?.(++done);
      }
    }
    const leader = peers[0] ?? first;
    const aim = bestOf(leader);
    const reaching = ({ points }: ScoredTraining) => points.find(({ f1 }) => f1 >= aim);
    const { seconds: fastest } = reaching(leader)!; // its best score is the aim
    return {
      examples: first.examples,
      validation: first.validation,
      ...{ aim, leader: leader.name },
      trainings: all.map((one) => {
        const { seconds, processorSeconds } = reaching(one) ?? {};
        const { name, preparation, points, description } = one;
        const ratio = seconds === undefined ? undefined : seconds / fastest;
        const reached = { seconds, processorSeconds, ratio, best: bestOf(one) };
        return { name, preparation, points, description, ...reached };
      }),
    };
  } finally {
    for (const one of [...courses, ...peers]) await one[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

function bestOf({ points }: Pick<ScoredTraining, "points">): number {
  return points.reduce((best, { f1 }) => Math.max(best, f1), 0);
}
