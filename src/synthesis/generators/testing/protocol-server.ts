// A local HTTP server for tests: speaks a protocol, records what it was asked, and misbehaves on demand.
import { Buffer } from "node:buffer";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | Uint8Array | object;
}

export type Protocol = (request: Received) => Reply | Promise<Reply>;

export type Misbehaviour =
  | { readonly kind: "reply"; readonly reply: Reply }
  /** Never answers. */
  | { readonly kind: "hang" }
  /** Sends the headers and a little of the body, then nothing. */
  | { readonly kind: "hang-mid-body" }
  | { readonly kind: "hang-up" }
  /** Announces the whole body, sends half of it, and hangs up. */
  | { readonly kind: "hang-up-mid-body" }
  /** Announces half of the body and ends there, as if it were all. */
  | { readonly kind: "short-length" }
  /** Never stops sending. */
  | { readonly kind: "endless" }
  | { readonly kind: "slow"; readonly ms: number };

/** What a proxy, a login page or a wrong address answers. */
export const HTML_PAGE: Misbehaviour = {
  kind: "reply",
  reply: {
    headers: { "content-type": "text/html" },
    body: "<!DOCTYPE html><html><body>Please log in</body></html>",
  },
};

/** The JSON body of a request. */
export function jsonOf(request: Received | undefined): Record<string, unknown> {
  return JSON.parse(request?.body.toString("utf8") ?? "null") as Record<string, unknown>;
}

export class ProtocolServer {
  readonly url: string;
  /** All requests so far, in their order. */
  readonly received: Received[] = [];
  readonly #pending: Misbehaviour[] = [];
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async start(protocol: Protocol): Promise<ProtocolServer> {
    const server = createServer((request, response) => {
      void self.#serve(request, response, protocol);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const self = new ProtocolServer(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return self;
  }

  /** The next requests are answered like this, one after the other; those after them properly. */
  misbehave(...next: readonly Misbehaviour[]): void {
    this.#pending.push(...next);
  }

  close(): Promise<void> {
    return this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse, protocol: Protocol): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = "", url = "", headers } = incoming;
    const request = { method, path: url, headers, body: Buffer.concat(chunks) };
    this.received.push(request);
    const fault = this.#pending.shift();
    switch (fault?.kind) {
      case "hang":
        return;
      case "hang-up":
        incoming.socket.destroy();
        return;
      case "endless":
        flood(response);
        return;
      case "reply":
        send(response, fault.reply);
        return;
      case "slow":
        await new Promise((resolve) => setTimeout(resolve, fault.ms));
        break;
      default:
    }
    const reply = await protocol(request);
    if (fault === undefined || fault.kind === "slow") return send(response, reply);
    const { status, type, bytes } = rendered(reply);
    const half = bytes.subarray(0, bytes.length >> 1);
    const length = fault.kind === "short-length" ? half.length : bytes.length;
    response.writeHead(status, { ...reply.headers, "content-type": type, "content-length": length });
    response.write(half, () => {
      if (fault.kind === "hang-up-mid-body") incoming.socket.destroy();
      if (fault.kind === "short-length") response.end();
    });
  }
}

function send(response: ServerResponse, reply: Reply): void {
  const { status, type, bytes } = rendered(reply);
  response.writeHead(status, { "content-type": type, ...reply.headers }).end(bytes);
}

function rendered({ status = 200, body = "" }: Reply): { status: number; type: string; bytes: Buffer } {
  if (typeof body === "string") return { status, type: "text/plain", bytes: Buffer.from(body, "utf8") };
  if (body instanceof Uint8Array) {
    return { status, type: "application/octet-stream", bytes: Buffer.from(body) };
  }
  return { status, type: "application/json", bytes: Buffer.from(JSON.stringify(body), "utf8") };
}

function flood(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  const chunk = Buffer.alloc(65_536, " ");
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
}
