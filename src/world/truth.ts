// The truth of a world, in `truth.json`: for each post, what the text allows and the picture shows; and the
// ceilings.

import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { checkShape } from "../base/schema-issues.ts";
import { sha256 } from "../base/sha256.ts";
import { readWholeFile } from "../base/whole-file.ts";
import { VIEWS } from "./distribution.ts";
import { SPLITS } from "./generate.ts";
import { LABELS, TYPES } from "./labels.ts";
import { SCENES } from "./scenes.ts";
import { WORDING_CLASSES } from "./wordings.ts";

export const TRUTH_FILE = "truth.json";

const scores = z.strictObject({ accuracy: z.number(), microF1: z.number() });
const ceilings = z.record(z.enum(VIEWS), scores);
const entityCeilings = z.strictObject({ text: z.number(), joint: z.number() });
const label = z
  .enum(LABELS as readonly [string, ...string[]])
  .transform((name) => name as (typeof LABELS)[number]);
const mention = z.strictObject({ text: z.string(), type: z.enum(TYPES), ambiguousName: z.boolean() });

const post = z.strictObject({
  id: z.string(),
  split: z.enum(SPLITS),
  label,
  head: mention,
  tail: mention,
  distractors: z.array(mention),
  text: z.string(),
  /** The class of the wording: the label that it states, the labels that it fits, joined by `|`, or "open". */
  wording: z.enum(WORDING_CLASSES as readonly [string, ...string[]]),
  /** Labels that the text allows, with their probabilities, likeliest first. */
  textAllows: z.array(z.strictObject({ label, probability: z.number() })),
  /** Whether the text leaves the relation open or fits several. */
  needsPicture: z.boolean(),
  /** Absent: the post has no picture. */
  picture: z
    .strictObject({
      name: z.string(),
      /** Hash of the file, hexadecimal. */
      sha256: z.string(),
      scene: z.enum(SCENES),
      /** Labels that the scene shows. */
      shows: z.array(label),
      /** Whether the scene was drawn independently of the post. */
      unrelated: z.boolean(),
    })
    .optional(),
});

const split = z.strictObject({
  documents: z.int(),
  needsPicture: z.int(),
  withoutPicture: z.int(),
  unrelatedPicture: z.int(),
  labels: z.record(z.string(), z.int()),
  /** Scores of the best readers of the world on these posts. */
  ceilings,
  /** The same for micro F1 of entities. */
  entityCeilings,
});

const truthSchema = z.strictObject({
  seed: z.int(),
  shares: z.strictObject({
    unrelatedPicture: z.number(),
    withoutPicture: z.number(),
    ambiguousName: z.number(),
    distractors: z.tuple([z.number(), z.number(), z.number()]),
  }),
  /** Expected scores of the best readers on posts of this distribution. */
  ceilings,
  /** The same for micro F1 of entities. */
  entityCeilings,
  splits: z.record(z.enum(SPLITS), split),
  posts: z.array(post),
});

/** The truth of a written world. */
export type WorldTruth = z.output<typeof truthSchema>;
/** The truth about one post. */
export type PostTruth = WorldTruth["posts"][number];
/** Counts of a split, and its ceilings. */
export type SplitTruth = WorldTruth["splits"]["train"];

/**
 * Reads the truth of a world folder and the SHA-256 of its file.
 *
 * @throws DataError `world/no-truth` for a folder without one, `world/bad-truth` for an invalid file
 */
export async function readWorldTruth(
  folder: string,
): Promise<{ readonly truth: WorldTruth; readonly fingerprint: string }> {
  const path = join(folder, TRUTH_FILE);
  const remedy = "Write the embedded corpus there with `relata world <folder>`.";
  const bytes = await readWholeFile(path).catch((cause: unknown) => {
    throw new DataError({
      code: "world/no-truth",
      message: `cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      place: path,
      remedy,
      cause,
    });
  });
  const bad = (what: string, cause?: unknown) =>
    new DataError({
      code: "world/bad-truth",
      message: `${path} ${what}`,
      place: path,
      remedy,
      cause,
    });
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw bad("is not JSON", cause);
  }
  const parsed = checkShape(truthSchema, json);
  if (!parsed.success) throw bad(`has another form: ${parsed.faults.join("; ")}`);
  return { truth: parsed.data, fingerprint: sha256(bytes) };
}
