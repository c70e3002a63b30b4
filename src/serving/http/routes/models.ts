// GET /v1/models: what is served, and what each model finds and sees.
import { z } from "@hono/zod-openapi";
import type { ServedModel } from "../../service.ts";
import type { ServingApp } from "../dependencies.ts";
import { describeRoute } from "../describe.ts";

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
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: "Scores on held-out documents, as the bundle records them" }),
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
