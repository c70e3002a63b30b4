// What an experiment is: variants of one configuration, what they are scored on, and stages that several of them share.
import type { ErrorCode } from "../base/codes/error-code.ts";
import { ConfigError } from "../base/errors.ts";
import type { Config } from "../config/schema.ts";

/** The output of a shared stage in place of a path: its folder, or a file in it. */
export interface StageOutput {
  readonly $stage: string;
  readonly file?: string;
}

/** A part of a configuration laid over the base: `null` takes a field out, a `StageOutput` becomes a path. */
export interface Overrides {
  readonly [field: string]: unknown;
}

/** Documents that variants are scored on, beside or in place of the configuration's own validation documents. */
export interface EvaluationSet {
  readonly name: string;
  /** Absent: the validation documents of each variant's configuration. */
  readonly file?: string | StageOutput;
  /** Format of `file`; the configuration's when absent. */
  readonly format?: Config["data"]["format"];
  readonly pictures?: string;
  readonly captions?: string;
  readonly features?: string;
  /** Store of generated views of these documents, for evaluations that show some of them. */
  readonly views?: string;
}

/** One `relata evaluate` of a trained variant. */
export interface Evaluation {
  /** Name of an evaluation set. */
  readonly set: string;
  /** What differs from the set's usual evaluation, such as "8 views"; absent for the usual one. */
  readonly condition?: string | undefined;
  /** More options of `relata evaluate`. */
  readonly arguments?: readonly (string | StageOutput)[];
  /** A file in place of the set's, in relata's own format: the same documents, changed. */
  readonly file?: StageOutput;
}

/** One row of an experiment: the base configuration with some fields changed. */
export interface Variant {
  /** Unique; also the name of its folder: lower-case letters, digits, dots and dashes. */
  readonly name: string;
  /** Rows of one group stand together. */
  readonly group?: string | undefined;
  readonly description: string;
  readonly overrides: Overrides;
  /** The first one on each set is the usual one. */
  readonly evaluations: readonly Evaluation[];
  /** The variant's value in a sweep, for a chart over it. */
  readonly value?: number | undefined;
}

/** Work that several cells share. `perSeed`: done once for every seed, with the seed in it. */
export type SharedStage =
  | {
      /** A data file with every document's picture drawn from another document; written as `documents.jsonl`. */
      readonly kind: "shuffle-images";
      readonly name: string;
      readonly perSeed: true;
      readonly file: string;
    }
  | {
      /** A data file with its labels renamed or taken out; written as `documents.jsonl`. */
      readonly kind: "map-labels";
      readonly name: string;
      readonly perSeed: false;
      readonly file: string;
      readonly data: Pick<Config["data"], "format" | "bio" | "imageExtension">;
      /** From the file's labels to the shared ones; `null` takes an entity (and its relations) or a relation out. */
      readonly labels: Readonly<Record<string, string | null>>;
    }
  | {
      /** `relata score-views` with the base configuration and these overrides. */
      readonly kind: "score-views";
      readonly name: string;
      readonly perSeed: true;
      readonly overrides: Overrides;
    }
  | {
      /** `relata synthesize` with a plan file, into a store. */
      readonly kind: "synthesize";
      readonly name: string;
      readonly perSeed: false;
      readonly plan: string;
    };

/** What a preset gives. */
export interface Plan {
  readonly title: string;
  /** What is compared, in one or two sentences. */
  readonly description: string;
  readonly variants: readonly Variant[];
  /** The variant that all others are compared with. */
  readonly reference: string;
  /** Another reference on some evaluation sets, by the set's name. */
  readonly references?: Readonly<Record<string, string>>;
  /** Sets beyond those the user named. */
  readonly sets?: readonly EvaluationSet[];
  readonly shared?: readonly SharedStage[];
  /** The quantity of a sweep, for the axis of its chart. */
  readonly axis?: string;
}

/** A data set by name, for presets over several. */
export interface NamedConfig {
  readonly name: string;
  readonly config: Config;
}

/** How much a store of generated views holds. */
export interface StoreFacts {
  readonly rounds: number;
  readonly chains: number;
}

/** What the user said beside the base configuration. */
export interface PresetOptions {
  /** Named evaluation sets; one named "validation" changes how the validation documents are scored. */
  readonly sets: readonly EvaluationSet[];
  /** Values of a sweep; the preset's own when absent. */
  readonly values?: readonly number[] | undefined;
  /** Values of K and of N in presets over both; `values` when absent. */
  readonly rounds?: readonly number[] | undefined;
  readonly views?: readonly number[] | undefined;
  /** Stores of generated views, by name. */
  readonly stores: Readonly<Record<string, string>>;
  /** What is known of the stores, by name: of those above, of those that are made, and "main" of the configuration's. */
  readonly storeFacts: Readonly<Record<string, StoreFacts>>;
  /** Synthesis plans whose stores the experiment makes, by name. */
  readonly synthesisPlans: Readonly<Record<string, string>>;
  readonly datasets: readonly NamedConfig[];
  /** For each data set, from its labels to the shared ones. */
  readonly labelMaps: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** Layers of the text encoder, for a preset that needs them; 0 for others. */
  readonly layers: number;
}

/** A named experiment: a pure function of the base configuration and the user's options. */
export interface Preset {
  readonly name: string;
  readonly description: string;
  /** Options that it looks at, in words, for the list of presets. */
  readonly options?: string;
  /** Whether it asks how many layers the text encoder has. */
  readonly needsLayers?: boolean;
  readonly plan: (base: Config, options: PresetOptions) => Plan;
}

/** Name of the set that is always there: the configuration's validation documents. */
export const VALIDATION = "validation";

/** The usual evaluation on every set. */
export function usualEvaluations(options: PresetOptions): Evaluation[] {
  return allSets(options).map(({ name }) => ({ set: name }));
}

/** The validation documents, as the user changed them or not, and the user's other sets. */
export function allSets({ sets }: Pick<PresetOptions, "sets">): readonly EvaluationSet[] {
  return [
    sets.find(({ name }) => name === VALIDATION) ?? { name: VALIDATION },
    ...sets.filter(({ name }) => name !== VALIDATION),
  ];
}

/** An error about what a preset was given. */
export function presetError(code: ErrorCode, message: string, remedy: string, value?: unknown): ConfigError {
  return new ConfigError({ code, message, remedy, value });
}
