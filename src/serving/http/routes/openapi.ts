// GET /openapi.json: the description of all routes, made from the schemas that check requests.
import { z } from "@hono/zod-openapi";
import type { ServingApp } from "../dependencies.ts";
import { describeRoute } from "../describe.ts";

const TAGS = [
  { name: "extraction", description: "Entities, relations and categories of posts" },
  { name: "models", description: "What is served" },
  { name: "operation", description: "For whoever watches the server" },
];

/** Adds the route; the document has every route that was described before its first request. */
export function addOpenApi(app: ServingApp, version: string): void {
  let document: ReturnType<ServingApp["getOpenAPI31Document"]> | undefined;
  describeRoute(
    app,
    {
      method: "get",
      path: "/openapi.json",
      operationId: "openapi",
      tag: "operation",
      access: "token",
      summary: "This document",
      responses: {
        200: {
          description: "An OpenAPI document",
          content: { "application/json": { schema: z.record(z.string(), z.unknown()).openapi("OpenApi") } },
        },
      },
    },
    (c) => {
      document ??= documentOf(app, version);
      return c.json(document);
    },
  );
}

function documentOf(app: ServingApp, version: string) {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "relata",
      version,
      description:
        "Finds entities and their relations in a text and the picture posted with it. Every error is a problem document (RFC 9457). Besides the " +
        "statuses of each path, any path may answer 405 (another method), 408 (the request arrived too slowly) and 431 (the headers are too large).",
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    servers: [{ url: "/" }],
    tags: TAGS,
  });
}
