// Opens a server's port, with errors that say what to do, and closes it again without cutting off answers.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError } from "../base/errors.ts";

/** Where a server listens. */
export interface ListeningAddress {
  readonly host: string;
  readonly port: number;
  /** For a browser or `curl` on this machine. */
  readonly url: string;
}

/**
 * Listens, or says why that is impossible.
 *
 * @throws ConfigError `serving/address-in-use`, `serving/cannot-listen`
 */
export async function listen(server: Server, host: string, port: number): Promise<ListeningAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(cannotListen(host, port, cause)));
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo; // it listens on a port, not on a socket's path
  return { host, port: taken, url: `http://${hostOfUrl(host)}:${taken}` };
}

/** Time for the last answers to reach their callers. */
const ANSWERS_MS = 5_000;
const IDLE_CHECK_MS = 50;

/** Takes no further connections, and waits until the requests that are being answered have ended. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that is kept alive for further requests becomes idle when its answer has been sent.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const late = setTimeout(() => server.closeAllConnections(), ANSWERS_MS);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127\./.test(host);
}

function hostOfUrl(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

function cannotListen(host: string, port: number, cause: Error): ConfigError {
  const { code } = cause as NodeJS.ErrnoException;
  const place = `${host}:${port}`;
  if (code === "EADDRINUSE")
    return new ConfigError({
      code: "serving/address-in-use",
      message: `another program listens on ${place}`,
      place,
      value: port,
      remedy: "End it, or choose another port with --port; 0 takes any free one.",
      cause,
    });
  return new ConfigError({
    code: "serving/cannot-listen",
    message: `cannot listen on ${place}: ${cause.message}`,
    place,
    value: host,
    remedy: "Check --host and --port. Ports below 1024 often need rights.",
    cause,
  });
}
