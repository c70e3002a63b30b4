// Cross-fitted teachers: each is trained on the other folds and scores the generated views of its own, so that nothing learnt by heart counts.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { ConfigError } from "../../base/errors.ts";
import { differences, type Json, toJson } from "../../base/json.ts";
import { readWholeText } from "../../base/whole-file.ts";
import type { Config } from "../../config/schema.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import type { LabelSet } from "../../data/labels.ts";
import { textWeightNames } from "../../encoders/needed-weights.ts";
import { maximumLength } from "../../encoders/text/table.ts";
import { openTextEncoder, tokenizerFiles } from "../../encoders/text-encoder.ts";
import { openWeights } from "../../encoders/weight-source.ts";
import { Runtime } from "../../engine/runtime.ts";
import { extensionsWith } from "../../extensions/load-extensions.ts";
import { describeEnvironment } from "../../training/environment.ts";
import { stream } from "../../training/random.ts";
import { trainModel } from "../../training/trainer.ts";
import { openVisual } from "../../visual/open-visual.ts";
import { type RelationLabels, readRelationData, relationLabels } from "../relation/read-relations.ts";
import { bestLabel } from "../relation/scores.ts";
import type { TrainRequest } from "../requests.ts";
import { downloadOptions } from "../shared/download-options.ts";
import { initialize } from "../shared/initial-weights.ts";
import { stoppable } from "../shared/prepare-documents.ts";
import { runtimeOptions } from "../shared/runtime-options.ts";
import { trainingOptions, withDropout } from "../shared/train-task.ts";
import type { ModelSetting } from "../shared/training-task.ts";
import type { LowerStates } from "./lower-states.ts";
import { poolOf, type StudentSet } from "./prepare-students.ts";
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
} from "./scores-file.ts";
import type { StudentExample } from "./student-example.ts";
import { createStudent, lowerStatesOf, prepareSplit } from "./student-training.ts";
import { withoutRealView } from "./view-alone.ts";

/** Where the teachers' scores are, and what they are scores of. */
export interface ScoreViewsSummary {
  readonly folder: string;
  readonly about: ScoresAbout;
  /** Whether this call trained anything, or the scores were there. */
  readonly trained: boolean;
}

/**
 * Trains the teachers and writes their scores into the run folder; scores that are there already are left as they are.
 *
 * @throws ConfigError `config/nothing-to-score`, `config/other-scores` when the folder holds scores of other data or settings; the codes of
 * training. When the signal comes, its reason; the same call with `resume` goes on.
 */
export async function scoreViews(request: TrainRequest): Promise<ScoreViewsSummary> {
  const { config, runFolder, resume = false, signal, onPreparation } = request;
  const { training, data, synthesis } = config;
  const { selection, real } = synthesis;
  if (config.method !== "mi2rage" || synthesis.store === undefined || synthesis.rounds === 0) {
    throw new ConfigError({
      code: "config/nothing-to-score",
      message:
        'there are no generated views to score (method must be "mi2rage", with synthesis.store and rounds)',
      place: "synthesis.store",
      remedy: "Name a store that `relata synthesize` made.",
    });
  }
  const stop = stoppable(request);
  const encoder = await openTextEncoder(config.encoder, downloadOptions(config.encoder, request));
  await openWeights(encoder.folder, textWeightNames(encoder.config));
  await using runtime = await Runtime.open(runtimeOptions(training));
  const extensions = await extensionsWith(request.extensions, config.extensions);
  const set = await readRelationData(data.train, config, stop, extensions);
  const labels = await relationLabels(config, set);
  const maxLength = Math.min(training.maxLength, maximumLength(encoder.config));
  const channel = await openVisual(
    runtime,
    config,
    encoder,
    runFolder,
    downloadOptions(config.visual.encoder ?? "", request),
  );
  const setting = { config, encoder, maxLength, runtime };
  const sources = { captions: data.captions.train, pictures: data.pictures };
  const prepare = (store: string) =>
    prepareSplit(
      set,
      labels,
      { ...setting, config: { ...config, synthesis: { ...synthesis, store } } },
      channel && { channel, sources },
      stop,
      "train",
    );
  const whole = await prepare(synthesis.store);
  const learnt = selection.teacherStore === undefined ? whole : await prepare(selection.teacherStore);
  await channel?.dispose();

  const folds = foldsOf(whole, real, selection.folds, training.seed);
  const read = (set: StudentSet) => (selection.reads === "view" ? withoutRealView(set, real, encoder) : set);
  const prepared = read(whole);
  const taught = learnt === whole ? prepared : read(learnt);
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
  const known = await readScoresAbout(runFolder);
  if (known) {
    if (known.identity === identity) return { folder: runFolder, about: known, trained: false };
    throw otherScores(runFolder, await readBegun(runFolder), begun);
  }
  await requireSameBegun(runFolder, begun);
  const modelSetting = {
    config,
    encoder,
    maxLength,
    visual: channel?.saved ?? null,
    objects: 0,
  };
  const states = lowerStatesOf(modelSetting);
  const rows = new Map<string, ScoreRow>();
  for (let fold = 0; fold < selection.folds; fold++) {
    const folder = join(runFolder, `teacher-${fold}`);
    const found = await trainTeacher(
      { ...request, resume, runFolder: folder },
      runtime,
      labels,
      modelSetting,
      prepared,
      { folds, fold, epochs, states, taught },
    );
    for (const row of found) rows.set(row.example, row);
    onPreparation?.({ what: "teachers trained", done: fold + 1, total: selection.folds });
    signal?.throwIfAborted();
  }
  const text = formatScores(prepared.examples.map(({ id }) => rows.get(id)!)); // every example is in one fold
  const about: ScoresAbout = {
    folds: selection.folds,
    reads: selection.reads,
    epochs,
    examples: prepared.examples.length,
    identity,
    rows: sha256(text),
  };
  await replaceOwnFile(scoresPath(runFolder), text);
  await replaceOwnFile(aboutPath(runFolder), `${JSON.stringify(about, null, 2)}\n`);
  return { folder: runFolder, about, trained: true };
}

interface Fold {
  /** Fold of each example. */
  readonly folds: readonly number[];
  readonly fold: number;
  readonly epochs: number;
  /** The same examples with the views that teachers learn from. */
  readonly taught: StudentSet;
  /** Shared by the teachers: the frozen layers are the same in all. */
  readonly states: LowerStates | undefined;
}

/** Trains one teacher on the other folds; after every epoch it scores the views of its own. */
async function trainTeacher(
  { config, runFolder, resume, signal, onPreparation }: TrainRequest,
  runtime: Runtime,
  labels: RelationLabels,
  setting: ModelSetting,
  prepared: StudentSet,
  { folds, fold, epochs, states, taught }: Fold,
): Promise<ScoreRow[]> {
  const { training, synthesis } = config;
  const { real } = synthesis;
  const others = taught.examples
    .filter((_, i) => folds[i] !== fold)
    .map((example) => ({ ...example, keptIn: () => poolOf(example, real, "synthetic") }));
  const own = prepared.examples
    .filter((_, i) => folds[i] === fold)
    .map((example) => ({ ...example, hidesOwn: true }));
  const teacher = createStudent(
    runtime,
    labels,
    setting,
    withDropout(setting.encoder.config, training.dropout),
    {
      reading: "each",
      states,
      // One view at a time, from all that were accepted.
      training: { views: 1, vary: false, withoutViews: synthesis.withoutViews },
    },
  );
  await using model = teacher.model;
  await initialize(model, setting.encoder, training.seed);
  await teacher.beforeTraining?.(prepared, taught, onPreparation);
  await using optimizer = model.optimizer(training.accumulation);
  await mkdir(runFolder, { recursive: true });
  const { metric: _, earlyStopping: __, ...options } = trainingOptions({ ...training, epochs });
  const outcome = await trainModel({
    model,
    optimizer,
    examples: others,
    evaluate: async ({ epoch }) => {
      const logits = await model.predict(own);
      const scored = own.map((example, i) => scoreRow(example, logits[i]!, labels.labels, fold));
      await replaceOwnFile(epochPath(runFolder, epoch - 1), `${JSON.stringify(scored)}\n`);
      return {
        cross_entropy: meanOf(scored.flatMap(({ views }) => views.map((view) => view.crossEntropy[0]!))),
      };
    },
    options: { ...options, evaluateEvery: "epoch" },
    modelFiles: {
      config: teacher.modelConfig,
      files: { ...(await tokenizerFiles(setting.encoder.folder)), ...teacher.modelFiles },
    },
    runFolder,
    resume: resume ?? false,
    ...(signal ? { signal } : {}),
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
    },
    nameOf: ({ id }) => id,
  });
  if (outcome.status === "interrupted") signal?.throwIfAborted();
  return joinEpochs(runFolder, epochs);
}

/** Cross-entropies of the gold label: one row of scores per view, and the last without a view. */
function scoreRow(example: StudentExample, logits: Float32Array, labels: LabelSet, fold: number): ScoreRow {
  const width = labels.size;
  const label = example.label!; // prepared examples carry labels
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

/** Teachers that were interrupted go on with the data and settings they began with, or not at all. */
async function requireSameBegun(folder: string, now: Begun): Promise<void> {
  const begun = await readBegun(folder);
  if (begun === undefined) {
    await mkdir(folder, { recursive: true });
    await writeBegun(folder, now);
  } else if (begun.identity !== now.identity) throw otherScores(folder, begun, now);
}

const epochPath = (folder: string, epoch: number): string => join(folder, `scores-epoch-${epoch}.json`);

/** Folds by text, or by picture: examples that share their real view are scored by the same teacher. */
function foldsOf(
  { documents, examples, instanceOf }: StudentSet,
  real: "text" | "picture",
  folds: number,
  seed: number,
): number[] {
  const document = new Map(documents.map((one) => [one.id, one]));
  const keys = examples.map(({ id }) => {
    const instance = instanceOf.get(id)!;
    const owner = document.get(instance) ?? document.get(instance.replace(/#\d+$/, ""));
    return (real === "text" ? owner?.text : owner?.image) ?? instance;
  });
  const groups = [...new Set(keys)];
  const order = [...stream(seed, 0, "teacher-folds").permutation(groups.length)];
  const foldOf = new Map(order.map((group, position) => [groups[group]!, position % folds]));
  return keys.map((key) => foldOf.get(key)!);
}

/** What of a configuration the scores depend on; the values in this order are part of the folder's identity. */
function teacherSettings({ encoder, visual, model, training, synthesis }: Config, epochs: number): object {
  const { store, real, rounds, chains, withoutViews, selection } = synthesis;
  const { threads: _, library: __, device: ___, metric: ____, evaluateEvery: _____, ...decisive } = training;
  const { promptLength, fusion } = model;
  return {
    encoder,
    visual,
    "model.promptLength": promptLength,
    "model.fusion": fusion,
    training: decisive,
    "synthesis.selection.epochs": epochs,
    "synthesis.store": store,
    "synthesis.real": real,
    "synthesis.rounds": rounds,
    "synthesis.chains": chains,
    "synthesis.withoutViews": withoutViews,
    "synthesis.selection.folds": selection.folds,
    "synthesis.selection.reads": selection.reads,
  };
}

const viewIds = ({ examples }: StudentSet): unknown =>
  examples.map(({ id, views = [] }) => [id, views.map((view) => view.id)]);

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

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
    message: `${folder} holds teachers or scores of ${what}`,
    place: folder,
    ...(changed.length === 0 ? {} : { value: changed }),
    remedy: "Go on with the documents, views and settings of the start, or name another folder.",
  });
}
