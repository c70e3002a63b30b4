// GET /v1/models: what is served, and what each model finds and sees.
import { z } from "@hono/zod-openapi";
import type { ServedModel } from "../../service.ts";
import type { ServingApp } from "../dependencies.ts";
import { describeRoute } from "../describe.ts";

const ratio = z.number().min(0).max(1);
const SCORE_ROW = {
  precision: ratio,
  recall: ratio,
  f1: ratio,
  interval: z
    .array(ratio)
    .length(2)
    .nullable()
    .openapi({ description: "Ends of the 95 % interval of the F1" }),
  gold: z.int().nonnegative(),
  predicted: z.int().nonnegative(),
};

const SCORES = z
  .object({
    data: z.object({ source: z.string(), fingerprint: z.string(), documents: z.int().nonnegative() }),
    split: z
      .enum(["validation", "test"])
      .openapi({ description: "Validation documents chose the best epoch: on others, scores will be lower" }),
    trained: z
      .int()
      .nonnegative()
      .nullable()
      .openapi({ description: "How many of the documents' texts the model was trained on" }),
    scores: z.array(
      z.object({
        of: z.enum(["entities", "relations", "relations end to end", "categories"]),
        ...SCORE_ROW,
        macroF1: ratio,
        labels: z.array(z.object({ label: z.string(), ...SCORE_ROW })),
      }),
    ),
  })
  .openapi("ModelScores");

/** A served model, as the client's type `Model` has it. */
export const MODEL = z
  .object({
    name: z.string(),
    version: z.string().openapi({ description: "Begins the hash of its weights" }),
    loadedAt: z.iso.datetime(),
    default: z.boolean().openapi({ description: "Whether it answers requests that name no model" }),
    kind: z.enum(["bundle", "mner", "mre", "classification"]),
    entityTypes: z.array(z.string()),
    relationLabels: z.array(z.string()).openapi({ description: "None included" }),
    categories: z.array(z.string()),
    visualChannels: z.array(z.string()),
    sees: z.object({ pictures: z.boolean(), captions: z.boolean() }),
    needsMentions: z.boolean().openapi({ description: "Whether posts must include their entities" }),
    scores: z
      .array(SCORES)
      .nullable()
      .openapi({ description: "Scores as the model's card has them; null where none is on record" }),
    remarks: z.array(z.string()),
    notices: z.array(z.string()),
  })
  .openapi("Model");

/** Adds the route. */
export function addModels(app: ServingApp): void {
  describeRoute(
    app,
    {
      method: "get",
      path: "/v1/models",
      operationId: "listModels",
      tag: "models",
      access: "token",
      summary: "List the models, with their labels, scores and what they see",
      responses: {
        200: {
          description: "The models, the default one first",
          content: {
            "application/json": { schema: z.object({ models: z.array(MODEL) }).openapi("Models") },
          },
        },
      },
    },
    (c) => c.json({ models: c.get("deps").service.models().map(modelJson) }),
  );
}

function modelJson({ name, version, loadedAt, description }: ServedModel, index: number) {
  return { name, version, loadedAt: loadedAt.toISOString(), default: index === 0, ...description };
}
