// Builds the stages: folders and command lines of training, evaluation and shared work.
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import type { ProviderSetting } from "../extractors/shared/runtime-options.ts";
import type { PlaceOf } from "./overrides.ts";
import {
  type Evaluation,
  type EvaluationSet,
  presetError,
  type SharedStage,
  type StageOutput,
} from "./plan.ts";
import type { CommandStage, EvaluateStage, Stage } from "./stage.ts";

/** Files of a stage's folder. */
export const STAGE_FILES = {
  config: "config.json",
  run: "run",
  documents: "documents.jsonl",
  predictions: "predictions.jsonl",
  result: "result.json",
  log: "log.txt",
} as const;

/** Paths of shared stages below the experiment's folder. */
export const SHARED_FOLDER = "shared";

/** Trains a configuration; resumes an earlier attempt. */
export function trainStage(id: string, out: string, needs: readonly string[], config: Config): CommandStage {
  const folder = join(out, id);
  return { kind: "train", id, folder, needs, config, arguments: runArguments("train", folder) };
}

function runArguments(command: string, folder: string): string[] {
  const [config, run] = [join(folder, STAGE_FILES.config), join(folder, STAGE_FILES.run)];
  return [command, "--config", config, "--run", run, "--resume"];
}

export interface EvaluateRequest {
  /** Id of the cell's folder. */
  readonly cell: string;
  /** Id of the training. */
  readonly train: string;
  readonly set: EvaluationSet;
  readonly evaluation: Evaluation;
  readonly config: Config;
  readonly out: string;
  readonly place: PlaceOf;
  /** Stages requested through `place`. */
  readonly needs: ReadonlySet<string>;
}

/** Scores the best weights of a training and writes their predictions. */
export function evaluateStage(request: EvaluateRequest): EvaluateStage {
  const { cell, train, set, evaluation, config, out, place, needs } = request;
  const pathOf = (file: string | StageOutput) => (typeof file === "string" ? file : place(file));
  const name = [evaluation.set, evaluation.condition ?? ""].join(" ").trim();
  const id = `${cell}/evaluate-${name.replaceAll(/[^A-Za-z0-9.]+/g, "-")}`;
  const folder = join(out, id);
  const gold = goldOf(set, evaluation, config, pathOf);
  const { device, library, provider, threads } = config.training;
  const commandLine = [
    "evaluate",
    join(out, train, STAGE_FILES.run, "model-best"),
    gold.file,
    ...["--format", gold.format],
    ...moduleArguments(config),
    ...(gold.format === "conll" ? ["--bio", gold.bio, "--image-extension", gold.imageExtension] : []),
    ...(gold.offsets === undefined ? [] : ["--offsets", gold.offsets]),
    ...visualArguments(set, config),
    ...(evaluation.arguments ?? []).map(pathOf),
    ...["--device", device],
    ...(threads === undefined ? [] : ["--threads", String(threads)]),
    ...(library === undefined ? [] : ["--library", library]),
    ...(provider === undefined ? [] : providerArguments(provider)),
    ...["--predictions", join(folder, STAGE_FILES.predictions)],
    // What the training's own splits share was told before it.
    ...(set.name === "validation" ? ["--allow-training-data"] : []),
    "--json",
  ];
  return { kind: "evaluate", id, folder, needs: [train, ...needs], gold, arguments: commandLine };
}

/** Returns the extension modules of a configuration. */
function moduleArguments({ extensions = [] }: Pick<Config, "extensions">): string[] {
  return extensions.flatMap((module) => ["--extension", module]);
}

function providerArguments({ library, name, precision, options = {} }: ProviderSetting): string[] {
  const settings = Object.entries(options).flatMap(([key, value]) => [
    "--provider-option",
    `${key}=${value}`,
  ]);
  return [
    ...(library === undefined ? [] : ["--provider-library", library]),
    ...(name === undefined ? [] : ["--provider", name]),
    ...(precision === undefined ? [] : ["--provider-precision", precision]),
    ...settings,
  ];
}

function goldOf(
  set: EvaluationSet,
  evaluation: Evaluation,
  { data, visual }: Config,
  pathOf: (file: string | StageOutput) => string,
): EvaluateStage["gold"] {
  const { bio, imageExtension, offsets, noneLabel } = data;
  const folder = visual.kind === "pictures" ? picturesOf(set, data) : undefined;
  const naming = noneLabel === undefined ? {} : { noneLabel };
  const read = { bio, imageExtension, ...naming, ...(folder === undefined ? {} : { pictures: folder }) };
  // Files that stages write count UTF-16 code units.
  if (evaluation.file !== undefined) return { file: pathOf(evaluation.file), format: "relata", ...read };
  const unit =
    offsets !== undefined && (set.file === undefined || typeof set.file === "string") ? { offsets } : {};
  if (set.file === undefined) return { file: data.validation, format: data.format, ...read, ...unit };
  return { file: pathOf(set.file), format: set.format ?? data.format, ...read, ...unit };
}

function picturesOf(set: EvaluationSet, data: Config["data"]): string | undefined {
  return set.pictures ?? data.pictures;
}

/** Returns the options that make the set's pictures visible to a model of this configuration. */
function visualArguments(set: EvaluationSet, { method, visual, data }: Config): string[] {
  switch (visual.kind) {
    case "none":
      return [];
    case "pictures": {
      const pictures = picturesOf(set, data);
      return pictures === undefined ? [] : ["--pictures", pictures];
    }
    case "features":
      return set.features === undefined ? [] : ["--features", set.features];
    case "captions": {
      const { train, validation } = data.captions;
      const own = set.file === undefined || train === validation ? validation : undefined;
      const captions = set.captions ?? own;
      if (captions !== undefined) return ["--captions", captions];
      if (method === "mi2rage") return []; // such a student also reads its real modality on its own
      throw presetError(
        "experiment/no-captions",
        `the models read captions, but the evaluation set "${set.name}" has none`,
        `Name them: --evaluate ${set.name}=<file>,captions=<file>.`,
        set.name,
      );
    }
    default:
      return visual.kind satisfies never;
  }
}

/** Work that several cells share, in its folder. */
export function sharedStageOf(
  made: SharedStage,
  at: Pick<Stage, "id" | "folder" | "needs">,
  {
    config,
    base,
    seed,
  }: { readonly config: Config | undefined; readonly base: Config; readonly seed: number },
): Stage {
  switch (made.kind) {
    case "shuffle-images":
      return { ...at, kind: "derive", made, data: base.data, seed };
    case "map-labels":
      return { ...at, kind: "derive", made, data: made.data, seed: 0 };
    case "score-views":
      return { ...at, kind: "score-views", config, arguments: runArguments("score-views", at.folder) };
    case "synthesize": {
      const store = join(at.folder, STAGE_FILES.run);
      const commandLine = ["synthesize", made.plan, "--store", store, ...moduleArguments(base)];
      return { ...at, kind: "synthesize", config: undefined, arguments: commandLine };
    }
    default:
      return made satisfies never;
  }
}
