// Puts together the record that stays with a trained model.

import { basename } from "node:path";
import { packageVersion } from "../../base/package-version.ts";
import { sha256 } from "../../base/sha256.ts";
import type { Config } from "../../config/schema.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import { documentStatistics, fingerprintDocuments } from "../../data/fingerprint.ts";
import type { SplitOverlap } from "../../data/split-comparison.ts";
import { scriptShares } from "../../data/writing-systems.ts";
import { combinedFingerprint } from "../../encoders/onnx-file.ts";
import { tokenizerFiles } from "../../encoders/text-encoder.ts";
import { weightsFingerprint } from "../../encoders/weights-fingerprint.ts";
import type { VisualChannelName } from "../../visual/visual-channel.ts";
import { type ScoreTable, scoresOfAnswers } from "./measured-scores.ts";
import type { ProviderAccount } from "./provider-account.ts";
import { textDigests } from "./seen-texts.ts";
import { isHubId, portableSettings, settingsFingerprint, type TrainingRecord } from "./training-record.ts";
import type { ModelSetting, PreparedSet } from "./training-task.ts";
import type { ValidationPredictions } from "./validation-predictions.ts";

/** sha256 of the tokenizer and of the weights in an encoder's folder. @throws EncoderError the codes of `weightFiles` */
export async function startFingerprints(folder: string) {
  const files = Object.entries(await tokenizerFiles(folder)).map(
    ([name, content]) => `${name} ${sha256(content)}`,
  );
  return { tokenizer: combinedFingerprint(files), encoder: await weightsFingerprint(folder) };
}

/** A finished training: its data, settings, and the answers of its best weights on the validation documents. */
export interface FinishedTraining {
  readonly config: Config;
  readonly setting: Pick<ModelSetting, "maxLength">;
  readonly visualChannel: VisualChannelName;
  readonly overlap: readonly SplitOverlap[];
  readonly startedFrom: Awaited<ReturnType<typeof startFingerprints>>;
  /** `epoch` counts from 0. */
  readonly best: { readonly epoch: number; readonly step: number };
  readonly answers: ValidationPredictions;
  /** Undefined without a plugin provider. */
  readonly provider?: ProviderAccount | undefined;
  readonly train: Prepared;
  readonly validation: Prepared;
}
type Prepared = Pick<PreparedSet<unknown>, "documents" | "account">;

const SCORED: Readonly<Record<Config["task"], ScoreTable["of"]>> = {
  mner: "entities",
  mre: "relations",
  classification: "categories",
};

/** The contents of the record. */
export function trainingRecord(finished: FinishedTraining): TrainingRecord {
  const { config, setting, visualChannel, overlap, startedFrom, best, answers, provider } = finished;
  const settings = portableSettings(config);
  const [train, validation] = [splitOf(finished.train), splitOf(finished.validation)];
  const { documents } = finished.validation;
  const { source, fingerprint } = validation;
  const known = new Set(trainTexts(finished.train));
  return {
    format: "relata-training-record",
    version: 1,
    relata: packageVersion(),
    task: config.task,
    visualChannel,
    encoder: config.encoder === undefined ? null : nameOf(config.encoder),
    baseModel: config.encoder !== undefined && isHubId(config.encoder) ? config.encoder : null,
    maxLength: setting.maxLength,
    train,
    validation,
    sharedTexts: overlap.reduce((sum, { texts, similarTexts }) => sum + texts.length + similarTexts, 0),
    scripts: scriptShares(finished.train.documents),
    fingerprints: { ...startedFrom, configuration: settingsFingerprint(settings) },
    configuration: settings,
    best: { epoch: best.epoch + 1, step: best.step },
    ...(provider === undefined ? {} : { provider }),
    measured: {
      data: { source, fingerprint, documents: documents.length },
      split: "validation",
      trained: documents.filter((document) => known.has(textDigests([document]))).length,
      scores: [scoresOfAnswers(SCORED[config.task], answers, documentClusters(documents))],
    },
  };
}

function trainTexts({ documents }: Prepared): string[] {
  return documents.map((document) => textDigests([document]));
}

function nameOf(encoder: string): string {
  return isHubId(encoder) ? encoder : basename(encoder);
}

function splitOf({ documents, account }: Prepared): TrainingRecord["train"] {
  return {
    source: basename(account.documents.source),
    fingerprint: fingerprintDocuments(documents),
    texts: textDigests(documents),
    documents: documents.length,
    examples: account.examples,
    truncated: account.truncated,
    withoutVisual: account.withoutVisual,
    statistics: documentStatistics(documents),
  };
}
