// `experiment`: runs a preset over seeds, or resumes it, and returns the table of its results.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { packageFile } from "../base/own-files.ts";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import { settingOf, valueAt } from "../config/fields.ts";
import { absolutePaths, type ConfigSource, resolveConfig } from "../config/load.ts";
import type { ExperimentEvent } from "../experiments/events.ts";
import type { EvaluationSet, NamedConfig, PresetOptions, SweptField } from "../experiments/plan.ts";
import type { ExperimentOutcome } from "../experiments/run-experiment.ts";
import { type ExtensionSource, extensionsWith } from "../extensions/load-extensions.ts";

/** Documents to score every row on, besides the validation documents. */
export interface ExperimentSet {
  /** With several data sets `<data set>/<name>`; `validation`, without a file, changes how the validation documents are scored. */
  readonly name: string;
  readonly file?: string | undefined;
  /** Format of `file`; default: the configuration's. */
  readonly format?: string | undefined;
  /** Folder of the pictures; default: the configuration's. */
  readonly pictures?: string | undefined;
  /** File of captions, for models that read captions. */
  readonly captions?: string | undefined;
  /** File of features, for models that read features. */
  readonly features?: string | undefined;
  /** Store of generated views of these documents, for presets that show some. */
  readonly views?: string | undefined;
}

/** Which comparison to run, and where. Paths are relative to the working folder. */
export interface ExperimentRequest {
  /** Name of a preset (docs/experiments.md), for instance `sweep`. */
  readonly preset: string;
  /** The configuration that the rows change, as plain fields or the path of its file. */
  readonly config: ConfigSource;
  /** Folder of the experiment; one that is there is resumed, or extended by further seeds and rows. */
  readonly out: string;
  /** Training seeds; default 1, 2 and 3, or those of the experiment that is resumed. */
  readonly seeds?: readonly number[] | undefined;
  /** Names of rows or groups to run besides the reference; default all. */
  readonly variants?: readonly string[] | undefined;
  /** Fields to sweep, such as `model.mixup.delta`, with their values; null: the field is absent. */
  readonly fields?: readonly SweptField[] | undefined;
  /** Whether to train every combination of the fields' values instead of each field alone. Default false. */
  readonly cross?: boolean | undefined;
  /** Values for presets over one number. */
  readonly values?: readonly number[] | undefined;
  /** Numbers of rounds (K) to compare. */
  readonly rounds?: readonly number[] | undefined;
  /** Numbers of views (N) to compare. */
  readonly views?: readonly number[] | undefined;
  /** Further documents to score. */
  readonly sets?: readonly ExperimentSet[] | undefined;
  /** Data sets by name, each as the configuration that reads it. */
  readonly datasets?: Readonly<Record<string, ConfigSource>> | undefined;
  /** Stores of generated views: `main`, `other`, or by data set. */
  readonly stores?: Readonly<Record<string, string>> | undefined;
  /** Synthesis plans of the stores that the experiment makes: `main` or `other`. */
  readonly plans?: Readonly<Record<string, string>> | undefined;
  /** For each data set of a transfer, from its labels to shared ones; null leaves a label out. */
  readonly labelMaps?: Readonly<Record<string, Readonly<Record<string, string | null>>>> | undefined;
  /** What remains of a trained model; default `best`. */
  readonly keep?: "results" | "best" | "all" | undefined;
  /** What to do with stages that were made with other settings or inputs; default `refuse`. */
  readonly changed?: "refuse" | "rerun" | "keep" | undefined;
  /** Reference values for the charts, by name. */
  readonly ceilings?: Readonly<Record<string, number>> | undefined;
  /** Resamples of the significance test; default 5000, 0: no test. */
  readonly samples?: number | undefined;
  /** Child processes at a time; default: as many as cores and memory allow. */
  readonly jobs?: number | undefined;
  /** Threads of each; default: cores / jobs. */
  readonly threads?: number | undefined;
  /** Extensions: modules, as paths relative to the working folder or package names. Rows run in processes of their own, so objects are not enough for what rows use. */
  readonly extensions?: readonly ExtensionSource[] | undefined;
  /** Stops after the running steps; the outcome's `status` is then "interrupted", and the same call resumes. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the work is planned, and when each stage begins, writes to its log and ends. */
  readonly onEvent?: ((event: ExperimentEvent) => void) | undefined;
}

const PATH = FIELD.text.optional();
const SET: RequestShape<ExperimentSet> = {
  name: FIELD.text,
  file: PATH,
  format: PATH,
  pictures: PATH,
  captions: PATH,
  features: PATH,
  views: PATH,
};

const REQUEST: RequestShape<ExperimentRequest> = {
  preset: FIELD.text,
  config: FIELD.source,
  out: FIELD.text,
  seeds: z.array(z.int().nonnegative()).min(1).optional(),
  variants: z.array(z.string()).optional(),
  fields: z.array(z.strictObject({ field: z.string(), values: z.array(z.unknown()) })).optional(),
  cross: FIELD.flag.optional(),
  values: z.array(z.number()).optional(),
  rounds: z.array(FIELD.count).optional(),
  views: z.array(FIELD.count).optional(),
  sets: z.array(z.strictObject(SET)).optional(),
  datasets: z.record(z.string(), FIELD.source).optional(),
  stores: z.record(z.string(), FIELD.text).optional(),
  plans: z.record(z.string(), FIELD.text).optional(),
  labelMaps: z.record(z.string(), z.record(z.string(), FIELD.text.nullable())).optional(),
  keep: z.enum(["results", "best", "all"]).optional(),
  changed: z.enum(["refuse", "rerun", "keep"]).optional(),
  ceilings: z.record(z.string(), z.number()).optional(),
  samples: z.int().nonnegative().optional(),
  jobs: FIELD.count.optional(),
  threads: FIELD.count.optional(),
  extensions: FIELD.list.optional(),
  signal: FIELD.signal.optional(),
  onEvent: FIELD.callback.optional(),
};

/**
 * Trains the rows of a preset with every seed, scores them on the same documents, and tests their differences: `relata experiment run` from code.
 *
 * @throws ConfigError `config/bad-request`, `experiment/unknown-preset`, `experiment/other-experiment`, `experiment/changed`, and the codes of the
 * preset; the codes of `loadConfig`
 * @example
 * import { experiment } from "relata";
 *
 * const { results } = await experiment({
 *   preset: "sweep",
 *   config: "relata.config.json",
 *   fields: [{ field: "model.mixup.delta", values: [0.3, 0.9] }],
 *   seeds: [1, 2],
 *   out: "runs/delta",
 * });
 * for (const { variant, mean, comparison } of results.rows) console.log(variant, mean, comparison?.adjustedPValue);
 */
export async function experiment(request: ExperimentRequest): Promise<ExperimentOutcome> {
  requireRequest(REQUEST, request, "the request for an experiment");
  const { extensions, out, seeds, variants, jobs, threads, keep, changed, ceilings, samples, onEvent } =
    request;
  const { signal = new AbortController().signal } = request;
  const { completeOptions } = await import("../experiments/preset-options.ts");
  const { presetNamed } = await import("../experiments/presets/presets.ts");
  const { runExperiment } = await import("../experiments/run-experiment.ts");
  const base = await resolveConfig(request.config, extensions);
  const preset = presetNamed(request.preset, await extensionsWith(extensions, base.extensions));
  return runExperiment({
    preset,
    base,
    options: await completeOptions(preset, base, await givenOptions(request)),
    out,
    seeds,
    variants,
    jobs,
    threads,
    keep,
    onChange: changed,
    ceilings,
    ...(samples === undefined ? {} : { gather: { samples } }),
    program: [process.execPath, fileURLToPath(packageFile("dist/cli/main.js"))],
    extensions,
    signal,
    onEvent,
  });
}

async function givenOptions(
  request: ExperimentRequest,
): Promise<Omit<PresetOptions, "storeFacts" | "layers">> {
  const {
    fields,
    cross,
    values,
    rounds,
    views,
    sets = [],
    datasets = {},
    labelMaps = {},
    extensions,
  } = request;
  const named = Object.entries(datasets).map(
    async ([name, source]): Promise<NamedConfig> => ({
      name,
      config: await resolveConfig(source, extensions),
    }),
  );
  return {
    sets: sets.map(absoluteSet),
    fields: fields?.map(({ field, values: swept }) => ({
      field,
      values: swept.map((value) => valueAt(absolutePaths(settingOf(field, value), resolve(".")), field)),
    })),
    cross,
    values,
    rounds,
    views,
    stores: absolute(request.stores),
    synthesisPlans: absolute(request.plans),
    datasets: await Promise.all(named),
    labelMaps,
  };
}

function absolute(paths: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, resolve(path)]));
}

const SET_PATHS = ["file", "pictures", "captions", "features", "views"] as const;

function absoluteSet(set: ExperimentSet): EvaluationSet {
  const paths = SET_PATHS.flatMap((field) =>
    set[field] === undefined ? [] : [[field, resolve(set[field])]],
  );
  return { ...set, ...Object.fromEntries(paths) };
}
