// The bytes of a request's body, as far as limits allow, and why a body is not read at all.
import { Readable } from "node:stream";
import type { ServingContext } from "../dependencies.ts";
import { RequestError } from "../request-error.ts";

/**
 * Checks what the headers say of the body, and begins to read it. Every chunk counts towards the limits.
 *
 * @throws RequestError `serving/media-type` for a compressed body, `serving/body-too-large`, `serving/too-many-requests`; while reading also
 * `serving/caller-left`
 */
export function openBody(c: ServingContext): AsyncGenerator<Buffer> {
  const encoding = c.req.header("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "")
    throw new RequestError({
      code: "serving/media-type",
      message: "the body is compressed, and compressed bodies are not read",
      place: "Content-Encoding",
      headers: { "accept-encoding": "identity" },
    });
  const { maxBodyBytes } = c.get("deps").settings;
  const announced = c.req.header("content-length");
  if (announced !== undefined && Number(announced) > maxBodyBytes) throw tooLarge(maxBodyBytes);
  const { incoming, outgoing } = c.env ?? {}; // absent if the app is called without a server
  if (incoming?.headers.expect?.toLowerCase() === "100-continue") outgoing?.writeContinue();
  return limited(c, incoming ?? fromWeb(c.req.raw.body), maxBodyBytes);
}

/** All bytes of the body. @throws as `openBody` */
export async function readBody(c: ServingContext): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of openBody(c)) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks); // the only one
}

async function* limited(c: ServingContext, body: Readable, maxBodyBytes: number): AsyncGenerator<Buffer> {
  const { admission } = c.get("gates");
  const held = c.get("held");
  let read = 0;
  try {
    // Destroying the request would take the connection, and the answer, with it.
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      read += chunk.length;
      if (read > maxBodyBytes) throw tooLarge(maxBodyBytes);
      admission.hold(chunk.length);
      held.bytes += chunk.length;
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    }
  } catch (error) {
    if (error instanceof RequestError || !isConnectionError(error)) throw error;
    throw new RequestError({
      code: "serving/caller-left",
      message: "the connection closed before the body was complete",
      fault: "work",
      cause: error,
    });
  }
}

function fromWeb(body: ReadableStream | null): Readable {
  return body === null ? Readable.from([]) : Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
}

function isConnectionError(error: unknown): boolean {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE" || name === "AbortError";
}

function tooLarge(maxBodyBytes: number): RequestError {
  return new RequestError({
    code: "serving/body-too-large",
    message: `the body has more than ${maxBodyBytes} bytes`,
    value: maxBodyBytes,
    // What follows is not read; the caller may still be sending it.
    headers: { connection: "close" },
  });
}
