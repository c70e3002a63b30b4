// Adds a route to the app and to its OpenAPI document, with what all routes have: tokens, room, and problem documents.
import { createRoute, type RouteConfig } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { ServingApp, ServingContext, ServingEnv } from "./dependencies.ts";
import { PROBLEM_SCHEMA } from "./problem-schema.ts";
import { PROBLEM_TYPE } from "./problems.ts";

/** A route of the API. */
export interface ServingRoute {
  readonly method: "get" | "post" | "put" | "delete";
  /** With parameters in braces: `/v1/page/documents/{id}`. */
  readonly path: string;
  /** Begins with a verb, without a full stop. */
  readonly summary: string;
  readonly description?: string;
  /** The name of the function in generated clients. */
  readonly operationId: string;
  readonly tag: string;
  /** "token": needs one, if the server has any, and room. "open": answered always. */
  readonly access: "token" | "open";
  readonly request?: RouteConfig["request"];
  /** Answers that are not problems. */
  readonly responses: RouteConfig["responses"];
  /** Statuses of problems besides those of every route. */
  readonly problems?: readonly number[];
}

/** What each status of a problem means. */
const PROBLEM_MEANINGS: Readonly<Record<number, string>> = {
  400: "The request is malformed",
  401: "No bearer token, or an unknown one",
  403: "A page of another site sent the request",
  404: "There is nothing of this name",
  409: "It contradicts what is there",
  412: "What it depends on was changed meanwhile",
  413: "The body, a part or the number of posts is too large",
  415: "The body is of a type that is not read here",
  421: "The server is not called by this name",
  422: "The post cannot be read",
  429: "The queue is full; see Retry-After",
  500: "The server failed; its log has the request's id",
  503: "The server is busy, closing or not ready; see Retry-After",
  504: "The post was not read in time",
};

const OF_EVERY_ROUTE = [400, 403, 421, 500];
const OF_GUARDED_ROUTES = [401, 503];

/**
 * Adds a route. The handler reads and checks the request itself (`readJson`), and throws a RelataError for anything that it refuses.
 *
 * @example
 * describeRoute(app, {
 *   method: "get", path: "/v1/colours", operationId: "listColours", tag: "colours", access: "token",
 *   summary: "List colours",
 *   responses: { 200: { description: "Colours", content: { "application/json": { schema: COLOURS } } } },
 * }, (c) => c.json({ colours: [] }));
 */
export function describeRoute(
  app: ServingApp,
  route: ServingRoute,
  handler: (c: ServingContext) => Response | Promise<Response>,
): void {
  const {
    method,
    path,
    summary,
    description,
    operationId,
    tag,
    access,
    request,
    responses,
    problems = [],
  } = route;
  const isOpen = access === "open";
  const statuses = new Set([...OF_EVERY_ROUTE, ...(isOpen ? [] : OF_GUARDED_ROUTES), ...problems]);
  app.openAPIRegistry.registerPath(
    createRoute({
      method,
      path,
      summary,
      operationId,
      tags: [tag],
      ...(description === undefined ? {} : { description }),
      ...(isOpen ? { security: [] } : { security: [{ bearer: [] }, {}] }),
      ...(request === undefined ? {} : { request }),
      responses: {
        ...responses,
        ...Object.fromEntries(
          [...statuses].sort((a, b) => a - b).map((status) => [status, problemResponse(status)]),
        ),
      },
    }),
  );
  const pattern = path.replaceAll(/\{(.+?)\}/g, ":$1");
  app.on([method.toUpperCase()], [pattern], ...(isOpen ? [] : [guarded]), handler);
}

function problemResponse(status: number) {
  const meaning = PROBLEM_MEANINGS[status];
  if (meaning === undefined) throw new TypeError(`status ${status} is not that of a problem`);
  return {
    description: meaning,
    ...(status === 429 || status === 503
      ? {
          headers: {
            "Retry-After": { description: "Seconds to wait", schema: { type: "integer" as const } },
          },
        }
      : {}),
    content: { [PROBLEM_TYPE]: { schema: PROBLEM_SCHEMA } },
  };
}

/** Checks the token, then takes room for the request; its body has not been read yet. */
const guarded: MiddlewareHandler<ServingEnv> = async (c, next) => {
  const { admission, tokenCheck, turns } = c.get("gates");
  tokenCheck.require(c.req.header("authorization"));
  admission.enter();
  c.get("held").isAdmitted = true; // the app gives the room back when the answer has ended
  await turns.next();
  await next();
};
