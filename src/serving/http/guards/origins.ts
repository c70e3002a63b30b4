// Which pages may ask: CORS for listed origins, no requests by pages of other sites, no foreign names for a server on loopback.
import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import { isLoopback } from "../../listening.ts";
import type { ServingContext, ServingEnv } from "../dependencies.ts";
import { RequestError } from "../request-error.ts";
import type { HttpSettings } from "../settings.ts";

const ALLOWED_HEADERS = "authorization, content-type, relata-timeout, traceparent, tracestate, x-request-id";
const EXPOSED_HEADERS = "retry-after, traceparent, x-request-id";
const PREFLIGHT_SECONDS = "600";

/** Answers preflights of listed origins, and refuses what a page of another site sends. */
export function checkOrigins(settings: HttpSettings, hasTokens: boolean): MiddlewareHandler<ServingEnv> {
  const listed = new Set(settings.corsOrigin.map((origin) => origin.replace(/\/$/, "").toLowerCase()));
  const names = new Set(settings.allowedHost.map((name) => name.toLowerCase()));
  // With tokens a rebound name gains nothing: its page has no token.
  const guardsName = !hasTokens && isLoopback(settings.host);
  return async (c, next) => {
    if (guardsName) requireOwnName(c, names);
    const origin = c.req.header("origin")?.toLowerCase();
    if (origin === undefined) return next();
    if (!listed.has(origin)) {
      if (isOwn(c, origin)) return next();
      throw foreign(origin);
    }
    if (c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined)
      return c.body(null, 204, {
        ...granted(origin),
        "access-control-allow-methods": "GET, POST, PUT",
        "access-control-allow-headers": ALLOWED_HEADERS,
        "access-control-max-age": PREFLIGHT_SECONDS,
      });
    await next();
    for (const [name, value] of Object.entries(granted(origin))) c.header(name, value);
  };
}

function granted(origin: string): Readonly<Record<string, string>> {
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": EXPOSED_HEADERS,
    vary: "Origin",
  };
}

/** Whether a page of this server sent the request: the scheme may differ behind a proxy that ends TLS. */
function isOwn(c: ServingContext, origin: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === c.req.header("host")?.toLowerCase();
}

function foreign(origin: string): RequestError {
  return new RequestError({
    code: "serving/foreign-origin",
    message: `a page of ${shortened(origin)} may not use this server`,
    place: "Origin",
  });
}

/** Against names of others that lead to this machine: their pages would count as the server's own. */
function requireOwnName(c: ServingContext, names: ReadonlySet<string>): void {
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  const name = host.toLowerCase().replace(/:\d*$/, "");
  const isAddress = isIP(name.replace(/^\[|\]$/g, "")) !== 0;
  if (isAddress || name === "localhost" || name.endsWith(".localhost") || names.has(name)) return;
  throw new RequestError({
    code: "serving/unknown-host",
    message: `this server listens on ${c.get("deps").settings.host} and is not called ${shortened(name)}`,
    place: "Host",
  });
}

const MAX_SHOWN = 100;

function shortened(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}...`;
}
