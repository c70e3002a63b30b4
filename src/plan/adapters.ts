// What a plan knows of a generator before it opens one: the adapter's settings, its paths, and what opens it. The table of adapters is
// handed in, so that plans know neither the embedded corpus nor a user's own generators.
import type { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { checkShape } from "../base/schema-issues.ts";
import type { ImageToText, TextToImage } from "../synthesis/generators/generator.ts";

/** What generators are opened with beside their settings. */
export interface GeneratorEnvironment {
  /** Keys are read from here: `process.env`. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What takes long before the first call: an index of captions. */
  readonly onPreparation?: ((progress: Preparation) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Preparation {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

/** One kind of generator as it was loaded. */
export interface Adapter<Generator> {
  /** Checks settings and gives what opens the generator. @throws ConfigError `config/invalid` */
  read(settings: unknown, place: string): (environment: GeneratorEnvironment) => Promise<Generator>;
}

/** A field that holds a path; `*` stands for all entries of a list. With `orId` an id that is not a folder stays as it is. */
export interface PathField {
  readonly path: readonly string[];
  readonly orId?: boolean;
}

/** A row of the table: the adapter's code is loaded when a plan names it, and not before. */
export interface AdapterEntry<Generator> {
  readonly load: () => Promise<Adapter<Generator>>;
  /** Settings that hold paths, which a plan states relative to its own folder. */
  readonly paths: readonly PathField[];
}

/** Every generator that a plan can name, by its adapter. */
export interface GeneratorAdapters {
  readonly textToImage: Readonly<Record<string, AdapterEntry<TextToImage>>>;
  readonly imageToText: Readonly<Record<string, AdapterEntry<ImageToText>>>;
}

/** Which of the two tables. */
export type GeneratorRole = keyof GeneratorAdapters;

/** A generator's settings as a plan holds them: the adapter, and what that adapter asks for. */
export interface GeneratorSettings {
  readonly adapter: string;
  readonly [setting: string]: unknown;
}

/** An adapter from a schema of its settings and what opens it. */
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

/** Both tables, the later ones' entries beside the earlier ones'. */
export function joinAdapters(...tables: readonly GeneratorAdapters[]): GeneratorAdapters {
  return {
    textToImage: Object.assign({}, ...tables.map(({ textToImage }) => textToImage)),
    imageToText: Object.assign({}, ...tables.map(({ imageToText }) => imageToText)),
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
