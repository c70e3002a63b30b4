// One cross-fitted teacher: it learns from the other folds and scores the views of its own fold after every epoch.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { DataError } from "../../base/errors.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import type { LabelSet } from "../../data/labels.ts";
import { tokenizerFiles } from "../../encoders/text-encoder.ts";
import { describeEnvironment } from "../../training/environment.ts";
import { trainModel } from "../../training/trainer.ts";
import type { RelationLabels } from "../relation/read-relations.ts";
import type { TrainRequest } from "../requests.ts";
import { bestLabel } from "../shared/class-scores.ts";
import { initialize } from "../shared/initial-weights.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import { describeTorch, openTorch, openTrainer } from "../shared/open-trainer.ts";
import { describeProvider } from "../shared/provider-account.ts";
import { trainingOptions } from "../shared/train-task.ts";
import type { ModelRequest } from "../shared/training-task.ts";
import { augments, predictEachText } from "./augmented-texts.ts";
import { poolOf, type StudentSet } from "./prepare-students.ts";
import { type ScoreRow, sha256 } from "./scores-file.ts";
import type { StudentExample } from "./student-example.ts";
import { createStudent } from "./student-training.ts";

/** A teacher, with the examples it learns from and those it scores. */
export interface TeacherRequest extends ModelRequest<RelationLabels> {
  readonly fold: number;
  readonly epochs: number;
  /** Examples of the other folds, with the views that teachers learn from. */
  readonly others: readonly StudentExample[];
  /** Examples of the teacher's own fold, with the views that are scored. */
  readonly own: readonly StudentExample[];
  /** All examples: the scored ones and those learnt from. */
  readonly prepared: StudentSet;
  readonly taught: StudentSet;
  /** Further examples whose views are read after the last epoch. */
  readonly further: readonly (readonly StudentExample[])[];
  /** Shared by the teachers: all have the same frozen layers. */
  readonly states: LowerStates | undefined;
}

/** What a teacher read: the views of its own fold after every epoch, and those of the further examples after the last. */
export interface TeacherReadings {
  readonly rows: readonly ScoreRow[];
  readonly further: readonly (readonly ScoreRow[])[];
}

/** Trains one teacher on the other folds; after every epoch it scores the views of its own fold. @throws DataError `data/bad-scores` */
export async function trainTeacher(
  { config, runFolder, resume, signal, onPreparation }: TrainRequest,
  teaching: TeacherRequest,
): Promise<TeacherReadings> {
  const { training, synthesis } = config;
  const { real } = synthesis;
  const { runtime, labels, encoder, prepared, taught, states, fold, epochs } = teaching;
  const others = teaching.others.map((example) => ({
    ...example,
    keptIn: () => poolOf(example, real, "synthetic"),
  }));
  const own = teaching.own.map(hidden);
  const further = teaching.further.map((examples) => examples.map(hidden));
  const teacher = createStudent(teaching, {
    reading: "each",
    states,
    // One view at a time, from all accepted ones.
    training: { views: 1, vary: false, withoutViews: synthesis.withoutViews },
  });
  await using model = teacher.model;
  await initialize(model, encoder, training.seed);
  const read = { ...taught, examples: [...taught.examples, ...further.flat()] };
  await teacher.beforeTraining?.(prepared, read, onPreparation);
  await using torch = await openTorch(training, signal);
  await using trainer = openTrainer(model, training, torch);
  await mkdir(runFolder, { recursive: true });
  const {
    metric: _,
    earlyStopping: __,
    timeLimitSeconds: ___,
    ...options
  } = trainingOptions({ ...training, epochs }, encoder.config);
  const outcome = await trainModel({
    model: trainer.model,
    optimizer: trainer.optimizer,
    examples: others,
    evaluate: async ({ epoch }) => {
      const score = async (examples: readonly StudentExample[]) => {
        const logits = augments(config)
          ? await predictEachText(model, examples)
          : await model.predict(examples);
        return examples.map((example, i) => scoreRow(example, logits[i]!, labels.labels, fold));
      };
      const scored = await score(own);
      if (epoch === epochs) {
        const rows: ScoreRow[][] = [];
        for (const examples of further) rows.push(examples.length === 0 ? [] : await score(examples));
        await replaceOwnFile(furtherFile(runFolder), `${JSON.stringify(rows)}\n`);
      }
      await replaceOwnFile(epochPath(runFolder, epoch - 1), `${JSON.stringify(scored)}\n`);
      return {
        cross_entropy: meanOf(scored.flatMap(({ views }) => views.map((view) => view.crossEntropy[0]!))),
      };
    },
    options: { ...options, evaluateEvery: "epoch" },
    modelFiles: {
      config: teacher.modelConfig,
      files: { ...(await tokenizerFiles(encoder.folder)), ...teacher.modelFiles },
    },
    runFolder,
    resume: resume ?? false,
    signal,
    onProgress: (event) => {
      if (event.kind === "step") {
        onPreparation?.({ what: `training teacher ${fold + 1}`, done: event.step, total: event.totalSteps });
      }
    },
    environment: {
      ...describeEnvironment(runtime.version),
      data: {
        train: fingerprintDocuments(prepared.documents),
        views: sha256(JSON.stringify([viewIds(prepared), viewIds(taught)])),
      },
      ...describeTorch(training, torch),
      ...describeProvider(runtime),
    },
    nameOf: ({ id }) => id,
    groupOf: teacher.groupOf,
  });
  if (outcome.status === "interrupted") signal?.throwIfAborted();
  return { rows: await joinEpochs(runFolder, epochs), further: await readFurtherRows(runFolder) };
}

const hidden = (example: StudentExample): StudentExample => ({ ...example, hidesOwn: true });

/** Returns cross-entropies of the gold label: one row of scores per view, and a last one without a view. */
function scoreRow(example: StudentExample, logits: Float32Array, labels: LabelSet, fold: number): ScoreRow {
  const width = labels.size;
  const label = example.label!; // prepared examples have labels
  const row = (view: number) => logits.subarray(view * width, (view + 1) * width);
  const views = example.views ?? [];
  return {
    example: example.id,
    fold,
    label: labels.labels[label]!,
    withoutView: [crossEntropy(row(views.length), label)],
    views: views.map(({ id }, i) => ({
      id,
      crossEntropy: [crossEntropy(row(i), label)],
      predicted: labels.labels[bestLabel(row(i))]!,
    })),
  };
}

/** -log softmax(logits)[label] in nats, rounded so that the file stays readable. */
function crossEntropy(logits: Float32Array, label: number): number {
  const highest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
  return Number((Math.log(total) + highest - logits[label]!).toFixed(6));
}

async function joinEpochs(folder: string, epochs: number): Promise<ScoreRow[]> {
  const byEpoch: ScoreRow[][] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    byEpoch.push(JSON.parse(await readWholeText(epochPath(folder, epoch))) as ScoreRow[]);
  }
  return byEpoch[0]!.map((first, i) => ({
    ...first,
    withoutView: byEpoch.map((rows) => rows[i]!.withoutView[0]!),
    views: first.views.map(({ id }, j) => ({
      id,
      predicted: byEpoch.at(-1)![i]!.views[j]!.predicted,
      crossEntropy: byEpoch.map((rows) => rows[i]!.views[j]!.crossEntropy[0]!),
    })),
  }));
}

async function readFurtherRows(folder: string): Promise<ScoreRow[][]> {
  const place = furtherFile(folder);
  if (existsSync(place)) return JSON.parse(await readWholeText(place)) as ScoreRow[][];
  throw new DataError({
    code: "data/bad-scores",
    message: `${folder} has a teacher of an earlier version of relata, which read generated views only`,
    place,
    remedy: "Score the views again with `relata score-views` and another folder.",
  });
}

const furtherFile = (folder: string): string => join(folder, "scores-further.json");
const epochPath = (folder: string, epoch: number): string => join(folder, `scores-epoch-${epoch}.json`);

/** The views of each example, by their ids. */
export const viewIds = ({ examples }: StudentSet): unknown =>
  examples.map(({ id, views = [] }) => [id, views.map((view) => view.id)]);

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
