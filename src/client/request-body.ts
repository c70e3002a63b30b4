// The body of a request: JSON, or a form if a picture is given as bytes.
import type { Picture, PostToRead, ReadOptions } from "./api-types.ts";

/** What a request says besides its posts. */
export interface RequestOptions extends ReadOptions {
  /** The model's name; default: the server's first. */
  readonly model?: string | undefined;
  /** Whether to say also what the picture changed; takes twice as long. */
  readonly explain?: boolean | undefined;
}

/** A body and its media type; a form's type is left to `fetch`, which chooses the boundary. */
export interface RequestBody {
  readonly body: string | FormData;
  readonly headers: Readonly<Record<string, string>>;
}

/** The body of a request with one post. */
export function bodyOfOne(post: PostToRead, options: RequestOptions): RequestBody {
  const files: Blob[] = [];
  return bodyOf({ ...postOf(post, files), ...fieldsOf(options) }, files);
}

/** The body of a request with many posts. */
export function bodyOfMany(posts: readonly PostToRead[], options: RequestOptions): RequestBody {
  const files: Blob[] = [];
  return bodyOf({ posts: posts.map((post) => postOf(post, files)), ...fieldsOf(options) }, files);
}

function bodyOf(request: object, files: readonly Blob[]): RequestBody {
  const json = JSON.stringify(request);
  if (files.length === 0) return { body: json, headers: { "content-type": "application/json" } };
  const form = new FormData();
  form.append("request", json);
  for (const [i, file] of files.entries()) form.append(partName(i), file, partName(i));
  return { body: form, headers: {} };
}

function fieldsOf({ model, explain, ...options }: RequestOptions): object {
  const hasOptions = Object.values(options).some((value) => value !== undefined);
  return { model, explain, ...(hasOptions ? { options } : {}) };
}

/** The post as JSON. Its picture, if it is bytes, is added to `files`. */
function postOf({ id, text, image, caption, entities, words }: PostToRead, files: Blob[]): object {
  return {
    id,
    text,
    caption,
    entities,
    words,
    ...(image === undefined ? {} : { image: imageOf(image, files) }),
  };
}

function imageOf(image: Picture, files: Blob[]): object {
  if (image instanceof Blob || image instanceof Uint8Array || image instanceof ArrayBuffer) {
    // Copied, because a Blob takes no views of memory that several threads share.
    files.push(image instanceof Blob ? image : new Blob([new Uint8Array(image)]));
    return { part: partName(files.length - 1) };
  }
  return image;
}

const partName = (i: number) => `picture-${i}`;
