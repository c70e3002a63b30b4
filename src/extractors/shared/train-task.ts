// Trains a model for any task from a configuration: reads, prepares, trains, keeps the run's record, calibrates the result.

import { join } from "node:path";
import { replaceOwnFileSync } from "../../base/atomic-file.ts";
import type { Json } from "../../base/json.ts";
import type { Config } from "../../config/schema.ts";
import { secondsOf } from "../../config/time-limit.ts";
import type { Document } from "../../data/document.ts";
import { documentStatistics, fingerprintDocuments } from "../../data/fingerprint.ts";
import type { DocumentSet } from "../../data/readers.ts";
import { compareSplits } from "../../data/splits.ts";
import { adapterNotes } from "../../encoders/adapted-weights.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { tokenizerFiles } from "../../encoders/text-encoder.ts";
import { openWeights } from "../../encoders/weight-source.ts";
import { fitThresholds, type ThresholdAim, type Thresholds } from "../../evaluation/thresholds.ts";
import { describeEnvironment } from "../../training/environment.ts";
import { BEST_MODEL_FOLDER, LAST_MODEL_FOLDER, trainModel } from "../../training/trainer.ts";
import type { VisualChannelName } from "../../visual/visual-channel.ts";
import type { TrainRequest, TrainSummary } from "../requests.ts";
import { initializeFrom, planStart, startNotes } from "../start/initialize-from.ts";
import { activationBytes } from "./activation-memory.ts";
import { adaptersOf } from "./adapters.ts";
import type { Calibration } from "./calibration.ts";
import { CALIBRATION_FILE } from "./calibration-file.ts";
import { DATA_FILE } from "./data-file.ts";
import { initialize } from "./initial-weights.ts";
import { labelWeightNotes, type WeightedExample, weighExamples } from "./label-weights.ts";
import { learningRatesOf } from "./learning-rates.ts";
import { describeTorch, openTorch, openTrainer } from "./open-trainer.ts";
import { openTraining } from "./open-training.ts";
import { describeProvider, providerAccount } from "./provider-account.ts";
import { requireVisual } from "./require-visual.ts";
import { inputContents } from "./run-settings.ts";
import { memoryAdvice, requireFits, requireWholeAttention } from "./run-size.ts";
import { writeSealed } from "./sealed-file.ts";
import { textDigests } from "./seen-texts.ts";
import { THRESHOLDS_FILE, thresholdsRecord } from "./thresholds-file.ts";
import { trainingPacks } from "./training-packs.ts";
import { portableSettings, settingsFingerprint, TRAINING_RECORD } from "./training-record.ts";
import type { PreparedSet, Split, TrainingTask } from "./training-task.ts";
import { unknownTokenNotes } from "./unknown-tokens.ts";
import { PREDICTIONS_FILE, predictionsRecord } from "./validation-predictions.ts";
import { verifyModel } from "./verify-model.ts";
import { startFingerprints, trainingRecord } from "./write-training-record.ts";

/** Trains from the request's configuration; writes everything about the run to `runFolder`. */
export async function trainTask<
  Example extends WeightedExample & { readonly id: string },
  Labels,
  Prepared extends PreparedSet<Example>,
>(request: TrainRequest, task: TrainingTask<Example, Labels, Prepared>): Promise<TrainSummary> {
  const { config, runFolder, resume, signal, onData, onProgress } = request;
  const { training, data } = config;
  await using torch = await openTorch(training, signal);
  await using opened = await openTraining(
    request,
    async (onPreparation, extensions, start) => {
      const trainSet = await task.read(data.train, config, onPreparation, extensions);
      const validationSet = await task.read(data.validation, config, onPreparation, extensions);
      return { trainSet, validationSet, labels: await task.labelsOf(config, trainSet, start?.labels ?? []) };
    },
    task.startingConfig,
  );
  const { runtime, channel, setting, start, onPreparation } = opened;
  const { trainSet, validationSet, labels } = opened.data;
  const { encoder, maxLength } = setting;
  const stamps = opened.extensions.stamps();
  requireWholeAttention(setting);
  const dropoutEncoder = withDropout(encoder.config, training.dropout);
  onPreparation({ what: "building the model", done: 0, total: 0 });
  const trained = task.create({ ...setting, runtime, labels, dropoutEncoder });
  await using model = trained.model;
  if (torch !== undefined) model.requireRunnableBy(torch);
  requireFits(model, setting);

  const prepare = (set: DocumentSet, split: Split) =>
    task.prepare({
      set,
      split,
      labels,
      config,
      encoder,
      maxLength,
      runtime,
      visual: opened.visualOf(split),
      onPreparation,
    });
  onPreparation({ what: "tokenising", done: 0, total: 0 });
  const trainData = weighed(await prepare(trainSet, "train"), training.labelWeights);
  const validationData = await prepare(validationSet, "validation");
  await opened.releaseChannel();
  if (channel) {
    const { captions } = opened.visualOf("train")?.sources ?? {};
    await requireVisual(trainData.account, channel.saved.label, trainSet.documents, captions);
  }
  const visualChannel: VisualChannelName = channel?.saved.label ?? "text only";
  const overlap = compareSplits({ train: trainSet.documents, validation: validationSet.documents });
  const encoderNotes = [...encoder.notes, ...(channel?.notes ?? [])];
  const copy = start && planStart(model, start, trained.heads);
  const started = copy
    ? startNotes(copy, { labels: task.describe(labels) as readonly string[], visual: visualChannel })
    : [];
  const startedFrom = await startFingerprints(encoder.folder);
  const sure = labelWeightNotes(labelsIn(trainSet.documents, config.task), training.labelWeights);
  const unknown = unknownTokenNotes(trainSet.documents, encoder.tokenizer, encoder.folder);
  const notes = [
    ...started,
    ...encoderNotes,
    ...unknown,
    ...sure,
    ...(task.notes?.(labels, trainData, config) ?? []),
  ];
  onData?.({
    visualChannel,
    train: trainData.account,
    validation: validationData.account,
    overlap,
    notes,
  });

  onPreparation({
    what: start ? "loading the trained model" : "loading the text encoder",
    done: 0,
    total: 0,
  });
  if (copy) initializeFrom(model, copy, training.seed);
  else await initialize(model, encoder, training.seed);
  await trained.beforeTraining?.(trainData, validationData, onPreparation);
  await using trainer = openTrainer(model, training, torch);
  const packs = trainingPacks(
    { ...trained, model: trainer.model },
    trainData.examples,
    validationData.examples,
  );
  const longest = packs.examples.reduce((most, one) => Math.max(most, packs.model.lengthOf(one)), 0);

  const outcome = await trainModel({
    ...packs,
    optimizer: trainer.optimizer,
    evaluate: () => trained.evaluate(validationData),
    options: trainingOptions(training, encoder.config),
    modelFiles: {
      config: trained.modelConfig,
      files: { ...(await tokenizerFiles(encoder.folder)), ...trained.modelFiles },
      weightNotes: adapterNotes(adaptersOf(training)),
    },
    runFolder,
    resume: resume ?? false,
    signal,
    onProgress: (event) => {
      // The run owns the folder now, so its record may be written.
      if (event.kind === "start") {
        replaceOwnFileSync(join(runFolder, DATA_FILE), `${JSON.stringify(dataRecord(), null, 2)}\n`);
      }
      onProgress?.(event);
    },
    // Reports that a resumed run's documents have changed: its weights differ from those of an undisturbed run.
    environment: {
      ...describeEnvironment(runtime.version),
      data: {
        train: fingerprintDocuments(trainData.documents),
        validation: fingerprintDocuments(validationData.documents),
      },
      inputs: await inputContents(config),
      ...(stamps.length > 0 ? { extensions: stamps.map((stamp) => ({ ...stamp })) } : {}),
      threads: training.threads ?? "all",
      ...describeTorch(training, torch),
      ...describeProvider(runtime),
    },
    activationBytes: (batchTokens) => {
      const layers = encoder.config.layers - training.frozenLayers;
      return activationBytes(
        { ...encoder.config, layers },
        batchTokens * (trained.rowsPerExample ?? 1),
        longest,
      );
    },
    memoryAdvice: memoryAdvice(setting),
  });

  const modelFolder = join(runFolder, BEST_MODEL_FOLDER);
  let calibration: Calibration | undefined;
  let thresholds: Thresholds | undefined;
  if (outcome.best && outcome.status !== "interrupted") {
    const verified = await verifyModel(modelFolder, {});
    model.loadSaved(await openWeights(modelFolder));
    await verified.check();
    const fitted = await trained.calibrate(validationData);
    ({ calibration } = fitted);
    const { labels, predictions, missed } = fitted.predictions;
    const aim = aimOf(training.thresholds);
    thresholds = aim && fitThresholds({ predictions, missed }, labels, aim);
    await writeSealed(modelFolder, {
      [CALIBRATION_FILE]: calibration,
      [PREDICTIONS_FILE]: predictionsRecord(fitted.predictions, calibration),
      [TRAINING_RECORD]: trainingRecord({
        ...{ config, setting, visualChannel, overlap, startedFrom, best: outcome.best },
        answers: fitted.predictions,
        provider: providerAccount(runtime),
        train: trainData,
        validation: validationData,
      }),
      ...(thresholds ? { [THRESHOLDS_FILE]: thresholdsRecord(thresholds, calibration) } : {}),
    });
  }

  function dataRecord(): Json {
    const describe = ({ documents, account }: PreparedSet<Example>) => ({
      fingerprint: fingerprintDocuments(documents),
      texts: textDigests(documents),
      statistics: documentStatistics(documents),
      account,
    });
    return JSON.parse(
      JSON.stringify({
        visualChannel,
        labels: task.describe(labels),
        fingerprints: { ...startedFrom, configuration: settingsFingerprint(portableSettings(config)) },
        train: describe(trainData),
        validation: describe(validationData),
        overlap,
        ...(started.length > 0 ? { started } : {}),
        ...(encoderNotes.length > 0 ? { encoderNotes } : {}),
        ...task.record?.(trainData),
      }),
    );
  }
  return {
    task: config.task,
    status: outcome.status,
    runFolder,
    visualChannel,
    ...(outcome.best || outcome.status !== "interrupted"
      ? { modelFolder: outcome.best ? modelFolder : join(runFolder, LAST_MODEL_FOLDER) }
      : {}),
    steps: outcome.step,
    best: outcome.best
      ? {
          step: outcome.best.step,
          epoch: outcome.best.epoch,
          metrics: { [training.metric]: outcome.best.value },
        }
      : undefined,
    calibration,
    thresholds,
    provider: providerAccount(runtime),
    data: { train: trainData.account, validation: validationData.account },
  };
}

/** The set with its examples weighted, if that is asked for. */
function weighed<Prepared extends PreparedSet<WeightedExample>>(
  prepared: Prepared,
  setting: Config["training"]["labelWeights"],
): Prepared {
  return setting === "none" ? prepared : { ...prepared, examples: weighExamples(prepared.examples) };
}

/** What a task learns from documents. */
function labelsIn(documents: readonly Document[], task: Config["task"]) {
  if (task === "mre") return documents.flatMap(({ relations }) => relations);
  if (task === "mner") return documents.flatMap(({ entities }) => entities);
  return documents.flatMap(({ category }) => category ?? []);
}

/** Returns the aim of `training.thresholds`; undefined for none. */
function aimOf(setting: Config["training"]["thresholds"]): ThresholdAim | undefined {
  if (setting === "none" || setting === "best-f1") return setting === "none" ? undefined : setting;
  return { precision: setting };
}

/** Epochs of small data are short, and a checkpoint is three times as large as the model: a killed run loses at most that much work. */
const CHECKPOINT_GAP_SECONDS = 30;

/** Returns the trainer's options from a configuration. */
export function trainingOptions(training: Config["training"], encoder: TextEncoderConfig) {
  const { batches, tokenBudget, batchSize, maxGradientNorm, evaluateEvery, earlyStopping } = training;
  return {
    seed: training.seed,
    epochs: training.epochs,
    batching: {
      size:
        tokenBudget === undefined ? { examples: batchSize } : { tokens: tokenBudget, examples: batchSize },
      ...(batches === "random" ? {} : { composition: batches }),
    },
    accumulation: training.accumulation,
    checkpointGapSeconds: CHECKPOINT_GAP_SECONDS,
    keep: training.keep,
    timeLimitSeconds: training.timeLimit === undefined ? undefined : secondsOf(training.timeLimit),
    learningRate: learningRatesOf(training, encoder).encoder,
    schedule: { kind: training.schedule, warmupRatio: training.warmupRatio },
    ...(maxGradientNorm === "none" ? {} : { maxGradientNorm }),
    evaluateEvery: evaluateEvery === "epoch" ? evaluateEvery : { steps: evaluateEvery },
    metric: { name: training.metric, mode: "max" as const },
    ...(earlyStopping.enabled ? { earlyStopping: { patience: earlyStopping.patience } } : {}),
  };
}

/** The encoder with the configuration's dropout. */
export function withDropout(encoder: TextEncoderConfig, dropout: number | undefined): TextEncoderConfig {
  return dropout === undefined ? encoder : { ...encoder, hiddenDropout: dropout, attentionDropout: dropout };
}
