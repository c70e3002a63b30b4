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
import type { Turns } from "./turns.ts";

/** What every route and every door is given. */
export interface ServingDeps {
  readonly service: Service;
  readonly settings: HttpSettings;
  readonly log: Log;
  readonly metrics: ServingMetrics;
  /** The addresses that pictures may come from. */
  readonly urls: PictureUrls;
}

/** What requests pass before they are answered. */
export interface Gates {
  readonly admission: Admission;
  readonly tokenCheck: TokenCheck;
  readonly turns: Turns;
}

/** Room that a request took. */
export interface HeldRoom {
  isAdmitted: boolean;
  /** Of its body. */
  bytes: number;
}

/** What a request carries through the app. `c.get` reads it; `c.var` would copy all of it each time. */
export interface ServingEnv {
  /** Node's own request and response; absent if the app is called without a server. */
  Bindings: { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse };
  Variables: {
    readonly deps: ServingDeps;
    readonly gates: Gates;
    readonly trace: Trace;
    readonly held: HeldRoom;
  };
}

export type ServingApp = OpenAPIHono<ServingEnv>;
export type ServingContext = Context<ServingEnv>;

/** A set of routes: a file of `doors/`, or of the page. */
export type Door = (app: ServingApp, deps: ServingDeps) => void;
