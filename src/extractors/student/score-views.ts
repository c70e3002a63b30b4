// Cross-fitted teachers: each is trained on the other folds and scores the generated views of its own fold, so that memorised examples do not count.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { ConfigError } from "../../base/errors.ts";
import { differences, type Json, toJson } from "../../base/json.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import { type RelationLabels, readRelationData, relationLabels } from "../relation/read-relations.ts";
import type { TrainRequest } from "../requests.ts";
import { lowerStatesOf } from "../shared/frozen-layers.ts";
import { openTraining } from "../shared/open-training.ts";
import { withDropout } from "../shared/train-task.ts";
import type { PreparationRequest, Split, TrainingTask } from "../shared/training-task.ts";
import { compareViews } from "./compare-views.ts";
import type { Gate } from "./gate.ts";
import { realSecondViews, shuffledViews } from "./other-views.ts";
import type { StudentSet } from "./prepare-students.ts";
import { gateBySecondTeachers, readReadings } from "./readings.ts";
import {
  aboutPath,
  type Begun,
  formatScores,
  readBegun,
  readScoresAbout,
  type ScoreRow,
  type ScoresAbout,
  scoresPath,
  sha256,
  writeBegun,
  writeFurther,
} from "./scores-file.ts";
import type { ViewComparison } from "./selection-notes.ts";
import type { StudentExample } from "./student-example.ts";
import { prepareSplit } from "./student-training.ts";
import { clustersOf, foldsOf, halvesOf, realViewKeys } from "./teacher-folds.ts";
import { teacherSettings } from "./teacher-settings.ts";
import { trainTeacher, viewIds } from "./train-teacher.ts";
import { withoutRealView } from "./view-alone.ts";

/** What teachers are asked: which label an example has, be it a pair of mentions or a single one. */
export interface TeachingTask
  extends Pick<TrainingTask<StudentExample, RelationLabels, StudentSet>, "read" | "labelsOf"> {
  /** Builds the questions with their views, as `selection.reads` says. */
  prepare(request: PreparationRequest<RelationLabels>): Promise<StudentSet>;
}

const aboutRelations: TeachingTask = {
  read: readRelationData,
  labelsOf: relationLabels,
  async prepare(request) {
    const { config, encoder } = request;
    const whole = await prepareSplit(request);
    const { real, selection } = config.synthesis;
    return selection.reads === "view" ? withoutRealView(whole, real, encoder) : whole;
  },
};

/** Where the teachers' scores are, and what they score. */
export interface ScoreViewsSummary {
  readonly folder: string;
  readonly about: ScoresAbout;
  /** Whether this call trained teachers, or the scores already existed. */
  readonly trained: boolean;
  /** The generated views beside real second views of the validation documents, if there are any, before a selection. */
  readonly comparison: ViewComparison;
  /** Whether views tell about their own example, if the configuration asks for a gate. */
  readonly gate?: Gate;
}

/**
 * Trains the teachers and writes their scores to the run folder; existing scores are kept.
 *
 * @throws ConfigError `config/nothing-to-score`, `config/other-scores` when the folder contains scores of other data or settings; the codes of
 * training. After the signal is aborted, throws its reason; the same call with `resume` continues.
 */
export async function scoreViews(
  request: TrainRequest,
  teaching: TeachingTask = aboutRelations,
): Promise<ScoreViewsSummary> {
  const { config, runFolder, resume = false, signal, onPreparation } = request;
  const { training, data, synthesis } = config;
  const { selection, real } = synthesis;
  if (config.method !== "mi2rage" || synthesis.store === undefined || synthesis.rounds === 0) {
    throw new ConfigError({
      code: "config/nothing-to-score",
      message:
        'there are no generated views to score (method must be "mi2rage", and synthesis.store and synthesis.rounds must be set)',
      place: "synthesis.store",
      remedy: "Name a store that `relata synthesize` made.",
    });
  }
  await using opened = await openTraining(request, async (stop, extensions) => {
    const set = await teaching.read(data.train, config, stop, extensions);
    const validation = await teaching.read(data.validation, config, stop, extensions);
    return { set, validation, labels: await teaching.labelsOf(config, set, []) };
  });
  const { runtime, setting } = opened;
  const { set, validation, labels } = opened.data;
  const { encoder } = setting;
  const prepare = (store: string, split: Split = "train") =>
    teaching.prepare({
      ...setting,
      set: split === "train" ? set : validation,
      split,
      labels,
      config: { ...config, synthesis: { ...synthesis, store } },
      visual: opened.visualOf(split),
      runtime,
      onPreparation: opened.onPreparation,
    });
  const prepared = await prepare(synthesis.store);
  const taught = selection.teacherStore === undefined ? prepared : await prepare(selection.teacherStore);
  const unseen = await prepare(synthesis.store, "validation");
  await opened.releaseChannel();

  const keys = realViewKeys(prepared, real);
  const folds = foldsOf(keys, selection.folds, training.seed);
  const epochs = selection.epochs ?? training.epochs;
  const settings = teacherSettings(config, epochs);
  const identity = sha256(
    JSON.stringify([
      Object.values(settings),
      fingerprintDocuments(prepared.documents),
      viewIds(prepared),
      ...(taught === prepared ? [] : [viewIds(taught)]),
    ]),
  );
  const begun: Begun = { identity, settings: toJson(settings) as NonNullable<Begun["settings"]> };
  const compared = realSecondViews(unseen.examples, real);
  const documents = fingerprintDocuments(unseen.documents);
  const trainClusters = clustersOf(prepared);
  const found = async () => {
    const readings = await readReadings(runFolder);
    const clusterOf = (example: string) => trainClusters.get(example)!; // every example has one
    const generated = [...readings.scores.rows.values()];
    return {
      comparison: compareViews({ real, generated, ofReal: readings.real, clusterOf }),
      ...(selection.gate.enabled
        ? { gate: gateBySecondTeachers(readings, config, trainClusters, runFolder) }
        : {}),
    };
  };
  const known = await readScoresAbout(runFolder);
  if (known) {
    if (known.identity !== identity) throw otherScores(runFolder, await readBegun(runFolder), begun);
    if (known.real && known.real.documents !== documents) throw otherValidation(runFolder, data.validation);
    return { folder: runFolder, about: known, trained: false, ...(await found()) };
  }
  await requireSameBegun(runFolder, begun);
  const states = lowerStatesOf(setting);
  const dropoutEncoder = withDropout(encoder.config, training.dropout);
  const rows = new Map<string, ScoreRow>();
  const readings = { real: [] as ScoreRow[], second: [] as ScoreRow[], shuffled: [] as ScoreRow[] };
  const teachers = selection.folds * (selection.gate.enabled ? 2 : 1);
  let done = 0;
  for (let fold = 0; fold < selection.folds; fold++) {
    const halves = halvesOf(keys, folds, fold, training.seed);
    const inFold = <T>(all: readonly T[]) => all.filter((_, i) => folds[i] === fold);
    const own = inFold(prepared.examples);
    const train = async (
      name: string,
      learns: (i: number) => boolean,
      further: readonly StudentExample[],
    ) => {
      const found = await trainTeacher(
        { ...request, resume, runFolder: join(runFolder, `${name}-${fold}`) },
        {
          ...setting,
          runtime,
          labels,
          dropoutEncoder,
          states,
          epochs,
          fold,
          others: taught.examples.filter((_, i) => learns(i)),
          own,
          further: [further],
          prepared,
          taught,
        },
      );
      done++;
      onPreparation?.({ what: "teachers trained", done, total: teachers });
      signal?.throwIfAborted();
      return { rows: found.rows, further: found.further[0]! };
    };
    if (!selection.gate.enabled) {
      const found = await train("teacher", (i) => folds[i] !== fold, compared);
      for (const row of found.rows) rows.set(row.example, row);
      readings.real.push(...found.further);
      continue;
    }
    const first = await train("teacher", (i) => halves[i] === 0, compared);
    for (const row of first.rows) rows.set(row.example, row);
    readings.real.push(...first.further);
    const options = { ...encoder, maxLength: setting.maxLength, seed: training.seed };
    const second = await train("second", (i) => halves[i] === 1, shuffledViews(own, inFold(keys), options));
    readings.second.push(...second.rows);
    readings.shuffled.push(...second.further);
  }
  const text = formatScores(prepared.examples.map(({ id }) => rows.get(id)!)); // every example is in one fold
  const clusters = clustersOf(unseen);
  const about: ScoresAbout = {
    folds: selection.folds,
    reads: selection.reads,
    epochs,
    examples: prepared.examples.length,
    identity,
    rows: sha256(text),
    ...(compared.length === 0
      ? {}
      : {
          real: {
            ...(await writeFurther(
              runFolder,
              "real",
              readings.real.map((row) => ({ ...row, cluster: clusters.get(row.example)! })), // of these documents
            )),
            documents,
          },
        }),
    ...(selection.gate.enabled
      ? {
          second: await writeFurther(runFolder, "second", readings.second),
          shuffled: await writeFurther(runFolder, "shuffled", readings.shuffled),
        }
      : {}),
  };
  await replaceOwnFile(scoresPath(runFolder), text);
  await replaceOwnFile(aboutPath(runFolder), `${JSON.stringify(about, null, 2)}\n`);
  return { folder: runFolder, about, trained: true, ...(await found()) };
}

/** Interrupted teachers resume only with the data and settings they started with. */
async function requireSameBegun(folder: string, now: Begun): Promise<void> {
  const begun = await readBegun(folder);
  if (begun === undefined) {
    await mkdir(folder, { recursive: true });
    await writeBegun(folder, now);
  } else if (begun.identity !== now.identity) throw otherScores(folder, begun, now);
}

function otherValidation(folder: string, validation: string): ConfigError {
  return new ConfigError({
    code: "config/other-scores",
    message: `the teachers in ${folder} read the real second views of other validation documents than those of ${validation}`,
    place: folder,
    remedy: "Name the original validation documents, or another folder.",
  });
}

function otherScores(folder: string, before: Begun | undefined, now: Begun): ConfigError {
  const changed =
    before?.settings === undefined
      ? []
      : differences(before.settings as Json, (now.settings ?? null) as Json);
  const what =
    before?.settings === undefined
      ? "other documents, views or settings"
      : changed.length === 0
        ? "other documents or views"
        : `other settings: ${changed.join("; ")}`;
  return new ConfigError({
    code: "config/other-scores",
    message: `${folder} contains teachers or scores for ${what}`,
    place: folder,
    ...(changed.length === 0 ? {} : { value: changed }),
    remedy: "Resume with the original documents, views and settings, or name another folder.",
  });
}
