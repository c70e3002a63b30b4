// Parses an unchecked value into a configuration; errors name the path, the value and the allowed values.
import { deepMerge } from "../base/deep-merge.ts";
import { ConfigError } from "../base/errors.ts";
import { type Fields, isFields } from "../base/fields.ts";
import { checkShape, VALUES_SHOWN } from "../base/schema-issues.ts";
import { formatNames } from "../data/readers.ts";
import { Extensions, requireOwnNames } from "../extensions/extension.ts";
import { checkTogether } from "./contradictions.ts";
import { PUBLISHED } from "./published.ts";
import {
  type BothConfig,
  type Config,
  configSchema,
  METHODS,
  PUBLISHED_EMISSION_WIDTH,
  runSchema,
  TASK_DEFAULTS,
  TASK_SECTIONS,
} from "./schema.ts";

/** The place of a configuration that comes only from options. */
export const COMMAND_LINE = "the command line";

/**
 * Parses the configuration of one model from any value, fills in defaults and leaves paths unchanged. `place` is its file or option; error
 * messages begin with it.
 *
 * @param extensions extensions that a format or method may name, in addition to relata's own
 * @throws ConfigError `config/invalid` with one line per fault, `config/contradiction` if fields exclude each other, `config/two-models` if
 * the task is `both`; ExtensionError `extension/name-taken`
 * @example
 * import { parseConfig } from "relata";
 *
 * const { training } = parseConfig({ encoder: "roberta", data: { train: "a.jsonl", validation: "b.jsonl" } });
 * console.log(training.learningRate); // the default
 */
export function parseConfig(
  value: unknown,
  place = "config",
  extensions: Extensions = Extensions.NONE,
): Config {
  return requireOneModel(parseLayers([value], place, extensions), place);
}

/** Refuses the task `both` where the settings of one model are needed. @throws ConfigError `config/two-models` */
export function requireOneModel(config: Config | BothConfig, place: string): Config {
  if (config.task !== "both") return config;
  throw new ConfigError({
    code: "config/two-models",
    message: 'task is "both", but this needs the configuration of one model',
    place,
    remedy:
      'Set task to "mner", "mre" or "classification" (--task); `relata train` and `train` accept "both".',
  });
}

/**
 * Parses a configuration given in layers, for one model or, with the task `both`, for two. A later layer overrides the earlier ones; in each,
 * the section of a task overrides the rest.
 *
 * @throws ConfigError as `parseConfig`, without `config/two-models`
 */
export function parseLayers(
  layers: readonly [base: unknown, ...over: readonly Fields[]],
  place: string,
  extensions: Extensions,
): Config | BothConfig {
  const [given, ...later] = layers;
  const first = withStartingEncoder(given, later);
  const whole = isFields(first) ? merged(first, later) : first;
  const checked = checkShape(configSchema, whole, SHAPE);
  if (!checked.success) throw invalid(checked.faults, whole, place);
  const { task } = checked.data;
  const parse = (one: Config["task"], where: string) =>
    parseOne(settingsOfTask([first as Fields, ...later], one, task === "both"), where, extensions); // its shape was checked
  if (task !== "both") return parse(task, place);
  return {
    task,
    entities: parse("mner", `${place}, for entities`),
    relations: parse("mre", `${place}, for relations`),
  };
}

const merged = (first: Fields, later: readonly Fields[]): Fields =>
  later.reduce<Fields>((whole, layer) => deepMerge(whole, layer), first);

/** Names the model that a run starts from as its encoder, if no layer names one: the model has its encoder inside. */
function withStartingEncoder(first: unknown, later: readonly Fields[]): unknown {
  if (!isFields(first)) return first;
  const { from, encoder } = merged(first, later);
  return from === undefined || encoder !== undefined ? first : { ...first, encoder: from };
}

/** What a user could have written to get these settings: fields that both models share, and a section for each. */
export function writtenBoth({ task, entities, relations }: BothConfig): Fields {
  const names = [...new Set([...Object.keys(entities), ...Object.keys(relations)])].filter(
    (name) => name !== "task",
  ) as (keyof Config)[];
  const isShared = (name: keyof Config) => JSON.stringify(entities[name]) === JSON.stringify(relations[name]);
  const part = (config: Config, holds: (name: keyof Config) => boolean) =>
    Object.fromEntries(
      names.filter((name) => holds(name) && config[name] !== undefined).map((name) => [name, config[name]]),
    );
  return {
    task,
    ...part(entities, isShared),
    entities: part(entities, (name) => !isShared(name) && !(name in ONLY_RELATIONS)),
    relations: part(relations, (name) => !isShared(name)),
  };
}

/** Fields that have no meaning for entities. */
const ONLY_RELATIONS = { method: null, synthesis: null } as const;

/** The value that the layers make for one task; with `both`, without shared fields that only the other task has. */
function settingsOfTask(layers: readonly Fields[], task: Config["task"], both: boolean): Fields {
  const foreign = task === "mner" ? ONLY_RELATIONS : { training: { taggerLearningRate: null } };
  const settings = layers.reduce<Fields>((merged, layer, at) => {
    const { entities, relations, ...common } = layer;
    const own = task === "classification" ? undefined : { entities, relations }[TASK_SECTIONS[task]];
    const options = { nulls: at === 0 ? "keep" : "remove" } as const;
    const shared = deepMerge(
      merged,
      both ? deepMerge(common, foreign, { nulls: "remove" }) : common,
      options,
    );
    if (!isFields(own)) return shared;
    return {
      ...deepMerge(shared, own, options),
      ...(own.visual === undefined ? {} : { visual: own.visual }),
    };
  }, {});
  return { ...settings, task };
}

/** Parses the settings of one model, whose shape has been checked. */
function parseOne(value: Fields, place: string, extensions: Extensions): Config {
  const parsed = checkShape(runSchema, withDefaults(value), SHAPE);
  if (!parsed.success) throw invalid(parsed.faults, value, place);
  const unknown = unknownNames(parsed.data, extensions);
  if (unknown.length > 0) throw invalid(unknown, value, place);
  checkKindIsSaid(value, place);
  checkTogether(parsed.data, place);
  return parsed.data;
}

const SHAPE = { whole: "the configuration", wording: VALUES_SHOWN } as const;

function invalid(faults: readonly string[], value: unknown, place: string): ConfigError {
  return new ConfigError({
    code: "config/invalid",
    message:
      faults.length === 1
        ? `${faults[0]}`
        : `${faults.length} faults:\n${faults.map((fault) => `    ${fault}`).join("\n")}`,
    place,
    remedy: place.startsWith(COMMAND_LINE)
      ? "Give these fields with their options (`relata train --help`), with --set, or in a file with --config. docs/configuration.md lists every field."
      : "Fix the fields named above; docs/configuration.md lists every field with its legal values.",
    value,
  });
}

/** Unknown names of formats and methods: in neither relata nor an extension. */
function unknownNames({ method, data }: Config, extensions: Extensions): string[] {
  const readers = extensions.of("relation-reader");
  requireOwnNames(readers, METHODS);
  const known = [
    ["method", method, [...METHODS, ...readers.map(({ name }) => name)]],
    ["data.format", data.format, formatNames(extensions)],
  ] as const;
  return known.flatMap(([field, name, legal]) =>
    legal.includes(name)
      ? []
      : [
          `${field}: expected ${legal.map((one) => JSON.stringify(one)).join(" or ")} or a name from extensions, got ${JSON.stringify(name)}`,
        ],
  );
}

/** The value with the defaults that its task and its preset give to fields that it leaves out. */
function withDefaults(value: Fields): Fields {
  const task = value.task as Config["task"]; // settingsOfTask sets it
  const under = isOfEarlierVersion(value)
    ? meaningEarlier(value)
    : value.preset === "published"
      ? publishedFor(task)
      : ownDefaults(task, value);
  const entityStudent = task === "mner" && value.method === "mi2rage" ? TAGS_ATTEND : {};
  return deepMerge(deepMerge(under, entityStudent), value, { nulls: "keep" });
}

/** The tags of a student read views and text together. */
const TAGS_ATTEND: Fields = { synthesis: { combination: "attention" } };

/** The published values; the papers have none for categories, which `checkTogether` refuses. */
function publishedFor(task: Config["task"]): Fields {
  return task === "classification" ? {} : PUBLISHED[task];
}

function ownDefaults(task: Config["task"], value: Fields): Fields {
  const defaults = TASK_DEFAULTS[task];
  if (task !== "mner" || (attends(value) && value.method !== "mi2rage")) return defaults;
  return deepMerge(defaults, { model: { tagging: { emissionWidth: PUBLISHED_EMISSION_WIDTH } } });
}

/**
 * Whether a run of an earlier version of relata has saved this configuration: it has every field that had a default then, and lacks one that
 * later versions always save.
 */
function isOfEarlierVersion({ training }: Fields): boolean {
  if (!isFields(training) || training.keep !== undefined) return false;
  return EARLIER_FIELDS.every((field) => training[field] !== undefined);
}

const EARLIER_FIELDS = [
  ...["epochs", "batchSize", "learningRate", "warmupRatio", "schedule", "weightDecay", "accumulation"],
  ...["frozenLayers", "maxLength", "truncation", "evaluateEvery", "metric", "earlyStopping", "seed"],
];

/** What fields that it leaves out meant in an earlier version. */
function meaningEarlier({ task, training }: Fields): Fields {
  const { learningRate, headLearningRate = learningRate } = training as Fields;
  const tagger = task === "mner" ? { taggerLearningRate: headLearningRate } : {};
  const model = task === "mner" ? { model: { mixup: { rows: "all" } } } : {};
  return { ...model, training: { headLearningRate, ...tagger, maxGradientNorm: "none" } };
}

/** Whether the value keeps the attention across samples on. */
function attends({ model }: Fields): boolean {
  return !(isFields(model) && isFields(model.attention) && model.attention.enabled === false);
}

/** Pictures, captions or encoders that are named but unused, because no setting enables them. */
function checkKindIsSaid(value: unknown, place: string): void {
  const { data, visual = {} } = value as { readonly data: Fields; readonly visual?: Fields };
  if (visual.kind !== undefined) return;
  const named = [
    ...(data.pictures === undefined ? [] : ["data.pictures"]),
    ...(isFields(data.captions) && Object.keys(data.captions).length > 0 ? ["data.captions"] : []),
    ...Object.entries(visual).flatMap(([key, inner]) => (inner === undefined ? [] : [`visual.${key}`])),
  ];
  if (named.length === 0) return;
  throw new ConfigError({
    code: "config/contradiction",
    message: `${named.join(", ")} ${named.length === 1 ? "is" : "are"} set, but visual.kind is not: only the texts would be read`,
    place,
    remedy:
      'Set visual.kind to "pictures", "captions" or "features" (--pictures, --captions, --features), or to "none" to read only the texts.',
  });
}
