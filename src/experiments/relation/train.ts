// Trains a relation extractor from a configuration: reads, prepares, trains, keeps the run's record.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  compareSplits,
  documentStatistics,
  fingerprintDocuments,
  LabelSet,
  readLabelSet,
  relationLabelsOf,
} from "../../data/index.ts";
import { maximumLength, type TextEncoderConfig } from "../../encoders/text-config.ts";
import { openWeights } from "../../encoders/weight-source.ts";
import { Runtime } from "../../engine/index.ts";
import { DataError } from "../../errors.ts";
import { BEST_MODEL_FOLDER, describeEnvironment, type Json, train } from "../../training/index.ts";
import type { Config } from "../config/schema.ts";
import { initialize } from "../model/initial-weights.ts";
import { runtimeOptions } from "../model/runtime-options.ts";
import { downloadOptions, openTextEncoder, tokenizerFiles } from "../model/text-encoder.ts";
import type { DataAccount, TrainRequest, TrainSummary } from "../relation-runs.ts";
import { openVisual } from "../visual/open-visual.ts";
import { graphOptions, i2srmOf, relationModelConfig, visualChannelOf } from "./model-config.ts";
import { prepareExamples, readData } from "./prepare.ts";
import { RelationModel } from "./relation-model.ts";
import { runMetrics, scoreModel } from "./scores.ts";

/** Written into the run folder beside the trainer's own files: what was read, with fingerprints and counts. */
const DATA_FILE = "data.json";

/** Trains as `config` says; everything about the run is kept in `runFolder`. */
export async function trainRelations(request: TrainRequest): Promise<TrainSummary> {
  const { config, runFolder, resume, signal, onData, onProgress } = request;
  const { training } = config;
  const onPreparation = stoppable(request);
  const encoder = await openTextEncoder(config.encoder, downloadOptions(config.encoder, request));
  await openWeights(encoder.folder); // a damaged file is found before the pictures are encoded
  await using runtime = await Runtime.open(runtimeOptions(training));
  const trainSet = await readData(config.data.train, config.data.format, onPreparation);
  const validationSet = await readData(config.data.validation, config.data.format, onPreparation);
  const labels = await labelsOf(config, trainSet.documents);

  const pictureDownload = downloadOptions(config.visual.encoder ?? "", request);
  const channel = await openVisual(runtime, config, encoder, runFolder, pictureDownload);
  const maxLength = Math.min(training.maxLength, maximumLength(encoder.config));
  const exampleOptions = {
    tokenizer: encoder.tokenizer,
    markers: encoder.markers,
    maxLength,
    truncation: training.truncation,
  };
  const prepare = (set: typeof trainSet, captions: string | undefined) =>
    prepareExamples(
      set,
      labels,
      exampleOptions,
      channel && { channel, sources: { captions, pictures: config.data.pictures } },
      "refuse",
      onPreparation,
    );
  const trainData = await prepare(trainSet, config.data.captions.train);
  const validationData = await prepare(validationSet, config.data.captions.validation);
  await channel?.dispose();
  if (channel) requireVisual(trainData.account, channel.saved.label);

  const modelConfig = relationModelConfig({
    relations: [...labels.labels],
    encoder: encoder.configJson as Record<string, unknown>,
    maxLength,
    truncation: training.truncation,
    addedTokens: encoder.markers.addedTokens.length,
    i2srm: i2srmOf(config.model, channel?.objects ?? 0),
    visual: channel?.saved ?? null,
  });
  const visualChannel = visualChannelOf(modelConfig);
  onData?.({ visualChannel, train: trainData.account, validation: validationData.account });
  const graph = graphOptions(modelConfig, withDropout(encoder.config, training.dropout));
  await using model = new RelationModel(runtime, {
    graph,
    padId: encoder.tokenizer.padId,
    groups: {
      weightDecay: training.weightDecay,
      headLearningRateScale: (training.headLearningRate ?? training.learningRate) / training.learningRate,
    },
    trainable: true,
  });
  await initialize(model, encoder, training.seed);
  await using optimizer = model.optimizer(training.accumulation);

  const outcome = await train({
    model,
    optimizer,
    examples: trainData.examples,
    evaluate: async () => runMetrics(await scoreModel(model, validationData.examples, labels)),
    options: {
      seed: training.seed,
      epochs: training.epochs,
      batching: {
        size:
          training.tokenBudget === undefined
            ? { examples: training.batchSize }
            : { tokens: training.tokenBudget, examples: training.batchSize },
      },
      accumulation: training.accumulation,
      learningRate: training.learningRate,
      schedule: { kind: training.schedule, warmupRatio: training.warmupRatio },
      ...(training.maxGradientNorm === undefined ? {} : { maxGradientNorm: training.maxGradientNorm }),
      evaluateEvery: training.evaluateEvery === "epoch" ? "epoch" : { steps: training.evaluateEvery },
      metric: { name: training.metric, mode: "max" },
      ...(training.earlyStopping.enabled
        ? { earlyStopping: { patience: training.earlyStopping.patience } }
        : {}),
    },
    modelFiles: { config: modelConfig, files: await tokenizerFiles(encoder.folder) },
    runFolder,
    resume: resume ?? false,
    ...(signal ? { signal } : {}),
    onProgress: (event) => {
      // The run has taken the folder: now its record may be written.
      if (event.kind === "start") {
        writeFileSync(join(runFolder, DATA_FILE), `${JSON.stringify(dataRecord(), null, 2)}\n`);
      }
      onProgress?.(event);
    },
    // A resumed run whose documents were changed meanwhile says so: its weights are not those of an undisturbed run.
    environment: {
      ...describeEnvironment(runtime.version),
      data: {
        train: fingerprintDocuments(trainData.documents),
        validation: fingerprintDocuments(validationData.documents),
      },
    },
    nameOf: ({ id }) => id,
    activationBytes: (batchTokens) => activationBytes(encoder.config, batchTokens),
  });

  function dataRecord(): Json {
    const describe = ({ documents, account }: typeof trainData) => ({
      fingerprint: fingerprintDocuments(documents),
      statistics: documentStatistics(documents),
      account,
    });
    return JSON.parse(
      JSON.stringify({
        visualChannel,
        relations: labels.labels,
        train: describe(trainData),
        validation: describe(validationData),
        overlap: compareSplits({ train: trainData.documents, validation: validationData.documents }),
      }),
    );
  }
  return {
    status: outcome.status,
    runFolder,
    visualChannel,
    modelFolder: join(runFolder, BEST_MODEL_FOLDER),
    steps: outcome.step,
    best: outcome.best
      ? {
          step: outcome.best.step,
          epoch: outcome.best.epoch,
          metrics: { [training.metric]: outcome.best.value },
        }
      : undefined,
    data: { train: trainData.account, validation: validationData.account },
  };
}

/** Progress that ends the preparation when the signal has come; what pictures' features are cached stays. */
function stoppable({ onPreparation, signal }: TrainRequest): NonNullable<TrainRequest["onPreparation"]> {
  return (progress) => {
    signal?.throwIfAborted();
    onPreparation?.(progress);
  };
}

/** A picture folder or caption file that fits no training example is a wrong path, not a hard data set. */
function requireVisual({ documents, examples, withoutVisual, brokenPictures }: DataAccount, label: string) {
  if (examples === 0 || withoutVisual < examples) return;
  throw new DataError({
    code: "data/no-visual",
    message: `train: none of the ${examples} examples of ${documents.source} has a usable picture or caption (${label}; ${brokenPictures.length} broken picture files)`,
    place: documents.source,
    remedy:
      "Check the folder or file, and that the documents' image names are relative to it, extension included.",
    value: brokenPictures,
  });
}

async function labelsOf(
  config: Config,
  documents: Parameters<typeof relationLabelsOf>[0],
): Promise<LabelSet> {
  const { relations } = config.data;
  if (relations === undefined) return relationLabelsOf(documents);
  return typeof relations === "string" ? readLabelSet(relations) : new LabelSet(relations);
}

function withDropout(encoder: TextEncoderConfig, dropout: number | undefined): TextEncoderConfig {
  return dropout === undefined ? encoder : { ...encoder, hiddenDropout: dropout, attentionDropout: dropout };
}

/** States that one training step keeps per token, roughly: measured on BERT-base at 16 x 64 tokens, rounded up. */
const STATES_PER_LAYER = { hidden: 22, intermediate: 6 };

function activationBytes(
  { layers, hiddenSize, intermediateSize }: TextEncoderConfig,
  batchTokens: number,
): number {
  const perToken =
    layers * (STATES_PER_LAYER.hidden * hiddenSize + STATES_PER_LAYER.intermediate * intermediateSize);
  return 4 * batchTokens * perToken;
}
