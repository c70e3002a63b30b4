// The schema of a synthesis plan: data, direction, rounds, chains, generators, checks.

import { z } from "zod";
import { OFFSET_UNITS } from "../data/offset-units.ts";
import { formatNames } from "../data/readers.ts";
import { NEAR_DUPLICATE_LEVELS } from "../synthesis/near-duplicates.ts";

const generator = z.looseObject({ adapter: z.string().min(1) });

export const synthesisPlanSchema = z.strictObject({
  extensions: z
    .array(z.string().min(1))
    .optional()
    .describe(
      "Modules with readers and generators of your own: paths or packages. Their code is run. See docs/extending.md.",
    ),
  data: z
    .strictObject({
      path: z.string().min(1).describe("File of documents."),
      format: z
        .union([z.enum(formatNames()), z.string().min(1)])
        .default("auto")
        .describe(
          "Its format; docs/data.md describes each one. `auto`: guessed from its content. Or the name of a reader from `extensions`.",
        ),
      pictures: z
        .string()
        .min(1)
        .optional()
        .describe(
          "Folder to which the documents' `image` names are relative; needed for direction `picture`.",
        ),
      bio: z.enum(["conll", "strict", "repair"]).optional().describe("As `data.bio` of a training run."),
      imageExtension: z.string().optional().describe("As `data.imageExtension` of a training run."),
      offsets: z.enum(OFFSET_UNITS).optional().describe("As `data.offsets` of a training run."),
      limit: z
        .int()
        .positive()
        .optional()
        .describe(
          "Use only this many documents, as if the file ended there. (`--limit` only stops earlier.)",
        ),
    })
    .describe("What is real."),
  direction: z
    .enum(["text", "picture"])
    .describe(
      "What is real. `text`: pictures are generated. `picture`: texts are generated, and nothing is taken from the documents' own texts except the words of the mentions.",
    ),
  rounds: z
    .int()
    .positive()
    .max(16)
    .default(2)
    .describe("Number of views that a chain makes (K); published: 2."),
  chains: z.int().positive().max(1000).default(4).describe("Number of chains per instance (R)."),
  closing: z
    .boolean()
    .default(false)
    .describe(
      "Also turns the last view of every chain back into the real modality, with one more call per chain; needed for selection by similarity and for measuring drift.",
    ),
  seed: z.int().nonnegative().default(1).describe("The seed from which the seeds of all calls are derived."),
  textToImage: generator
    .optional()
    .describe("The generator of pictures; docs/generators.md lists the adapters."),
  imageToText: generator.optional().describe("The generator of texts."),
  textToText: generator
    .optional()
    .describe(
      "A generator of texts from texts, instead of chains: each of `chains` texts is made from the real text in one step, and `rounds` is 1.",
    ),
  checks: z
    .strictObject({
      duplicateLevels: z
        .union([z.int().min(0).max(255), z.literal(false)])
        .default(NEAR_DUPLICATE_LEVELS)
        .describe(
          "Pictures of an instance are near duplicates if the mean colours of all 8 x 8 cells differ by at most this many levels of 255; `false` keeps duplicates.",
        ),
    })
    .prefault({})
    .describe("How generated views are checked."),
});

/** A plan with defaults filled in. */
export type SynthesisPlan = z.output<typeof synthesisPlanSchema>;

/** A plan as users write it: fields with a default may be left out. */
export type SynthesisPlanInput = z.input<typeof synthesisPlanSchema>;
