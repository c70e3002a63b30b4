// Collects what is known about a bundle or a model from its files, for its card and for a server.

import { basename, join, resolve } from "node:path";
import { weightsFingerprint } from "../../encoders/weights-fingerprint.ts";
import type { Thresholds } from "../../evaluation/thresholds.ts";
import { readCategoryModelConfig } from "../../extractors/category/model-config.ts";
import { readEntityModelConfig } from "../../extractors/entity/model-config.ts";
import { readRelationModelConfig } from "../../extractors/relation/model-config.ts";
import { BUNDLE_PARTS } from "../../extractors/shared/bundle-parts.ts";
import type { Calibration } from "../../extractors/shared/calibration.ts";
import { readCalibration } from "../../extractors/shared/calibration-file.ts";
import type { Measurement } from "../../extractors/shared/measured-scores.ts";
import { type ModelKind, modelKindOf } from "../../extractors/shared/saved-config.ts";
import { readThresholds } from "../../extractors/shared/thresholds-file.ts";
import { readTrainingRecord, type TrainingRecord } from "../../extractors/shared/training-record.ts";
import { type Bundle, readBundle } from "../bundle.ts";
import { readCard, recordedScores, type Stated } from "./card-record.ts";

/** One model of the folder. */
export interface ModelFacts {
  readonly kind: ModelKind;
  /** Entity types, relations ("None" included) or categories. */
  readonly labels: readonly string[];
  /** Maximum number of subword tokens that it reads at once. */
  readonly maxLength: number;
  /** What it sees besides the text; undefined for a text-only model. */
  readonly visual: string | undefined;
  /** SHA-256 of its weights. */
  readonly weights: string;
  readonly calibration: Calibration | undefined;
  readonly thresholds: Thresholds | undefined;
  /** Undefined for a model of an earlier version. */
  readonly record: TrainingRecord | undefined;
}

/** A bundle or a model. */
export interface CardFacts {
  /** The folder's name. */
  readonly name: string;
  readonly stated: Stated;
  readonly models: readonly ModelFacts[];
  /** Undefined for a single model. */
  readonly bundle: Bundle | undefined;
  /** Scores on the validation documents of each model's training, then the recorded ones. */
  readonly measured: readonly Measurement[];
}

/** @throws DataError `data/not-a-model`, `data/bad-bundle`, `data/bad-card`, `data/bad-run-record`, `data/bad-calibration`, `data/bad-thresholds` */
export async function cardFacts(folder: string, name: string = cardName(folder)): Promise<CardFacts> {
  const bundle = await readBundle(folder);
  const kinds: readonly ModelKind[] =
    bundle === undefined
      ? [await modelKindOf(folder)]
      : ["entity", "relation", ...(bundle.categories ? (["category"] as const) : [])];
  const models = await Promise.all(
    kinds.map((kind) => modelFacts(kind, bundle === undefined ? folder : join(folder, BUNDLE_PARTS[kind]))),
  );
  const { license, languages, datasets } = await readCard(folder);
  return {
    name,
    stated: { license, languages, datasets },
    models,
    bundle,
    measured: await measuredScores(folder, models),
  };
}

/** Returns every score on record for a bundle or a model; empty if there is none. @throws the codes of `cardFacts` */
export async function scoresOnRecord(folder: string): Promise<readonly Measurement[]> {
  const bundle = await readBundle(folder);
  const parts =
    bundle === undefined ? [folder] : Object.values(BUNDLE_PARTS).map((part) => join(folder, part));
  const records = await Promise.all(parts.map(readTrainingRecord));
  return measuredScores(
    folder,
    records.map((record) => ({ record })),
  );
}

async function measuredScores(
  folder: string,
  models: readonly Pick<ModelFacts, "record">[],
): Promise<readonly Measurement[]> {
  const own = models.flatMap(({ record }) => (record === undefined ? [] : [record.measured]));
  return [...own, ...(await recordedScores(folder, await readCard(folder)))];
}

/** "model-best" names no model: its run does. */
export function cardName(folder: string): string {
  const path = resolve(folder);
  const name = basename(path);
  return name === "model-best" || name === "model-last" || name === "bundle"
    ? basename(resolve(path, ".."))
    : name;
}

async function modelFacts(kind: ModelKind, folder: string): Promise<ModelFacts> {
  const calibration = await readCalibration(folder);
  return {
    kind,
    ...(await configOf(kind, folder)),
    weights: await weightsFingerprint(folder),
    calibration,
    thresholds: await readThresholds(folder, calibration),
    record: await readTrainingRecord(folder),
  };
}

async function configOf(kind: ModelKind, folder: string) {
  switch (kind) {
    case "entity": {
      const { entityTypes: labels, maxLength, visual } = await readEntityModelConfig(folder);
      return { labels, maxLength, visual: visual?.label };
    }
    case "relation": {
      const { relations: labels, maxLength, visual } = await readRelationModelConfig(folder);
      return { labels, maxLength, visual: visual?.label };
    }
    case "category": {
      const { categories: labels, maxLength, visual } = await readCategoryModelConfig(folder);
      return { labels, maxLength, visual: visual?.label };
    }
    default:
      return kind satisfies never;
  }
}
