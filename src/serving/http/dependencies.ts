// What routes and doors work with: the app, and what its requests carry.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Log } from "../log.ts";
import type { ServingMetrics } from "../metrics.ts";
import type { Service } from "../service.ts";
import type { PictureUrls } from "./extract/picture-urls.ts";
import type { Admission } from "./guards/admission.ts";
import type { TokenCheck } from "./guards/tokens.ts";
import type { Trace } from "./guards/trace.ts";
import type { HttpSettings } from "./settings.ts";

/** What every route and every door is given. */
export interface ServingDeps {
  readonly service: Service;
  readonly settings: HttpSettings;
  readonly log: Log;
  readonly metrics: ServingMetrics;
  /** The addresses that pictures may come from. */
  readonly urls: PictureUrls;
}

/** What a request carries through the app. */
export interface ServingEnv {
  /** Node's own request and response; absent if the app is called without a server. */
  Bindings: { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse };
  Variables: {
    readonly deps: ServingDeps;
    readonly admission: Admission;
    readonly tokenCheck: TokenCheck;
    readonly trace: Trace;
    /** Bytes of the body for which room was taken. */
    readonly heldBytes: number;
    /** Whether room was taken for the request. */
    readonly isAdmitted: boolean;
  };
}

export type ServingApp = OpenAPIHono<ServingEnv>;
export type ServingContext = Context<ServingEnv>;

/** A set of routes: a file of `doors/`, or of the page. */
export type Door = (app: ServingApp, deps: ServingDeps) => void;
