// The plan of an experiment: variants of one configuration, their evaluation sets, and stages that several of them share.
import type { ErrorCode } from "../base/codes/error-code.ts";
import { ConfigError } from "../base/errors.ts";
import type { Config } from "../config/schema.ts";

/** The output of a shared stage instead of a path: its folder, or a file in it. */
export interface StageOutput {
  readonly $stage: string;
  readonly file?: string;
}

/** A part of a configuration to merge into the base: `null` removes a field, a `StageOutput` becomes a path. */
export interface Overrides {
  readonly [field: string]: unknown;
}

/** Documents to score variants on, in addition to or instead of the configuration's own validation documents. */
export interface EvaluationSet {
  readonly name: string;
  /** Absent: the validation documents of each variant's configuration. */
  readonly file?: string | StageOutput;
  /** Format of `file`; default: the configuration's. */
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
  /** Difference from the set's usual evaluation, such as "8 views"; absent for the usual one. */
  readonly condition?: string | undefined;
  /** More options of `relata evaluate`. */
  readonly arguments?: readonly (string | StageOutput)[];
  /** A file instead of the set's, in relata's own format: the same documents, changed. */
  readonly file?: StageOutput;
}

/** One row of an experiment: the base configuration with some fields changed. */
export interface Variant {
  /** Unique; also its folder name: lower-case letters, digits, dots and dashes. */
  readonly name: string;
  /** Rows of one group are listed together. */
  readonly group?: string | undefined;
  readonly description: string;
  readonly overrides: Overrides;
  /** The first one on each set is the usual one. */
  readonly evaluations: readonly Evaluation[];
  /** The variant's value in a sweep, for a chart over it. */
  readonly value?: number | undefined;
  /**
   * The variant to compare this one with instead of the set's reference: an evaluation under a condition with that variant's under the
   * same one, if it has it.
   */
  readonly reference?: string | undefined;
  /** What a sweep sets, by field; null where the field is absent. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** The data set that it is trained on, if there are several. */
  readonly dataset?: string | undefined;
  /** Rows of one family on one set are corrected for their number together (Holm); without one, all rows of the set are. */
  readonly family?: string | undefined;
}

/** Work that several cells share. `perSeed`: done once for every seed, using that seed. */
export type SharedStage =
  | {
      /** A data file with every document's picture drawn from another document; written as `documents.jsonl`. */
      readonly kind: "shuffle-images";
      readonly name: string;
      readonly perSeed: true;
      readonly file: string;
    }
  | {
      /** A data file with labels renamed or removed; written as `documents.jsonl`. */
      readonly kind: "map-labels";
      readonly name: string;
      readonly perSeed: false;
      readonly file: string;
      readonly data: Pick<Config["data"], "format" | "bio" | "imageExtension" | "offsets">;
      /** From the file's labels to the shared ones; `null` removes an entity (and its relations) or a relation. */
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

/** The result of a preset. */
export interface Plan {
  readonly title: string;
  /** What is compared, in one or two sentences. */
  readonly description: string;
  readonly variants: readonly Variant[];
  /** The variant to compare all others with. */
  readonly reference: string;
  /** A different reference for some evaluation sets, by set name. */
  readonly references?: Readonly<Record<string, string>>;
  /** Sets in addition to those the user named. */
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

/** A field of the configuration, such as `model.mixup.delta`, and values to compare; null: absent. Paths are absolute. */
export interface SweptField {
  readonly field: string;
  readonly values: readonly unknown[];
}

/** The size of a store of generated views. */
export interface StoreFacts {
  readonly rounds: number;
  readonly chains: number;
}

/** The user's options besides the base configuration. */
export interface PresetOptions {
  /** Named evaluation sets; one named "validation" changes how the validation documents are scored. */
  readonly sets: readonly EvaluationSet[];
  /** Values of a sweep; default: the preset's own. */
  readonly values?: readonly number[] | undefined;
  /** The fields that the user names, with their values, for presets that sweep fields. */
  readonly fields?: readonly SweptField[] | undefined;
  /** Whether to train every combination of their values. */
  readonly cross?: boolean | undefined;
  /** Values of K and of N in presets over both; default `values`. */
  readonly rounds?: readonly number[] | undefined;
  readonly views?: readonly number[] | undefined;
  /** Stores of generated views, by name. */
  readonly stores: Readonly<Record<string, string>>;
  /** Facts about the stores, by name: those above, those to be made, and "main" for the configuration's. */
  readonly storeFacts: Readonly<Record<string, StoreFacts>>;
  /** Synthesis plans of the stores that the experiment makes, by name. */
  readonly synthesisPlans: Readonly<Record<string, string>>;
  readonly datasets: readonly NamedConfig[];
  /** For each data set, from its labels to the shared ones. */
  readonly labelMaps: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** Layers of the text encoder, for a preset that needs them; otherwise 0. */
  readonly layers: number;
  /** Stages of the picture encoder, for a preset that needs them. */
  readonly stages?: number | undefined;
}

/** A named experiment: a pure function of the base configuration and the user's options. */
export interface Preset {
  readonly name: string;
  readonly description: string;
  /** The options that it uses, in words, for the list of presets. */
  readonly options?: string;
  /** Whether it needs the number of layers of the text encoder. */
  readonly needsLayers?: boolean;
  /** The fields whose values the user may name, or "any". */
  readonly sweeps?: "any" | readonly string[];
  /** Whether it needs the number of stages of the picture encoder. */
  readonly needsStages?: boolean;
  readonly plan: (base: Config, options: PresetOptions) => Plan;
}

/** Name of the set that always exists: the configuration's validation documents. */
export const VALIDATION = "validation";

/** The usual evaluation on every set. */
export function usualEvaluations(options: PresetOptions): Evaluation[] {
  return allSets(options).map(({ name }) => ({ set: name }));
}

/** Returns the validation documents, with the user's changes, and the user's other sets. */
export function allSets({ sets }: Pick<PresetOptions, "sets">): readonly EvaluationSet[] {
  return [
    sets.find(({ name }) => name === VALIDATION) ?? { name: VALIDATION },
    ...sets.filter(({ name }) => name !== VALIDATION),
  ];
}

/** An error about the options of a preset. */
export function presetError(code: ErrorCode, message: string, remedy: string, value?: unknown): ConfigError {
  return new ConfigError({ code, message, remedy, value });
}
