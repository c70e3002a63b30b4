// The ledger's rows: one for every planned call, whatever its outcome. Nothing in a row depends on when or
// by which process it was made.
import { z } from "zod";

const hash = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal");
/** The three kinds of generators, as plans and stores name them. */
export const GENERATOR_ROLES = ["textToImage", "imageToText", "textToText"] as const;

/** One of them. */
export type GeneratorRole = (typeof GENERATOR_ROLES)[number];

const planned = {
  instance: z.string(),
  chain: z.int().nonnegative(),
  step: z.int().positive(),
  kind: z.enum(["picture", "text"]),
};
const made = {
  /** Identity of the call: generator, request, seed and place in the chain. */
  call: hash,
  ...planned,
  /** Call that made this call's input; null: the real view. */
  parent: hash.nullable(),
  /** SHA-256 of this call's input: the prompt's text, or the picture. */
  request: hash,
  seed: z.int().nonnegative(),
  generator: z.enum(GENERATOR_ROLES),
  cost: z.number().nonnegative(),
};
const content = {
  content: hash,
  mediaType: z.string(),
  bytes: z.int().nonnegative(),
  /** The text itself, if the content is text. */
  text: z.string().optional(),
  /** Half-open spans of the instance's mentions in `text`, in their order. */
  mentions: z.array(z.tuple([z.int(), z.int()])).optional(),
  /** A key for finding near duplicates: a perceptual hash, a picture's name, a normalised text's hash. */
  look: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
};

const generatedRow = z.strictObject({ ...made, state: z.literal("generated"), ...content });
const rejectedRow = z.strictObject({
  ...made,
  state: z.literal("rejected"),
  reason: z.string(),
  ...content,
  /** For near duplicates: the call that the view resembles. */
  like: hash.optional(),
});
const refusedRow = z.strictObject({
  ...made,
  state: z.literal("refused"),
  reason: z.string(),
  message: z.string(),
});
/** A step that was skipped because an earlier one of its chain had no usable result. */
const notMadeRow = z.strictObject({
  ...planned,
  state: z.literal("not-made"),
  reason: z.enum(["parent-rejected", "parent-refused"]),
  cause: hash,
});

export const ledgerRowSchema = z.discriminatedUnion("state", [
  generatedRow,
  rejectedRow,
  refusedRow,
  notMadeRow,
]);
export type LedgerRow = z.output<typeof ledgerRowSchema>;
export type MadeRow = Exclude<LedgerRow, { state: "not-made" }>;
export type ContentRow = Extract<LedgerRow, { state: "generated" | "rejected" }>;

export const timingSchema = z.strictObject({
  call: hash,
  /** Time of the answer, ISO 8601. */
  at: z.string(),
  milliseconds: z.number().nonnegative(),
  /** 1 plus the failed attempts before it. */
  attempts: z.int().positive(),
});
export type Timing = z.output<typeof timingSchema>;

/** An attempt without an answer; it is repeated when the run is resumed. */
export const failureSchema = z.strictObject({
  ...planned,
  call: hash,
  generator: z.enum(GENERATOR_ROLES),
  code: z.string(),
  message: z.string(),
  at: z.string(),
  milliseconds: z.number().nonnegative(),
  /** Possible cost: a server may have done the work before the answer was lost. */
  cost: z.number().nonnegative(),
});
export type Failure = z.output<typeof failureSchema>;

/** Whether a row has content, accepted or not. */
export function hasContent(row: LedgerRow): row is ContentRow {
  return row.state === "generated" || row.state === "rejected";
}

/** The contents that a row refers to: its own, and the real view of a first step. */
export function contentsOf(row: LedgerRow): readonly string[] {
  if (row.state === "not-made") return [];
  return [...(row.parent === null ? [row.request] : []), ...(hasContent(row) ? [row.content] : [])];
}
