// The requests that a load sends: built once, before the clock starts, and sent again and again.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../../../base/errors.ts";
import { readDocuments } from "../../../data/readers.ts";

/** The body of a request with one post. */
export interface LoadRequest {
  readonly body: Buffer;
  readonly contentType: string;
}

const PICTURE_FILE = /\.(?:jpe?g|png|webp)$/i;
const MAX_PICTURES = 200; // enough that no cache holds them all, few enough to keep in memory

/** Which posts to send. */
export interface LoadPosts {
  /** A file of documents in any format that relata reads; their texts are sent. */
  readonly posts: string;
  /** A folder of pictures, of which each text gets the next. */
  readonly pictures?: string | undefined;
  readonly model?: string | undefined;
}

/**
 * Returns one request for each document of the file.
 *
 * @throws ConfigError `bench/no-posts`; the codes of the file
 */
export async function loadRequests({ posts, pictures, model }: LoadPosts): Promise<readonly LoadRequest[]> {
  const { documents } = await readDocuments(posts);
  const texts = [...new Set(documents.map(({ text }) => text))];
  if (texts.length === 0) throw noPosts(posts, "has no documents");
  const files = pictures === undefined ? [] : await picturesIn(pictures);
  return texts.map((text, i) => {
    const picture = files[i % files.length];
    return picture === undefined ? jsonRequest(text, model) : formRequest(text, model, picture);
  });
}

async function picturesIn(folder: string): Promise<readonly Buffer[]> {
  const names = (await readdir(folder)).filter((name) => PICTURE_FILE.test(name)).sort();
  if (names.length === 0) throw noPosts(folder, "has no pictures (.jpg, .png or .webp)");
  return Promise.all(names.slice(0, MAX_PICTURES).map((name) => readFile(join(folder, name))));
}

function jsonRequest(text: string, model: string | undefined): LoadRequest {
  return { body: Buffer.from(JSON.stringify({ text, model })), contentType: "application/json" };
}

const BOUNDARY = "relata-load-5f0c2d8e9b7a4c61";

function formRequest(text: string, model: string | undefined, picture: Buffer): LoadRequest {
  const field = (name: string, value: string) =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const body = Buffer.concat([
    Buffer.from(field("text", text) + (model === undefined ? "" : field("model", model))),
    Buffer.from(
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="image"; filename="picture"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    ),
    picture,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
  return { body, contentType: `multipart/form-data; boundary=${BOUNDARY}` };
}

function noPosts(path: string, problem: string): ConfigError {
  return new ConfigError({
    code: "bench/no-posts",
    message: `${path} ${problem}, so there is nothing to send`,
    place: path,
    remedy:
      "Name a file of documents (--posts; `relata validate` says which of its rows are not) and, for pictures, a folder of them (--pictures).",
  });
}
