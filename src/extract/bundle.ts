// A bundle: one folder with an entity model, a relation model and everything frozen that they need. Its record, and the check of it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { readRecord } from "../base/json-record.ts";
import { MANIFEST_FILE } from "../base/manifest.ts";
import { TypeConstraints, typePairSchema } from "../extractors/pairs/type-constraints.ts";

const BUNDLE_FILE = "bundle.json";
/** Folders of the two models inside a bundle. */
export const BUNDLE_PARTS = { entity: "entities", relation: "relations" } as const;
const FORMAT = "relata-bundle";
const VERSION = 1;

const sum = z.string().min(1);

const trainingSetSchema = z.strictObject({
  /** File as the training run named it. */
  source: z.string(),
  /** sha256 over the documents. */
  fingerprint: sum,
  documents: z.int().nonnegative(),
});

const partSchema = z.strictObject({
  /** sha256 of the weights. */
  weights: sum,
  /** What the model was trained and chosen on; null where the training run's record was not beside the model. */
  trainedOn: z.strictObject({ train: trainingSetSchema, validation: trainingSetSchema }).nullable(),
});

const constraintsSchema = z.strictObject({
  /** Pairs of entity types that had a relation. */
  pairs: z.array(typePairSchema).min(1).readonly(),
  learntFrom: z.strictObject({
    source: z.string(),
    fingerprint: sum,
    documents: z.int().nonnegative(),
    /** Whether the documents carry the entity model's types, or the model gave them; or what the relation model's training kept of its own. */
    types: z.enum(["documents", "entity model", "training"]),
    /** Relations other than "None". */
    relations: z.int().nonnegative(),
    /** Of these, relations with a mention that the entity model did not find. */
    withoutType: z.int().nonnegative(),
    /** And relations whose pair of types is so rare that it is taken for an error of the entity model. */
    rare: z.int().nonnegative(),
  }),
});

const schema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  entities: partSchema,
  relations: partSchema,
  typeConstraints: constraintsSchema.nullable(),
  /** The file that records every file of the bundle; absent in bundles of earlier versions. */
  manifest: z.literal(MANIFEST_FILE).optional(),
});

/** `bundle.json` of a bundle: its format, what its two models were trained on, and which types of entities are asked for which relations. */
export type Bundle = z.output<typeof schema>;
export type BundlePart = z.output<typeof partSchema>;
export type LearntConstraints = z.output<typeof constraintsSchema>;

/** What goes into bundle.json. */
export function bundleOf(parts: Omit<Bundle, "format" | "version" | "manifest">): Bundle {
  return { format: FORMAT, version: VERSION, ...parts, manifest: MANIFEST_FILE };
}

/** The name of the record inside a bundle. */
export function bundleFile(folder: string): string {
  return join(folder, BUNDLE_FILE);
}

/**
 * The record of a bundle; undefined for a folder that is none.
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
 * The bundle's type constraints for a model that knows `types`; undefined where it has none.
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

function badBundle(place: string, what: string, cause?: unknown): DataError {
  return new DataError({
    code: "data/bad-bundle",
    message: `${place} ${what}`,
    place,
    remedy: "Export the bundle again (relata export).",
    cause,
  });
}
