// The schema of explanations in the OpenAPI document: what the picture did in one post.
import { z } from "@hono/zod-openapi";

const PROBABILITY = z.number().min(0).max(1);

const GUESS = z
  .object({
    label: z.string(),
    probability: PROBABILITY.optional().openapi({ description: "Absent for given mentions" }),
  })
  .openapi("Guess");

const SPAN = z.object({ start: z.int().min(0), end: z.int().min(0) });

const CHANGED = {
  change: z.enum(["added", "removed", "relabelled", "more", "less"]).openapi({
    description: "What the picture did; more and less keep the label with another probability",
  }),
  withPicture: GUESS.nullable(),
  withoutPicture: GUESS.nullable(),
};

const MODEL_KIND = z.enum(["entities", "relations", "categories"]);

const SHARE = z.number().min(0).max(1);

/**
 * Makes the schema.
 *
 * @param found the fields of an answer that says what was found
 */
export function explanationSchema<
  Entities extends z.ZodType,
  Relations extends z.ZodType,
  Category extends z.ZodType,
>(found: { readonly entities: Entities; readonly relations: Relations; readonly category: Category }) {
  return z
    .object({
      withoutPicture: z
        .object({ ...found })
        .nullable()
        .openapi({ description: "The same post read without its picture or caption; null if none was used" }),
      changed: z
        .object({
          entities: z.array(z.object({ ...CHANGED, ...SPAN.shape, text: z.string() })),
          relations: z.array(
            z.object({ ...CHANGED, head: SPAN, tail: SPAN, headText: z.string(), tailText: z.string() }),
          ),
          category: z.object(CHANGED).optional(),
        })
        .openapi({ description: "Empty lists if the picture changed nothing" }),
      regions: z
        .array(
          z.object({
            kind: z.enum(["whole", "crop"]),
            box: z
              .tuple([z.number(), z.number(), z.number(), z.number()])
              .openapi({ description: "Left, top, right, bottom in pixels of the stored picture" }),
            label: z.string().optional().openapi({ description: "The detector's name for it" }),
            score: SHARE.optional().openapi({ description: "The detector's own" }),
            models: z.array(MODEL_KIND).openapi({ description: "The models that were shown it" }),
          }),
        )
        .openapi({ description: "Parts of the picture that at least one model was shown" }),
      picture: z
        .object({ width: z.int(), height: z.int() })
        .nullable()
        .openapi({ description: "Its size in pixels; null for a caption, and if none was used" }),
      layers: z
        .array(
          z.object({
            model: MODEL_KIND,
            layer: z.int().min(0).openapi({ description: "Counted from 0" }),
            gates: z
              .array(SHARE)
              .openapi({ description: "Shares of the pieces of the picture that the layer reads" }),
            attention: SHARE.optional().openapi({
              description: "Share of the text's attention on the picture",
            }),
            regions: z
              .array(SHARE)
              .optional()
              .openapi({ description: "The same by region, in their order; empty for a caption" }),
          }),
        )
        .openapi({ description: "Of I2SRM's models; empty for others" }),
      experts: z
        .object({
          real: z
            .enum(["text", "picture"])
            .openapi({ description: "What the student learnt from real data" }),
          combination: z.enum(["product", "attention"]),
          trust: z.number().openapi({ description: "How much the views count; 0 ignores them" }),
          pairs: z.array(
            z.object({
              head: z.int().min(0),
              tail: z.int().min(0),
              headText: z.string(),
              tailText: z.string(),
              real: GUESS,
              views: GUESS,
              together: GUESS,
            }),
          ),
        })
        .optional()
        .openapi({ description: "Of a student of MI2RAGE that reads views" }),
    })
    .openapi("Explanation", {
      description: "What the picture, or the caption in its place, did in the post",
    });
}
