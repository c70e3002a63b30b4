// The pictures of published posts: each different one is an object of its own beside the posts, under the hash of its bytes. A worker gets it when
// the model is about to read it, so that no unit's pictures are in memory together.
import { z } from "zod";
import type { ErrorCode } from "../../base/codes/error-code.ts";
import { DataError, EncoderError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import { StringIndex } from "../../base/string-index.ts";
import { readPictureFile } from "../../encoders/pictures/decode.ts";
import { isPictureFault } from "../../encoders/pictures/limits.ts";
import type { ObjectStore } from "../../units/object-store.ts";
import { damagedUnit } from "../../units/unit-record.ts";
import { noSuchPicture } from "../../visual/picture-state.ts";
import { type PictureSource, type PostPicture, UNNAMED_PICTURE } from "../../visual/visual-channel.ts";

/** What is published of a post's picture: its content, or what is wrong with its file. */
export const publishedPictureSchema = z.strictObject({
  /** The file as the submitter named it, or words for a picture without a file: errors and results name it. */
  place: z.string(),
  /** Of the bytes. */
  sha256: z.string().optional(),
  /** Why the file cannot be read. Without this and a hash, the file vanished while it was published. */
  fault: z.strictObject({ code: z.string(), message: z.string(), remedy: z.string() }).optional(),
});
export type PublishedPicture = z.output<typeof publishedPictureSchema>;

const prefixOf = (job: string) => `${job}/pictures/`;
/** 256 folders: one alone would have too many files. */
const keyOf = (job: string, hash: string) => `${prefixOf(job)}${hash.slice(0, 2)}/${hash.slice(2)}`;

/** Puts pictures into the store, each content once. */
export class PicturePublisher {
  readonly #job: string;
  readonly #store: ObjectStore;
  readonly #known: StringIndex;

  private constructor(job: string, store: ObjectStore, known: StringIndex) {
    this.#job = job;
    this.#store = store;
    this.#known = known;
  }

  /** Lists what is in the store. @throws the errors of the store */
  static async open(job: string, store: ObjectStore): Promise<PicturePublisher> {
    const known = new StringIndex();
    for await (const key of store.list(prefixOf(job))) known.add(key);
    return new PicturePublisher(job, store, known);
  }

  /** Publishes a picture, unless it is there, and returns what is published with the post. @throws the errors of the store */
  async publish(picture: PostPicture): Promise<PublishedPicture> {
    const place = placeOf(picture);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await bytesOf(picture);
    } catch (error) {
      if (!isPictureFault(error)) throw error;
      const { code, message, remedy } = error;
      return { place, fault: { code, message, remedy } };
    }
    if (bytes === undefined) return { place };
    const hash = sha256(bytes);
    const key = keyOf(this.#job, hash);
    if (!this.#known.has(key)) {
      await this.#store.putIfAbsent(key, bytes);
      this.#known.add(key); // once it is there
    }
    return { place, sha256: hash };
  }
}

function placeOf(picture: PostPicture): string {
  if (typeof picture === "string") return picture;
  return picture instanceof Uint8Array ? UNNAMED_PICTURE : picture.place;
}

/** Undefined if the file does not exist. */
async function bytesOf(picture: PostPicture): Promise<Uint8Array | undefined> {
  if (typeof picture === "string") return readPictureFile(picture);
  return picture instanceof Uint8Array ? picture : picture.bytes();
}

/** A published picture, as the models read it: with the errors that its file would have given. */
export function publishedPicture(
  { place, sha256: hash, fault }: PublishedPicture,
  job: string,
  store: ObjectStore,
): PictureSource {
  return {
    place,
    async bytes() {
      if (fault !== undefined) throw new EncoderError({ ...fault, code: fault.code as ErrorCode, place }); // of the one that was published
      if (hash === undefined) throw noSuchPicture(place);
      return wholeObject(store, keyOf(job, hash), hash);
    },
  };
}

/** An object in the store whose hash is known. @throws DataError `units/damaged-unit`; the errors of the store, all as faults of the work: the post is right */
async function wholeObject(store: ObjectStore, key: string, hash: string): Promise<Uint8Array> {
  const place = `${store.place}/${key}`;
  try {
    const bytes = await store.get(key);
    if (bytes === undefined) throw damagedUnit(place, "is not there");
    if (sha256(bytes) !== hash) throw damagedUnit(place, "does not have the bytes that its name announces");
    return bytes;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const { code, message, remedy, value, cause } = error;
    throw new DataError({ code, message, place, remedy, value, cause, fault: "work" });
  }
}
