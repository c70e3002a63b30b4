// What requests and answers of extraction look like: one set of schemas checks requests and is published as the OpenAPI document.
import { z } from "@hono/zod-openapi";
import { OFFSET_UNITS } from "../../data/offset-units.ts";
import { explanationSchema } from "./explanation-schema.ts";
import { PROBLEM_SCHEMA } from "./problem-schema.ts";

const MAX_NAME = 256; // characters of an id, a label or a model's name
const MAX_CAPTION = 20_000; // characters; models read the first hundred words
const MAX_ENTITIES = 512; // given mentions: each pair of them may be asked about
const MAX_WORDS = 100_000;
const MAX_PAIRS = 1024; // pairs of a post: each is a text to read
const MAX_OVERLAP = 256; // tokens; windows have some hundred

const offset = (description: string) => z.int().min(0).openapi({ description, example: 0 });

const SPAN = z
  .strictObject({ start: offset("First offset"), end: offset("Offset after the last") })
  .openapi("Span");

const GIVEN_ENTITY = z
  .strictObject({
    start: offset("First offset"),
    end: offset("Offset after the last"),
    label: z.string().min(1).max(MAX_NAME).openapi({ description: "Its type", example: "PER" }),
    text: z.string().optional().openapi({ description: "Ignored, so that found entities can be sent back" }),
    probability: z.number().min(0).max(1).optional().openapi({ description: "Ignored, as the text is" }),
  })
  .openapi("GivenEntity");

const IMAGE = z
  .strictObject({
    base64: z
      .string()
      .min(1)
      .optional()
      .openapi({ description: "The file's bytes in base64, or a data URL" }),
    part: z
      .string()
      .min(1)
      .max(MAX_NAME)
      .optional()
      .openapi({ description: "The name of a file of the form" }),
    url: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .openapi({ description: "An address with a prefix that the server was started with (--picture-urls)" }),
  })
  .refine((image) => Object.values(image).filter((value) => value !== undefined).length === 1, {
    error: "expected exactly one of base64, part and url",
  })
  .openapi("Image", {
    description: "A picture: JPEG, PNG, GIF, WebP, TIFF or AVIF. Exactly one of the fields.",
    minProperties: 1,
    maxProperties: 1,
    example: {
      base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
    },
  });

const OPTIONS = z
  .strictObject({
    threshold: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .openapi({ description: "Smallest probability of a relation, in place of the model's own thresholds" }),
    thresholds: z
      .boolean()
      .optional()
      .openapi({ description: "Whether the models' own thresholds apply; default true" }),
    constrained: z
      .boolean()
      .optional()
      .openapi({ description: "Whether to decode only well-formed tag sequences" }),
    typeConstraints: z.boolean().optional().openapi({
      description: "Whether to ask only about types that had a relation in training; default true",
    }),
    maxPairs: z
      .int()
      .min(0)
      .max(MAX_PAIRS)
      .optional()
      .openapi({ description: "Ordered entity pairs asked about; default 64" }),
    windowOverlap: z
      .int()
      .min(0)
      .max(MAX_OVERLAP)
      .optional()
      .openapi({ description: "Tokens shared by neighbouring windows of a long text; default 32" }),
    unwantedVisual: z.enum(["refuse", "report"]).optional().openapi({
      description: "A picture or caption that no model can see is an error, or a note; default report",
    }),
    offsets: z.enum(OFFSET_UNITS).optional().openapi({ description: "What offsets count; default utf-16" }),
  })
  .openapi("Options");

const POST_EXAMPLE = { text: "Ada Novak met Bo in Rome" };

/** Fields of a post. */
const POST_FIELDS = {
  id: z.string().min(1).max(MAX_NAME).optional().openapi({ description: "Repeated in the answer" }),
  text: z.string().openapi({ example: POST_EXAMPLE.text }),
  image: IMAGE.optional(),
  caption: z
    .string()
    .max(MAX_CAPTION)
    .optional()
    .openapi({ description: "For models that were trained with captions" }),
  entities: z
    .array(GIVEN_ENTITY)
    .max(MAX_ENTITIES)
    .optional()
    .openapi({ description: "Known mentions, used instead of the entity model's" }),
  words: z
    .array(SPAN)
    .max(MAX_WORDS)
    .optional()
    .openapi({ description: "The text's words; by default the text is split" }),
};

/** Fields of a request besides its posts. */
const REQUEST_FIELDS = {
  model: z
    .string()
    .min(1)
    .max(MAX_NAME)
    .optional()
    .openapi({ description: "Default: the first of GET /v1/models" }),
  options: OPTIONS.optional(),
  explain: z.boolean().optional().openapi({
    description: "Also say what the picture changed and how much each layer used it; takes twice as long",
  }),
};

/** One post of many. */
export const POST = z.strictObject(POST_FIELDS).openapi("Post", { example: POST_EXAMPLE });
export type PostInput = z.output<typeof POST>;
export type ImageInput = z.output<typeof IMAGE>;

/** A request with one post, whose fields are those of the request. */
export const ONE = z
  .strictObject({ ...POST_FIELDS, ...REQUEST_FIELDS })
  .openapi("ExtractOne", { example: POST_EXAMPLE });

/** A request with many posts, as it is published. */
export const MANY = z
  .strictObject({ posts: z.array(POST).min(1), ...REQUEST_FIELDS })
  .openapi("ExtractMany", { example: { posts: [POST_EXAMPLE, { id: "b", text: "Cy left Oslo" }] } });

/** The same, as it is checked: one bad post does not spoil the others. */
export const MANY_OUTSIDE = z.strictObject({ posts: z.array(z.unknown()).min(1), ...REQUEST_FIELDS });
export type RequestInput = Pick<z.output<typeof ONE>, "model" | "options" | "explain">;

/** A form, as curl -F makes it. */
export const FORM = z
  .strictObject({
    request: z
      .string()
      .optional()
      .openapi({ description: "The JSON of the request, whose images name parts of the form" }),
    text: z.string().optional(),
    caption: z.string().optional(),
    id: z.string().optional(),
    model: z.string().optional(),
    offsets: z.enum(OFFSET_UNITS).optional(),
    explain: z.enum(["true", "false"]).optional(),
    image: z.string().optional().openapi({ format: "binary", description: "The picture's file" }),
  })
  .openapi("ExtractForm", {
    description: "Either `request` and the files that it names, or the fields of one post.",
    additionalProperties: { type: "string", format: "binary" },
  });

const PROBABILITY = z.number().min(0).max(1);

const MODEL_NAME = z
  .object({
    name: z.string(),
    version: z.string().openapi({ description: "Begins the hash of its weights" }),
  })
  .openapi("ModelName");

const ENTITY = z
  .object({
    start: offset("First offset"),
    end: offset("Offset after the last"),
    text: z.string(),
    label: z.string(),
    probability: PROBABILITY.optional().openapi({ description: "Absent for given mentions" }),
  })
  .openapi("Entity");

const RELATION = z
  .object({
    head: z.int().min(0).openapi({ description: "Position in entities" }),
    tail: z.int().min(0).openapi({ description: "Position in entities" }),
    headText: z.string(),
    tailText: z.string(),
    label: z.string(),
    probability: PROBABILITY,
  })
  .openapi("Relation");

const RESULT_EXAMPLE = {
  model: { name: "posts", version: "3f1c9a2b7d04" },
  entities: [
    { start: 0, end: 9, text: "Ada Novak", label: "PER", probability: 0.98 },
    { start: 14, end: 16, text: "Bo", label: "PER", probability: 0.91 },
  ],
  relations: [{ head: 0, tail: 1, headText: "Ada Novak", tailText: "Bo", label: "met", probability: 0.87 }],
  offsets: "utf-16" as const,
  visual: "none" as const,
  calibrated: true,
  notes: [],
  timing: { queuedMs: 0.4, readMs: 12.5 },
};

const FOUND = {
  entities: z.array(ENTITY),
  relations: z.array(RELATION),
  category: z.object({ label: z.string(), probability: PROBABILITY }).optional(),
};

/** What was found in one post. Answers may have further fields one day, so their objects are open. */
export const RESULT = z
  .object({
    id: z.string().optional(),
    model: MODEL_NAME,
    ...FOUND,
    offsets: z.enum(OFFSET_UNITS),
    visual: z
      .enum(["picture", "caption", "none", "missing", "broken"])
      .openapi({ description: "What the models saw besides the text" }),
    visualError: z
      .object({ code: z.string(), message: z.string() })
      .optional()
      .openapi({ description: "Why the picture could not be used; the text was read without it" }),
    calibrated: z.boolean(),
    notes: z
      .array(z.object({ code: z.string(), message: z.string(), value: z.unknown().optional() }))
      .openapi({ description: "What was cut, left out or ignored" }),
    timing: z.object({ queuedMs: z.number(), readMs: z.number() }),
    explanation: explanationSchema(FOUND).optional(),
  })
  .openapi("Result", { example: RESULT_EXAMPLE });

const FAILED = z.object({ id: z.string().optional(), problem: PROBLEM_SCHEMA }).openapi("FailedPost");

/** What was found in many posts. */
export const RESULTS = z
  .object({
    model: MODEL_NAME,
    results: z.array(z.union([RESULT, FAILED])).openapi({ description: "In the order of the posts" }),
  })
  .openapi("Results");
