// Parses an unchecked value into a configuration; errors name the path, the value and the allowed values.
import { deepMerge } from "../base/deep-merge.ts";
import { ConfigError } from "../base/errors.ts";
import { type Fields, isFields } from "../base/fields.ts";
import { checkShape, VALUES_SHOWN } from "../base/schema-issues.ts";
import { formatNames } from "../data/readers.ts";
import { Extensions, requireOwnNames } from "../extensions/extension.ts";
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

/** Rules between fields, which the schema cannot express. */
function checkTogether(config: Config, place: string): void {
  const fault = (message: string, remedy: string): never => {
    throw new ConfigError({ code: "config/contradiction", message, place, remedy });
  };
  const { visual, data } = config;
  // A student may train without the document's picture or caption.
  const needsOwn = config.method !== "mi2rage";
  if (visual.kind === "pictures") {
    if (visual.encoder === undefined)
      fault(
        'visual.kind is "pictures", but visual.encoder is missing',
        "Name a picture encoder in visual.encoder: the folder of a ResNet, a hub id, or a .json file that describes an ONNX encoder.",
      );
    if (needsOwn && data.pictures === undefined)
      fault(
        'visual.kind is "pictures", but data.pictures is missing',
        "Name the folder of the pictures in data.pictures.",
      );
  }
  if (config.task === "mner" && config.training.metric === "accuracy")
    fault(
      'training.metric is "accuracy", but task is "mner"',
      "Accuracy is not defined for entities: choose micro_f1 or macro_f1.",
    );
  if (visual.kind !== "pictures" && visual.detector !== undefined)
    fault(
      `visual.detector is set, but visual.kind is "${visual.kind}"`,
      'A detector needs pixels: set visual.kind to "pictures", or remove visual.detector.',
    );
  if (visual.kind !== "pictures" && visual.encoder !== undefined)
    fault(
      `visual.encoder is set, but visual.kind is "${visual.kind}"`,
      'A picture encoder needs pixels: set visual.kind to "pictures", or remove visual.encoder.',
    );
  if (visual.kind !== "pictures" && visual.stages !== undefined)
    fault(
      `visual.stages is set, but visual.kind is "${visual.kind}"`,
      visual.kind === "features"
        ? "The maps of a features file are not divided into stages: write the wanted stages into the file, and remove visual.stages."
        : 'Stages are those of a picture encoder: set visual.kind to "pictures", or remove visual.stages.',
    );
  if ((visual.kind === "none" || visual.kind === "captions") && visual.features !== undefined)
    fault(
      `visual.features is set, but visual.kind is "${visual.kind}"`,
      'Set visual.kind to "features" to use maps computed elsewhere, or remove visual.features.',
    );
  if (config.task !== "mner" && config.training.taggerLearningRate !== undefined)
    fault(
      `training.taggerLearningRate is set, but task is "${config.task}"`,
      `${config.task === "mre" ? "Relation" : "Category"} models have no tagger: set training.headLearningRate, or remove training.taggerLearningRate.`,
    );
  if (config.task === "classification" && config.preset !== undefined)
    fault(
      `preset is "${config.preset}", but task is "classification"`,
      "The papers have no values for this task: remove preset.",
    );
  if (visual.kind === "features" && visual.features === undefined)
    fault(
      'visual.kind is "features", but visual.features is missing',
      "Name the safetensors file of maps and class scores in visual.features.",
    );
  if (
    needsOwn &&
    visual.kind === "captions" &&
    (data.captions.train === undefined || data.captions.validation === undefined)
  )
    fault(
      'visual.kind is "captions", but data.captions.train or data.captions.validation is missing',
      "Name a caption file for both splits: a model trained with captions is also scored with captions.",
    );
  checkCrops(config, fault);
  checkMixup(config, fault);
  checkMethod(config, fault);
  if (config.training.tokenBudget !== undefined && config.training.tokenBudget < config.training.maxLength)
    fault(
      `training.tokenBudget (${config.training.tokenBudget}) is below training.maxLength (${config.training.maxLength})`,
      "Give a budget of at least one text of the maximum length.",
    );
}

/** Refuses a prefix of crops only where there are none. */
function checkCrops(
  { method, visual, model }: Config,
  fault: (message: string, remedy: string) => never,
): void {
  if (model.prefix.wholePicture) return;
  const without = noCrops(method, visual, model);
  if (without === undefined) return;
  fault(
    `model.prefix.wholePicture is false, but ${without}: the prefix would show nothing`,
    "Set model.prefix.wholePicture to true, or give crops: visual.kind `pictures` with visual.detector, or `features` with crops in the file, and model.objects of 1 or more.",
  );
}

/** Why a model has no crops, as far as its configuration says. */
function noCrops(method: string, visual: Config["visual"], { objects }: Config["model"]): string | undefined {
  if (method !== "i2srm") return `method is "${method}", which looks at whole pictures`;
  if (visual.kind === "none" || visual.kind === "captions") return `visual.kind is "${visual.kind}"`;
  if (visual.kind === "pictures" && visual.detector === undefined) return "there is no visual.detector";
  return objects === 0 ? "model.objects is 0" : undefined;
}

/** Refuses shares of a pool where there is none. */
function checkMixup({ model }: Config, fault: (message: string, remedy: string) => never): void {
  const { rows, enabled, ...shares } = model.mixup;
  if (!enabled || rows !== "all") return;
  const plain = runSchema.shape.model.parse({}).mixup;
  const changed = (["delta", "unmixedShare"] as const).filter((name) => shares[name] !== plain[name]);
  if (changed.length === 0) return;
  const what = changed.map((name) => `model.mixup.${name} (${shares[name]})`).join(" and ");
  fault(
    `${what} cannot have an effect: model.mixup.rows is "all", so every row is mixed`,
    'Set model.mixup.rows to "pool" to mix the rows that these shares select, or leave the shares out.',
  );
}

/** Rules for a student that reads texts made from the real texts. */
function checkAugmented(
  { synthesis, visual }: Config,
  fault: (message: string, remedy: string) => never,
): void {
  const { real, use, rounds, selection } = synthesis;
  const others = [
    ...(real === "text" ? [] : [`synthesis.real is "${real}"`]),
    ...(use === "synthetic" ? [] : [`synthesis.use is "${use}"`]),
    ...(rounds === undefined || rounds === 1 ? [] : [`synthesis.rounds is ${rounds}`]),
    ...(visual.kind === "none" ? [] : [`visual.kind is "${visual.kind}"`]),
    ...(selection.reads === "view" ? [] : [`synthesis.selection.reads is "${selection.reads}"`]),
  ];
  if (others.length === 0) return;
  fault(
    `synthesis.augmentedShare is set, so that texts are read in place of the real ones, but ${others.join(" and ")}`,
    'Set visual.kind to "none" and leave the other fields at their defaults, or remove synthesis.augmentedShare.',
  );
}

/** Rules for the student that is trained from one modality, and for settings that only it has. */
function checkMethod(config: Config, fault: (message: string, remedy: string) => never): void {
  const { method, task, visual, data, synthesis, training, model } = config;
  if (method !== "mi2rage") {
    if (method !== "i2srm" && task !== "mre")
      fault(`method is "${method}", but task is "${task}"`, 'Set task to "mre".');
    if (method !== "i2srm" && visual.detector !== undefined)
      fault(
        `visual.detector is set, but method is "${method}"`,
        "A relation reader looks at whole pictures: remove visual.detector.",
      );
    if (synthesis.store !== undefined)
      fault(
        `synthesis.store is set, but method is "${method}"`,
        'Set method to "mi2rage" to train with generated views, or remove synthesis.store.',
      );
    if (synthesis.augmentedShare !== undefined)
      fault(
        `synthesis.augmentedShare is set, but method is "${method}"`,
        'Set method to "mi2rage" to train on augmented texts, or remove synthesis.augmentedShare.',
      );
    if (synthesis.mixupAlpha !== undefined)
      fault(
        `synthesis.mixupAlpha is set, but method is "${method}"`,
        "I2SRM mixes with model.mixup: set model.mixup.alpha, or remove synthesis.mixupAlpha.",
      );
    if (training.frozenLayers > 0)
      fault(
        `training.frozenLayers is set, but method is "${method}"`,
        "The visual prefix reaches every text layer, so no layer can be computed in advance: set training.frozenLayers to 0.",
      );
    return;
  }
  if (task === "classification")
    fault(`method is "mi2rage", but task is "${task}"`, 'Set task to "mre" or "mner".');
  if (task === "mner") checkEntityStudent(config, fault);
  if (visual.kind === "features")
    fault(
      'method is "mi2rage", but visual.kind is "features"',
      "There are no features computed elsewhere for generated views: choose pictures or captions.",
    );
  if (visual.detector !== undefined)
    fault(
      'visual.detector is set, but method is "mi2rage"',
      "The student reads whole pictures: remove visual.detector.",
    );
  if (model.fusion.width % model.fusion.heads !== 0)
    fault(
      `model.fusion.width (${model.fusion.width}) is not divisible by model.fusion.heads (${model.fusion.heads})`,
      "Choose a width that is a multiple of the number of heads.",
    );
  checkSelection(synthesis.selection, fault);
  const { use, store, real, rounds, asManyAsRounds } = synthesis;
  if (asManyAsRounds !== undefined && rounds !== undefined && asManyAsRounds > rounds)
    fault(
      `synthesis.asManyAsRounds is ${asManyAsRounds}, but synthesis.rounds is ${rounds}`,
      "Set it to at most synthesis.rounds.",
    );
  const views = rounds !== 0;
  if (real === "picture" && use !== "real" && views && data.negatives !== "auto" && data.negatives !== "none")
    fault(
      `data.negatives is ${JSON.stringify(data.negatives)}, but synthesis.real is "picture"`,
      'Texts were generated for the annotated pairs only: annotate pairs as "None" before `relata synthesize`, and remove data.negatives.',
    );
  if (use !== "real" && views && store === undefined)
    fault(
      `synthesis.use is "${use}", but synthesis.store is missing`,
      "Make a store with `relata synthesize`, or set synthesis.rounds to 0 to train without views.",
    );
  if (synthesis.augmentedShare !== undefined) {
    checkAugmented(config, fault);
    return;
  }
  if (visual.kind === "none" && (views || real === "picture"))
    fault(
      'visual.kind is "none", but the student reads pictures',
      'Set visual.kind to "pictures" or "captions", or synthesis.rounds to 0 for a student that reads only texts.',
    );
  const ownPictures = real === "picture" || use !== "synthetic";
  if (ownPictures && visual.kind === "pictures" && data.pictures === undefined)
    fault(
      "the training documents' own pictures are used, but data.pictures is missing",
      "Name the folder of the pictures in data.pictures.",
    );
  if (ownPictures && visual.kind === "captions" && data.captions.train === undefined)
    fault(
      "captions of the training documents' own pictures are used, but data.captions.train is missing",
      "Name the caption file of the training documents.",
    );
}

/** Rules for settings of the selection that need teachers. */
function checkSelection(
  { method, share, gate }: Config["synthesis"]["selection"],
  fault: (message: string, remedy: string) => never,
): void {
  if (method !== "random" && method !== "similarity") return;
  if (share === "match")
    fault(
      `synthesis.selection.share is "match", but synthesis.selection.method is "${method}"`,
      'Teachers compare kept views with real ones: set the method to "teacher", or give a number.',
    );
  if (gate.enabled)
    fault(
      `synthesis.selection.gate.enabled is true, but synthesis.selection.method is "${method}"`,
      'The gate needs teachers: set the method to "teacher" or "threshold", or the gate to false.',
    );
}

/** Rules for the student that finds entities: it reads real texts. */
function checkEntityStudent({ synthesis }: Config, fault: (message: string, remedy: string) => never): void {
  if (synthesis.real === "picture")
    fault(
      'synthesis.real is "picture", but task is "mner"',
      'Entities are marked in the real texts, and a generated text has no marks: set synthesis.real to "text".',
    );
  if (synthesis.mixupAlpha !== undefined)
    fault(
      'synthesis.mixupAlpha is set, but task is "mner"',
      "A sentence has no single label to mix: remove synthesis.mixupAlpha.",
    );
  if (synthesis.combination === "product")
    fault(
      'synthesis.combination is "product", but task is "mner"',
      'A student of entities reads views and text together: remove synthesis.combination, or set it to "attention".',
    );
  if (synthesis.augmentedShare !== undefined)
    fault(
      'synthesis.augmentedShare is set, but task is "mner"',
      "Only the student of relations reads texts in place of the real ones: remove synthesis.augmentedShare.",
    );
  if (synthesis.trust !== "fit" && synthesis.trust !== 1)
    fault(
      `synthesis.trust is ${synthesis.trust}, but task is "mner"`,
      "Scores of tags move with views as they were trained to: remove synthesis.trust.",
    );
}
