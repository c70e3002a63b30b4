// What a plan knows about a generator before opening it: the adapter's settings, its paths and its open
// function. The table of adapters is a parameter, so plans depend neither on the embedded corpus nor on
// users' generators.
import type { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { checkShape } from "../base/schema-issues.ts";
import type { ImageToText, TextToImage, TextToText } from "../synthesis/generators/generator.ts";

/** What a generator gets when it is opened, in addition to its settings. */
export interface GeneratorEnvironment {
  /** Where to read API keys from: `process.env`. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Progress of long work before the first call, such as indexing captions. */
  readonly onPreparation?: ((progress: Preparation) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Preparation {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

/** A loaded adapter. */
export interface Adapter<Generator> {
  /**
   * Checks the settings and returns a function that opens the generator. @throws ConfigError
   * `config/invalid`
   */
  read(settings: unknown, place: string): (environment: GeneratorEnvironment) => Promise<Generator>;
}

/**
 * A field that holds a path; `*` stands for all entries of a list. With `orId`, an id that is not a folder
 * is left unchanged.
 */
export interface PathField {
  readonly path: readonly string[];
  readonly orId?: boolean;
}

/** A row of the table: the adapter's code is loaded only when a plan names it. */
export interface AdapterEntry<Generator> {
  readonly load: () => Promise<Adapter<Generator>>;
  /** Settings that hold paths; in a plan they are relative to its folder. */
  readonly paths: readonly PathField[];
}

/** All generators that a plan can name, by adapter. */
export interface GeneratorAdapters {
  readonly textToImage: Readonly<Record<string, AdapterEntry<TextToImage>>>;
  readonly imageToText: Readonly<Record<string, AdapterEntry<ImageToText>>>;
  readonly textToText: Readonly<Record<string, AdapterEntry<TextToText>>>;
}

/** Which of the three tables. */
export type GeneratorRole = keyof GeneratorAdapters;

/** A generator's settings in a plan: the adapter and its fields. */
export interface GeneratorSettings {
  readonly adapter: string;
  readonly [setting: string]: unknown;
}

/** Makes an adapter from a schema of its settings and an open function. */
export function adapter<Schema extends z.ZodType, Generator>(
  schema: Schema,
  open: (settings: z.output<Schema>, environment: GeneratorEnvironment) => Generator | Promise<Generator>,
): Adapter<Generator> {
  return {
    read(settings, place) {
      const checked = checkShape(schema, settings, { under: [place] }); // without values: one may be a key
      if (!checked.success) throw invalidSettings(checked.faults, place, settings);
      return async (environment) => open(checked.data, environment);
    },
  };
}

/** Merges two tables of adapters. */
export function joinAdapters(...tables: readonly GeneratorAdapters[]): GeneratorAdapters {
  return {
    textToImage: Object.assign({}, ...tables.map(({ textToImage }) => textToImage)),
    imageToText: Object.assign({}, ...tables.map(({ imageToText }) => imageToText)),
    textToText: Object.assign({}, ...tables.map(({ textToText }) => textToText)),
  };
}

function invalidSettings(faults: readonly string[], place: string, value: unknown): ConfigError {
  return new ConfigError({
    code: "config/invalid",
    message: faults.join("; "),
    place,
    value,
    remedy: "Fix the fields named above; docs/generators.md lists every generator with its settings.",
  });
}
