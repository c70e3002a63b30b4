// GET /healthz, /readyz and /metrics: for whoever watches the server.
import { z } from "@hono/zod-openapi";
import type { ServingApp } from "../dependencies.ts";
import { describeRoute } from "../describe.ts";
import { RequestError } from "../request-error.ts";

/** Adds the routes. */
export function addHealth(app: ServingApp): void {
  describeRoute(
    app,
    {
      method: "get",
      path: "/healthz",
      operationId: "health",
      tag: "operation",
      access: "open",
      summary: "Tell whether the process is alive",
      responses: {
        200: {
          description: "It is",
          content: {
            "application/json": { schema: z.strictObject({ status: z.literal("ok") }).openapi("Health") },
          },
        },
      },
    },
    (c) => c.json({ status: "ok" }),
  );

  describeRoute(
    app,
    {
      method: "get",
      path: "/readyz",
      operationId: "ready",
      tag: "operation",
      access: "open",
      summary: "Tell whether every model answers",
      responses: {
        200: {
          description: "Every model has a worker that answers",
          content: {
            "application/json": { schema: z.strictObject({ status: z.literal("ready") }).openapi("Ready") },
          },
        },
      },
      problems: [503],
    },
    (c) => {
      const { service } = c.get("deps");
      if (service.isReady()) return c.json({ status: "ready" });
      const missing = service.statistics().filter(({ replicas }) => replicas.ready === 0);
      const names = missing.map(({ model }) => model.name);
      throw new RequestError({
        code: "serving/not-ready",
        message: names.length === 0 ? "no model is loaded yet" : `no worker answers for ${names.join(", ")}`,
        fault: "work",
      });
    },
  );

  describeRoute(
    app,
    {
      method: "get",
      path: "/metrics",
      operationId: "metrics",
      tag: "operation",
      access: "token",
      summary: "Counts and times in Prometheus' text format",
      responses: { 200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } } },
    },
    async (c) => {
      const { metrics } = c.get("deps");
      return c.body(await metrics.text(), 200, { "content-type": metrics.contentType });
    },
  );
}
