// Puts the readings of all teachers together: the files of scores, and what they say about the views.
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { claimWork } from "../../units/claim-work.ts";
import { differenceBetween, otherScores, readBegun } from "./begun.ts";
import { compareViews } from "./compare-views.ts";
import type { Gate } from "./gate.ts";
import type { OpenedTeachers } from "./open-teachers.ts";
import { gateBySecondTeachers, readReadings } from "./readings.ts";
import {
  aboutPath,
  formatScores,
  readScoresAbout,
  type ScoreRow,
  type ScoresAbout,
  scoresPath,
  sha256,
  writeFurther,
} from "./scores-file.ts";
import type { ViewComparison } from "./selection-notes.ts";
import { clustersOf } from "./teacher-folds.ts";
import { readingsOf, type Teacher, teachersOf } from "./teachers.ts";

/** Where the teachers' scores are, and what they score. */
export interface ScoreViewsSummary {
  readonly folder: string;
  readonly about: ScoresAbout;
  /** False if the scores were complete before this call. */
  readonly trained: boolean;
  /** The generated views beside real second views of the validation documents, if there are any, before a selection. */
  readonly comparison: ViewComparison;
  /** Whether views tell about their own example, if the configuration asks for a gate. */
  readonly gate?: Gate;
}

/** What a folder with complete scores says; undefined if they are not complete. @throws ConfigError `config/other-scores`; DataError `data/bad-scores` */
export async function completeScores(opened: OpenedTeachers): Promise<ScoreViewsSummary | undefined> {
  const about = await knownScores(opened);
  return about && summaryOf(opened, about, false);
}

/**
 * Writes the scores of all teachers, which one process at a time does.
 *
 * @throws DataError `units/incomplete` naming the teachers that are not done, `data/bad-scores`, `data/cannot-write`; the signal's reason
 */
export async function gatherScores(
  opened: OpenedTeachers,
  signal?: AbortSignal | undefined,
): Promise<ScoreViewsSummary> {
  const { folder } = opened;
  const claimed = await claimWork(
    { folder, claim: "gathering", result: () => knownScores(opened) },
    { signal },
  );
  if (claimed.state === "stopped") throw signal?.reason;
  if (claimed.state === "finished") return summaryOf(opened, claimed.result, true);
  try {
    const about = await writeScores(opened);
    await claimed.claim.finish();
    return summaryOf(opened, about, true);
  } catch (error) {
    await claimed.claim.release();
    throw error;
  }
}

/** The error for teachers that are not done. */
export function incomplete(folder: string, missing: readonly Teacher[]): DataError {
  const names = missing.map(({ name }) => name);
  return new DataError({
    code: "units/incomplete",
    message: `${counted(missing.length, "teacher is", "teachers are")} not done: ${names.join(", ")}`,
    place: folder,
    value: { missing: names },
    remedy:
      "Run the shards again, or the command with --resume and without --gather: what is done is not done again.",
    fault: "work",
  });
}

/** What a folder with complete scores says of itself; undefined if they are not complete. @throws as `completeScores` */
export async function knownScores({ folder, begun }: OpenedTeachers): Promise<ScoresAbout | undefined> {
  const known = await readScoresAbout(folder);
  if (known === undefined) return undefined;
  const before = (await readBegun(folder)) ?? { identity: known.identity };
  const validation = known.real ? known.real.documents : begun.validation;
  const other = differenceBetween({ ...before, identity: known.identity, validation }, begun);
  if (other !== undefined) throw otherScores(folder, other);
  return known;
}

async function summaryOf(
  { folder, config, shared: { prepared } }: OpenedTeachers,
  about: ScoresAbout,
  trained: boolean,
): Promise<ScoreViewsSummary> {
  const { real, selection } = config.synthesis;
  const readings = await readReadings(folder);
  const clusters = clustersOf(prepared);
  const clusterOf = (example: string) => clusters.get(example)!; // every example has one
  const generated = [...readings.scores.rows.values()];
  return {
    ...{ folder, about, trained },
    comparison: compareViews({ real, generated, ofReal: readings.real, clusterOf }),
    ...(selection.gate.enabled ? { gate: gateBySecondTeachers(readings, config, clusters, folder) } : {}),
  };
}

async function writeScores(opened: OpenedTeachers): Promise<ScoresAbout> {
  const { folder, config, begun, shared, unseen } = opened;
  const { selection } = config.synthesis;
  const rows = new Map<string, ScoreRow>();
  const further = { real: [] as ScoreRow[], second: [] as ScoreRow[], shuffled: [] as ScoreRow[] };
  const missing: Teacher[] = [];
  for (const teacher of teachersOf(config)) {
    const found = await readingsOf(opened, teacher);
    if (found === undefined) missing.push(teacher);
    else if (teacher.half === 1) {
      further.second.push(...found.rows);
      further.shuffled.push(...(found.further[0] ?? []));
    } else {
      for (const row of found.rows) rows.set(row.example, row);
      further.real.push(...(found.further[0] ?? []));
    }
  }
  if (missing.length > 0) throw incomplete(folder, missing);
  const { examples } = shared.prepared;
  const text = formatScores(examples.map(({ id }) => rows.get(id)!)); // every example is in one fold
  const clusters = clustersOf(unseen);
  const real = further.real.map((row) => ({ ...row, cluster: clusters.get(row.example)! })); // of these documents
  const about: ScoresAbout = {
    folds: selection.folds,
    reads: selection.reads,
    epochs: shared.epochs,
    examples: examples.length,
    identity: begun.identity,
    rows: sha256(text),
    ...(begun.validation == null
      ? {}
      : { real: { ...(await writeFurther(folder, "real", real)), documents: begun.validation } }),
    ...(selection.gate.enabled
      ? {
          second: await writeFurther(folder, "second", further.second),
          shuffled: await writeFurther(folder, "shuffled", further.shuffled),
        }
      : {}),
  };
  await replaceOwnFile(scoresPath(folder), text);
  await replaceOwnFile(aboutPath(folder), `${JSON.stringify(about, null, 2)}\n`);
  return about;
}
