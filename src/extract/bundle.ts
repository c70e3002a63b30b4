// A bundle is one folder with an entity model, a relation model, perhaps a category model, and every frozen network they need. This file defines and checks its record.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { readRecord } from "../base/json-record.ts";
import { MANIFEST_FILE } from "../base/manifest.ts";
import { TypeConstraints, typePairSchema } from "../extractors/pairs/type-constraints.ts";
import { BUNDLE_FILE, BUNDLE_PARTS } from "../extractors/shared/bundle-parts.ts";

const FORMAT = "relata-bundle";
const VERSION = 1;

const sum = z.string().min(1);

const trainingSetSchema = z.strictObject({
  /** File name from the training run. */
  source: z.string(),
  /** sha256 over the documents. */
  fingerprint: sum,
  documents: z.int().nonnegative(),
});

const partSchema = z.strictObject({
  /** sha256 of the weights. */
  weights: sum,
  /** The model's training and validation data; null if the training run's record was not next to the model. */
  trainedOn: z.strictObject({ train: trainingSetSchema, validation: trainingSetSchema }).nullable(),
});

const sharedEncoderSchema = z.strictObject({
  /** Below the bundle. */
  folder: z.string(),
  /** sha256 of the weight file in it. */
  weights: sum,
  /** The folders of the models. */
  models: z.array(z.string()).min(2).readonly(),
  /** Bytes of its weights, which each of the models would hold. */
  bytes: z.int().positive(),
});

const constraintsSchema = z.strictObject({
  /** Pairs of entity types with at least one relation. */
  pairs: z.array(typePairSchema).min(1).readonly(),
  learntFrom: z.strictObject({
    source: z.string(),
    fingerprint: sum,
    documents: z.int().nonnegative(),
    /** Whether the types come from the documents, the entity model, or the relation model's training record. */
    types: z.enum(["documents", "entity model", "training"]),
    /** Relations other than "None". */
    relations: z.int().nonnegative(),
    /** Of these, relations with a mention that the entity model did not find. */
    withoutType: z.int().nonnegative(),
    /** Relations with a pair of types so rare that it counts as an entity model error. */
    rare: z.int().nonnegative(),
  }),
});

const schema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  entities: partSchema,
  relations: partSchema,
  /** Absent from a bundle without a category model. */
  categories: partSchema.optional(),
  typeConstraints: constraintsSchema.nullable(),
  /** Text encoders that models were adapted from with low-rank matrices, each in the bundle once; absent: every model holds its own. */
  sharedEncoders: z.array(sharedEncoderSchema).min(1).readonly().optional(),
  /** The file that lists every file of the bundle; absent from bundles of earlier versions. */
  manifest: z.literal(MANIFEST_FILE).optional(),
});

/** `bundle.json` of a bundle: its format, what its models were trained on, and which pairs of entity types can have which relations. */
export type Bundle = z.output<typeof schema>;
export type BundlePart = z.output<typeof partSchema>;
export type LearntConstraints = z.output<typeof constraintsSchema>;

/** The contents of bundle.json. */
export function bundleOf(parts: Omit<Bundle, "format" | "version" | "manifest">): Bundle {
  return { format: FORMAT, version: VERSION, ...parts, manifest: MANIFEST_FILE };
}

/** File name of the record inside a bundle. */
export function bundleFile(folder: string): string {
  return join(folder, BUNDLE_FILE);
}

/**
 * Reads the record of a bundle; undefined for a folder that is not a bundle.
 *
 * @throws DataError `data/bad-bundle`
 */
export async function readBundle(folder: string): Promise<Bundle | undefined> {
  const place = bundleFile(folder);
  if (!existsSync(place)) return undefined;
  return readRecord(place, schema, (what, cause) =>
    badBundle(place, `is not the record of a bundle (${what})`, cause),
  );
}

/**
 * Returns the bundle's type constraints for a model that knows `types`; undefined if it has none.
 *
 * @throws DataError `data/bad-bundle` for a pair of types that the entity model does not know
 */
export function constraintsOf(
  folder: string,
  { typeConstraints }: Bundle,
  types: readonly string[],
): TypeConstraints | undefined {
  if (typeConstraints === null) return undefined;
  const unknown = typeConstraints.pairs
    .flatMap(({ head, tail }) => [head, tail])
    .find((type) => !types.includes(type));
  if (unknown === undefined) return new TypeConstraints(typeConstraints.pairs, types);
  throw badBundle(
    bundleFile(folder),
    `has constraints for the type ${JSON.stringify(unknown)}, which the entity model does not have (its types are ${types.join(", ")})`,
  );
}

/** The folders of the models that a bundle has. */
export function partsOfBundle({ categories }: Pick<Bundle, "categories">): readonly string[] {
  const { entity, relation, category } = BUNDLE_PARTS;
  return categories === undefined ? [entity, relation] : [entity, relation, category];
}

function badBundle(place: string, what: string, cause?: unknown): DataError {
  return new DataError({
    code: "data/bad-bundle",
    message: `${place} ${what}`,
    place,
    remedy: "Export the bundle again (relata export).",
    cause,
  });
}
