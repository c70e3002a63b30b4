// The app behind a port: limits on headers, connections and time, and answers to what is not HTTP.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Log } from "../log.ts";
import type { ServingApp } from "./dependencies.ts";
import { DATA_HEADERS } from "./guards/security-headers.ts";
import { PROBLEM_TYPE, problemOf } from "./problems.ts";
import { RequestError } from "./request-error.ts";

/** Bytes of a request's line and headers. */
const MAX_HEADER_BYTES = 16_384;
const MAX_HEADERS = 100;
/** Time for the headers: a client that sends a byte a second holds a connection no longer. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Time for headers and body together. */
const RECEIVING_TIMEOUT_MS = 60_000;
/** An idle connection: longer than the 60 seconds after which load balancers close theirs, so that they do it first. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const CHECK_INTERVAL_MS = 1000;
/** Connections beside those whose requests are answered: idle ones, health checks. */
const SPARE_CONNECTIONS = 512;

/** Limits of a server that tests make shorter. */
export interface ServerTimeouts {
  readonly headersTimeoutMs?: number;
  readonly receivingTimeoutMs?: number;
}

/**
 * Makes the server; the caller listens and closes.
 *
 * @example
 * const { app } = createApp({ service, settings, log, version });
 * createHttpServer(app, settings, log).listen(settings.port, settings.host);
 */
export function createHttpServer(
  app: ServingApp,
  settings: { readonly maxConcurrentRequests: number },
  log: Log,
  { headersTimeoutMs = HEADERS_TIMEOUT_MS, receivingTimeoutMs = RECEIVING_TIMEOUT_MS }: ServerTimeouts = {},
): Server {
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    overrideGlobalObjects: false, // a program that serves keeps its own Request and Response
    // Only what hono's adapter itself refuses comes here: the app answers its own errors.
    errorHandler: (error) => {
      const problem = notHttp("the request's address or host is not valid", 400);
      log.write("info", "request refused", { reason: (error as Error).message });
      return new Response(JSON.stringify(problem), { status: 400, headers: HEADERS });
    },
  });
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: headersTimeoutMs,
    requestTimeout: receivingTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    requireHostHeader: false, // the adapter refuses a request without one, and we say why
    insecureHTTPParser: false,
  });
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = settings.maxConcurrentRequests + SPARE_CONNECTIONS;
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    listener(incoming, outgoing).catch((error: unknown) => {
      log.write("error", "request failed", { error: String((error as Error).stack) });
      outgoing.destroy();
    });
  };
  server.on("request", answer);
  server.on("checkContinue", answer); // the body is asked for when it is read, so a refusal comes before it
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket, log));
  return server;
}

const HEADERS = { ...DATA_HEADERS, "content-type": PROBLEM_TYPE, connection: "close" };

/** Statuses of what Node's parser refuses; anything else is 400. */
const STATUS_OF: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", "the headers are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "the request did not arrive in time"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "Payload Too Large", "the extensions of a chunk are too large"],
};

function refuse(error: NodeJS.ErrnoException, socket: Socket, log: Log): void {
  log.write("info", "connection refused", { reason: error.code ?? error.message });
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase, detail] = STATUS_OF[error.code ?? ""] ?? [
    400,
    "Bad Request",
    "this is not a correct request of HTTP",
  ];
  const body = JSON.stringify(notHttp(detail, status));
  const headers = Object.entries({ ...HEADERS, "content-length": Buffer.byteLength(body) });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`HTTP/1.1 ${status} ${phrase}\r\n${lines}\r\n${body}`);
}

function notHttp(message: string, status: number) {
  return { ...problemOf(new RequestError({ code: "serving/not-http", message })), status };
}
