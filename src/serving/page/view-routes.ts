// The routes of generated views: the list by score, and a view's picture.
import { z } from "@hono/zod-openapi";
import { checkRequest } from "../http/body/read-json.ts";
import type { ServingApp } from "../http/dependencies.ts";
import { describeRoute } from "../http/describe.ts";
import { cursorOf, LIMIT_FIELD, nothing } from "./document-routes.ts";
import type { GeneratedViews } from "./generated-views.ts";
import { formatCursor } from "./queue-order.ts";

const QUERY = z.strictObject({
  order: z.enum(["score", "-score"]).default("score"),
  limit: LIMIT_FIELD,
  after: z.string().max(64).optional(),
});
const VIEW = z.strictObject({
  id: z.string(),
  document: z.string(),
  text: z.string().optional(),
  picture: z.literal(true).optional(),
  label: z.string().openapi({ description: "The gold label; empty without scores" }),
  score: z.number().nullable().openapi({ description: "Cross-entropy of the gold label, in nats" }),
  adds: z.number().optional().openapi({ description: "What the view adds about the label, in nats" }),
  predicted: z.string().optional(),
  kept: z.boolean().openapi({ description: "Whether it passed the store's checks" }),
  reason: z.string().optional(),
  round: z.int(),
  chain: z.string(),
});

/** Adds the routes. */
export function addViews(app: ServingApp, views: GeneratedViews): void {
  describeRoute(
    app,
    {
      ...{ method: "get", path: "/v1/page/views", operationId: "listViews", tag: "page", access: "token" },
      summary: "List generated views by the teachers' score",
      request: { query: QUERY },
      responses: {
        200: {
          description: "A page of the list, and where the next one begins",
          content: {
            "application/json": {
              schema: z.strictObject({ views: z.array(VIEW), next: z.string().optional() }),
            },
          },
        },
      },
    },
    async (c) => {
      const { order, limit, after } = checkRequest(QUERY, c.req.query(), "the query");
      const { views: some, next } = await views.list({ order, limit, after: cursorOf(after) });
      return c.json({ views: some, ...(next === undefined ? {} : { next: formatCursor(next) }) });
    },
  );
  describeRoute(
    app,
    {
      ...{ method: "get", path: "/v1/page/views/{id}/picture", operationId: "getViewPicture", tag: "page" },
      access: "token",
      summary: "Get a view's picture",
      request: { params: z.strictObject({ id: z.string() }) },
      responses: {
        200: { description: "The picture's file", content: { "image/*": { schema: z.string() } } },
      },
      problems: [404, 422],
    },
    async (c) => {
      const picture = await views.picture(c.req.param("id") ?? "");
      if (picture === undefined) throw nothing("there is no picture with this id");
      return c.body(picture.bytes, 200, { "content-type": picture.type });
    },
  );
}
