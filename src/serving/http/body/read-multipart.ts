// A multipart body: every part by its name, whole and within the limits.
import { once } from "node:events";
import { Busboy } from "@fastify/busboy";
import type { ServingContext } from "../dependencies.ts";
import { RequestError } from "../request-error.ts";
import { pictureTooLarge } from "./base64.ts";
import { openBody } from "./read-body.ts";

/** One part of a form. */
export interface FormPart {
  readonly bytes: Buffer;
  /** Whether it was sent as a file, with a file's name. */
  readonly isFile: boolean;
}

/** Fields besides one picture for each post. */
const MAX_FIELDS = 16;
const MAX_HEADER_BYTES = 4096; // of one part; a name and a type need far less
const MAX_HEADERS = 16;

/**
 * Reads a form.
 *
 * @throws RequestError `serving/bad-multipart`, `serving/body-too-large`, and those of `openBody`
 */
export async function readMultipart(c: ServingContext): Promise<ReadonlyMap<string, FormPart>> {
  const { maxPictureBytes, maxPosts } = c.get("deps").settings;
  const parts = new Map<string, FormPart>();
  let fault: RequestError | undefined;
  const form = formOf(c.req.header("content-type") ?? "", maxPictureBytes, maxPosts + MAX_FIELDS);
  form.on("partsLimit", () => {
    fault ??= bad(`the form has more than ${maxPosts + MAX_FIELDS} parts`);
  });
  form.on("file", (name: string | undefined, stream, filename: string | undefined) => {
    const chunks: Buffer[] = [];
    if (!isName(name)) fault ??= bad("a part of the form has no name");
    else if (parts.has(name)) fault ??= bad(`the form has two parts named ${shown(name)}`);
    else parts.set(name, { bytes: Buffer.alloc(0), isFile: filename !== undefined });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("limit", () => {
      fault ??= pictureTooLarge(`the part ${shown(name ?? "")}`, maxPictureBytes);
    });
    stream.on("error", () => {
      fault ??= bad("a part of the form ends early"); // the form's own error says so too
    });
    stream.on("end", () => {
      if (isName(name)) parts.set(name, { bytes: Buffer.concat(chunks), isFile: filename !== undefined });
    });
  });
  form.on("error", () => undefined); // a second one would have no listener; `finished` has the first
  const finished = once(form, "finish").catch((error: unknown) => {
    throw bad(`the body is not a whole form: ${(error as Error).message}`, error);
  });
  finished.catch(() => undefined); // awaited below; until then a failure waits
  for await (const chunk of openBody(c)) {
    if (fault !== undefined) throw fault;
    if (!form.write(chunk)) await Promise.race([once(form, "drain"), finished]);
  }
  form.end();
  await finished;
  if (fault !== undefined) throw fault;
  return parts;
}

function formOf(contentType: string, fileSize: number, parts: number) {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      isPartAFile: () => true, // texts too: their bytes are checked to be UTF-8
      limits: {
        fileSize,
        files: parts,
        parts,
        headerPairs: MAX_HEADERS,
        headerSize: MAX_HEADER_BYTES,
      },
    });
  } catch (error) {
    throw bad("the header Content-Type names no boundary", error);
  }
}

/** Not present, or empty, if a part's header does not say it. */
function isName(name: string | undefined): name is string {
  return typeof name === "string" && name !== "";
}

const MAX_SHOWN = 60;

function shown(name: string): string {
  return JSON.stringify(name.slice(0, MAX_SHOWN));
}

function bad(message: string, cause?: unknown): RequestError {
  return new RequestError({
    code: "serving/bad-multipart",
    message,
    cause,
    headers: { connection: "close" },
  });
}
