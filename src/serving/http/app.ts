// The HTTP API: routes and doors over a service, with checks before each request and problem documents for whatever is refused.
import { OpenAPIHono } from "@hono/zod-openapi";
import { matchedRoutes } from "hono/route";
import type { Log } from "../log.ts";
import { ServingMetrics } from "../metrics.ts";
import type { Service } from "../service.ts";
import type { Door, ServingApp, ServingContext, ServingEnv } from "./dependencies.ts";
import { logFailure } from "./extract/answer.ts";
import { PictureUrls } from "./extract/picture-urls.ts";
import { Admission } from "./guards/admission.ts";
import { checkOrigins } from "./guards/origins.ts";
import { DATA_HEADERS } from "./guards/security-headers.ts";
import { TokenCheck } from "./guards/tokens.ts";
import { traceOf } from "./guards/trace.ts";
import { PROBLEM_TYPE, problemHeaders, problemOf, statusOf } from "./problems.ts";
import { RequestError } from "./request-error.ts";
import { addExtract } from "./routes/extract.ts";
import { addExtractStream } from "./routes/extract-stream.ts";
import { addHealth } from "./routes/health.ts";
import { addModels } from "./routes/models.ts";
import { addOpenApi } from "./routes/openapi.ts";
import { addPage } from "./routes/page.ts";
import type { HttpSettings } from "./settings.ts";
import { Turns } from "./turns.ts";

/** What an app is made of. */
export interface AppOptions {
  readonly service: Service;
  readonly settings: HttpSettings;
  readonly log: Log;
  /** relata's version, for the OpenAPI document. */
  readonly version: string;
  /** Bearer tokens (`readTokens`); without any, everyone may ask. */
  readonly tokens?: readonly string[];
  /** The folder of the built page. */
  readonly pageFolder?: string | undefined;
  /** What else the server is not ready with, in words; `/readyz` says it. */
  readonly pending?: () => string | undefined;
  /** Further routes, each a file of `doors/` or of the page. */
  readonly doors?: readonly Door[];
}

/** An app and what must be closed after its last request. */
export interface CreatedApp {
  readonly app: ServingApp;
  /** Closes connections to where pictures come from. */
  close(): Promise<void>;
}

/**
 * Makes the app. `createHttpServer` puts it behind a port; `app.fetch` answers requests without one.
 *
 * @throws ConfigError `serving/wrong-setting` for a prefix of pictures that is not an address
 */
export function createApp(options: AppOptions): CreatedApp {
  const { service, settings, log, version, tokens = [], pageFolder, pending, doors = [] } = options;
  const metrics = new ServingMetrics(() => service.statistics());
  const tokenCheck = new TokenCheck(tokens);
  const gates = { admission: new Admission(settings, metrics), tokenCheck, turns: new Turns() };
  const urls = new PictureUrls(settings.pictureUrls);
  const deps = { service, settings, log, metrics, urls };
  const app: ServingApp = new OpenAPIHono<ServingEnv>();
  app.use("*", async (c, next) => {
    const begun = performance.now();
    c.set("deps", deps);
    c.set("gates", gates);
    c.set("held", { isAdmitted: false, bytes: 0 });
    c.set(
      "trace",
      traceOf({
        traceparent: c.req.header("traceparent"),
        tracestate: c.req.header("tracestate"),
        requestId: c.req.header("x-request-id"),
      }),
    );
    await next();
    addHeaders(c);
    whenEnded(c, () => end(c, begun));
  });
  app.use("*", checkOrigins(settings, tokenCheck.isOn));
  app.onError((error, c) => problemResponse(c, error));
  app.notFound((c) => problemResponse(c, nothingHere(app, c)));
  addExtract(app, urls);
  addExtractStream(app, urls);
  addModels(app);
  addHealth(app, pending);
  for (const door of doors) door(app, deps);
  addOpenApi(app, version);
  addPage(app, pageFolder);
  return { app, close: () => urls.close() };
}

function problemResponse(c: ServingContext, error: unknown): Response {
  logFailure(c, error);
  const problem = problemOf(error, { instance: c.get("trace").requestId });
  return new Response(JSON.stringify(problem), {
    status: statusOf(error),
    headers: { ...problemHeaders(error), "content-type": PROBLEM_TYPE },
  });
}

function addHeaders(c: ServingContext): void {
  const { headers } = c.res;
  for (const [name, value] of Object.entries(DATA_HEADERS)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  const { requestId, traceparent, tracestate } = c.get("trace");
  headers.set("x-request-id", requestId);
  headers.set("traceparent", traceparent);
  if (tracestate !== undefined) headers.set("tracestate", tracestate);
}

/** A streamed answer ends after its handler returned; without a server nobody can tell when. */
function whenEnded(c: ServingContext, ended: () => void): void {
  const { outgoing } = c.env ?? {};
  if (outgoing === undefined || outgoing.closed) ended();
  else outgoing.once("close", ended);
}

function end(c: ServingContext, begun: number): void {
  const deps = c.get("deps");
  const { admission } = c.get("gates");
  const trace = c.get("trace");
  const held = c.get("held");
  if (held.isAdmitted) admission.leave(held.bytes);
  const milliseconds = performance.now() - begun;
  const { method, path } = c.req;
  const { status } = c.res;
  deps.metrics.requestDone({
    method: knownMethod(method),
    route: routeOf(c),
    status,
    seconds: milliseconds / 1000,
  });
  if (status === 200 && WATCHED.includes(path)) return;
  deps.log.write("info", "request", {
    method,
    path,
    status,
    ms: Math.round(milliseconds),
    requestId: trace.requestId,
    traceId: trace.traceId,
  });
}

/** Asked every few seconds: only a failure is news. */
const WATCHED: readonly string[] = ["/healthz", "/readyz", "/metrics"];

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];

/** Callers can make up any number of methods; a metric for each would fill the memory. */
function knownMethod(method: string): string {
  return METHODS.includes(method) ? method : "other";
}

function routeOf(c: ServingContext): string {
  return matchedRoutes(c).findLast(({ path }) => path !== "/*" && path !== "*")?.path ?? "none";
}

/** 405 if the path has a route for another method, else 404. */
function nothingHere(app: ServingApp, c: ServingContext): RequestError {
  const methods = new Set(
    app.routes
      .filter(({ method, path }) => method !== "ALL" && patternOf(path).test(c.req.path))
      .map(({ method }) => method),
  );
  if (methods.size === 0)
    return new RequestError({ code: "serving/not-found", message: "there is nothing at this path" });
  if (methods.has("GET")) methods.add("HEAD");
  const allow = [...methods].sort().join(", ");
  return new RequestError({
    code: "serving/method-not-allowed",
    message: `this path takes ${allow}`,
    headers: { allow },
  });
}

function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/:\w+/g, "[^/]+")}$`);
}
