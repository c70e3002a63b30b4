// The truth about a simulated view: its scene or wording, whether that shows the label, and any fault that
// caused it.
import { z } from "zod";
import { SynthesisError } from "../base/errors.ts";
import { checkShape } from "../base/schema-issues.ts";
import type { ViewContent } from "../synthesis/generators/generator.ts";
import { readPngNote } from "./png.ts";
import { SCENES } from "./scenes.ts";
import { WORDING_CLASSES } from "./wordings.ts";

/** What went wrong; "lost": this call lost the parent's information, "blind": the parent had none. */
const FAULTS = ["none", "lost", "blind", "black", "duplicate"] as const;
export type Fault = (typeof FAULTS)[number];

const picture = z.strictObject({
  kind: z.literal("picture"),
  /** null: a black picture. */
  scene: z.enum(SCENES).nullable(),
  /** Whether the scene is one of those that show the instance's label. */
  bearsLabel: z.boolean(),
  fault: z.enum(FAULTS),
});
const text = z.strictObject({
  kind: z.literal("text"),
  wording: z.enum(WORDING_CLASSES as readonly [string, ...string[]]),
  /** Whether the wording states the instance's label, or fits it and another. */
  bearsLabel: z.boolean(),
  /** Requested mentions that are missing. */
  lostMentions: z.int(),
  fault: z.enum(FAULTS),
});
const truth = z.discriminatedUnion("kind", [picture, text]);

export type SimulatedTruth = z.output<typeof truth>;
export type SimulatedPictureTruth = z.output<typeof picture>;

/** Key of `details` in the ledger. */
const KEY = "simulated";

/** `details` for the ledger. */
export function detailsOf(state: SimulatedTruth): Readonly<Record<string, unknown>> {
  return { [KEY]: state };
}

/**
 * Reads the truth of a view from the simulator's `details`.
 *
 * @throws SynthesisError `synthesis/not-simulated` for views of other generators
 */
export function simulatedTruth(details: Readonly<Record<string, unknown>> | undefined): SimulatedTruth {
  const parsed = checkShape(truth, details?.[KEY], { whole: KEY });
  if (parsed.success) return parsed.data;
  throw new SynthesisError({
    code: "synthesis/not-simulated",
    message: `the view's details do not contain a simulator's truth: ${parsed.faults.join("; ")}`,
    value: details,
    remedy: "Use views that the adapter `simulator` made.",
  });
}

/**
 * What a simulated picture carries for the next call of its chain: what is visible in it, and nothing about
 * the label.
 */
const note = picture.pick({ scene: true });
export type PictureNote = z.output<typeof note>;

/** The note for a simulated picture. */
export function writeNote({ scene }: PictureNote): string {
  return JSON.stringify({ scene });
}

/** The note of a simulated picture; undefined for other pictures. */
export function readNote({ bytes }: ViewContent): PictureNote | undefined {
  const found = readPngNote(bytes);
  return found === undefined ? undefined : note.parse(JSON.parse(found));
}
