// Trains a round's model on all documents that are labelled so far.
import { deepMerge } from "../base/deep-merge.ts";
import { type Fields, isFields } from "../base/fields.ts";
import { resolveTrainConfig } from "../config/load.ts";
import type { BothConfig, Config, ConfigInput } from "../config/schema.ts";
import type { Document } from "../data/document.ts";
import { relationLabelsOf } from "../data/labels.ts";
import type { ExtensionSource } from "../extensions/load-extensions.ts";
import { trainBoth, trainOne } from "../extract/both/train-both.ts";
import { entityTypesOf } from "../extractors/entity/examples.ts";
import { trainedOptions } from "../extractors/shared/runtime-options.ts";
import type { RoundModel } from "./measure-pool.ts";
import type { ActiveTask } from "./questions.ts";
import type { ActiveRequest } from "./request.ts";
import type { RoundFiles, RunFiles } from "./run-files.ts";

/** The files of a round, and every labelled document that is known: their labels are those of the model. */
export interface TrainRound {
  readonly files: RoundFiles;
  readonly run: RunFiles;
  readonly config: ConfigInput;
  readonly labelled: readonly Document[];
  readonly scoring: readonly Document[];
  readonly extensions: readonly ExtensionSource[] | undefined;
}

/** The configuration of a round. */
export async function roundConfig({
  files,
  run,
  config,
  labelled,
  scoring,
  extensions,
}: TrainRound): Promise<Config | BothConfig> {
  const known = [...labelled, ...scoring];
  const given: Fields = isFields(config.data) ? config.data : {};
  const data = {
    ...LEFT_TO_THE_RUN,
    train: files.train,
    validation: run.validation,
    format: "relata",
    ...(given.relations === undefined ? { relations: [...relationLabelsOf(known)] } : {}),
    ...(given.entityTypes === undefined ? { entityTypes: entityTypesOf(known) } : {}),
  };
  const merged = deepMerge({ cache: run.cache, ...config }, { data: withoutUnused(data, config.task) });
  return resolveTrainConfig(merged as unknown as ConfigInput, extensions);
}

/** How the user's files are read; the run's own files are documents of relata. */
const LEFT_TO_THE_RUN = { offsets: null, bio: null, imageExtension: null, noneLabel: null } as const;

/** A list of labels without a label would be refused, and one task does not know those of the other. */
function withoutUnused(data: Readonly<Record<string, unknown>>, task: ConfigInput["task"]) {
  const { relations, entityTypes, ...rest } = data;
  const some = (list: unknown) => Array.isArray(list) && list.length > 0;
  return {
    ...rest,
    ...(some(relations) && task !== "mner" ? { relations } : {}),
    ...(some(entityTypes) && (task === "mner" || task === "both") ? { entityTypes } : {}),
  };
}

/** Trains, or continues where it was stopped. Undefined if it was interrupted. */
export async function trainRound(
  round: TrainRound,
  { signal, extensions, onPreparation }: ActiveRequest,
): Promise<RoundModel | undefined> {
  const config = await roundConfig(round);
  const request = { runFolder: round.files.run, resume: true, signal, extensions, onPreparation };
  if (config.task === "both") {
    const { bundle, entities } = await trainBoth({ ...request, config, extensions: undefined });
    if (bundle === undefined) return undefined;
    return { ...modelAt(bundle, config.relations), entityFolder: entities.modelFolder };
  }
  const { status, modelFolder } = await trainOne({ ...request, config, extensions: undefined });
  if (status === "interrupted" || modelFolder === undefined) return undefined;
  return modelAt(modelFolder, config);
}

/** How a trained model is loaded. */
function modelAt(folder: string, { training, visual, data, method, cache }: Config): RoundModel {
  const frozenStates = method === "mi2rage" ? { layers: training.frozenLayers, cache } : undefined;
  return {
    folder,
    options: { ...trainedOptions(training), ...(frozenStates && { frozenStates }) },
    pictures: visual.kind === "pictures" ? data.pictures : undefined,
  };
}

/** The task of a configuration. */
export function taskOf({ task = "mre" }: ConfigInput): ActiveTask | "classification" {
  return task;
}
