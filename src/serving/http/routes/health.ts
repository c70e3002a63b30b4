// GET /healthz, /readyz and /metrics: for whoever watches the server.
import { z } from "@hono/zod-openapi";
import type { Service } from "../../service.ts";
import type { ServingApp } from "../dependencies.ts";
import { describeRoute } from "../describe.ts";
import { RequestError } from "../request-error.ts";

/** Adds the routes. @param pending what else is not ready, in words */
export function addHealth(app: ServingApp, pending: () => string | undefined = () => undefined): void {
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
      summary: "Tell whether every model answers, and the documents to correct are indexed",
      responses: {
        200: {
          description: "Every model has a worker that answers, and nothing else is being prepared",
          content: {
            "application/json": { schema: z.strictObject({ status: z.literal("ready") }).openapi("Ready") },
          },
        },
      },
      problems: [503],
    },
    (c) => {
      const { service } = c.get("deps");
      const missing = [...(service.isReady() ? [] : [withoutWorkers(service)]), pending() ?? []].flat();
      if (missing.length === 0) return c.json({ status: "ready" });
      throw new RequestError({ code: "serving/not-ready", message: missing.join("; "), fault: "work" });
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

function withoutWorkers(service: Service): string {
  const missing = service.statistics().filter(({ replicas }) => replicas.ready === 0);
  const names = missing.map(({ model }) => model.name);
  return names.length === 0 ? "no model is loaded yet" : `no worker answers for ${names.join(", ")}`;
}
