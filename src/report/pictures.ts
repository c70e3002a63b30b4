// Embeds pictures in the page: scaled down, as data URLs, up to a total size; counts what could not be embedded, by reason.

import { EncoderError, SynthesisError } from "../base/errors.ts";
import { sha256 } from "../base/sha256.ts";
import { decodePicture, readPicture } from "../encoders/pictures/decode.ts";
import { readContent } from "../synthesis/store/object-store.ts";
import type { PictureSource } from "./report-data.ts";

/** A picture on the page, or why it is missing. */
export type EmbeddedPicture =
  | {
      readonly state: "embedded";
      readonly url: string;
      /** Pixels, so that the page can reserve its space. */
      readonly width: number;
      readonly height: number;
    }
  | { readonly state: "left out"; readonly reason: "limit" | "missing" | "broken"; readonly detail: string };

export interface PictureLimits {
  /** Longest side in pixels; smaller pictures are unchanged. */
  readonly longestSide: number;
  /** Total bytes of all data URLs. */
  readonly totalBytes: number;
  /** JPEG for drawings used outside a browser, where WebP may not be readable; default WebP. */
  readonly encoding?: "webp" | "jpeg" | undefined;
}

/** A contact sheet shows pictures at 150 CSS pixels, examples at 180: this is enough for double-density screens. */
export const DEFAULT_PICTURE_LIMITS: PictureLimits = { longestSide: 320, totalBytes: 12_000_000 };

/** Keeps faults of a generated picture visible; a photograph of 320 px takes about 15 kB as WebP. */
const ENCODINGS = { webp: { quality: 80 }, jpeg: { quality: 88, chromaSubsampling: "4:4:4" } };

/** Pictures of a page. */
export interface PictureAccount {
  /** Total length of the data URLs. */
  readonly bytes: number;
  /** Pictures on the page; one shown twice counts twice. */
  readonly embedded: number;
  /** Pictures that are not on the page, by reason. */
  readonly leftOut: Readonly<Record<"limit" | "missing" | "broken", number>>;
}

/** Embeds pictures one by one, in page order, until the total is reached. */
export class PictureEmbedder {
  readonly #limits: PictureLimits;
  readonly #known = new Map<string, EmbeddedPicture>();
  #bytes = 0;
  #embedded = 0;
  readonly #leftOut = { limit: 0, missing: 0, broken: 0 };

  constructor(limits: PictureLimits) {
    this.#limits = limits;
  }

  /** The outcome of the pictures so far. */
  get account(): PictureAccount {
    return { bytes: this.#bytes, embedded: this.#embedded, leftOut: { ...this.#leftOut } };
  }

  /** Returns the picture as a data URL. A picture that occurs twice is embedded twice and counts twice. */
  async embed(source: PictureSource): Promise<EmbeddedPicture> {
    const key = keyOf(source);
    let picture = this.#known.get(key);
    if (picture === undefined) {
      picture = await smaller(source, this.#limits);
      this.#known.set(key, picture);
    }
    if (picture.state === "left out") {
      this.#leftOut[picture.reason]++;
      return picture;
    }
    if (this.#bytes + picture.url.length > this.#limits.totalBytes) {
      this.#leftOut.limit++;
      return { state: "left out", reason: "limit", detail: "left out: the page would become too large" };
    }
    this.#bytes += picture.url.length;
    this.#embedded++;
    return picture;
  }
}

function keyOf(source: PictureSource): string {
  if (source.from === "file") return `file ${source.path}`;
  if (source.from === "store") return `store ${source.store} ${source.content}`;
  return `bytes ${sha256(source.base64)}`;
}

/** Decoded and encoded again, so that only pixels reach the page. */
async function smaller(
  source: PictureSource,
  { longestSide, encoding = "webp" }: PictureLimits,
): Promise<EmbeddedPicture> {
  let rgb: { readonly width: number; readonly height: number; readonly data: Uint8Array };
  if (source.from === "file") {
    const outcome = await readPicture(source.path);
    if (outcome.state === "missing")
      return { state: "left out", reason: "missing", detail: "the picture's file is missing" };
    if (outcome.state === "broken") return broken(outcome.error);
    rgb = outcome.picture;
  } else {
    try {
      rgb = await decodePicture(await bytesOf(source), { place: source.alt });
    } catch (error) {
      if (error instanceof SynthesisError)
        return {
          state: "left out",
          reason: "missing",
          detail: `the store does not have the picture (${error.code})`,
        };
      if (!(error instanceof EncoderError)) throw error;
      return broken(error);
    }
  }
  const { default: sharp } = await import("sharp");
  const { data, info } = await sharp(rgb.data, {
    raw: { width: rgb.width, height: rgb.height, channels: 3 },
  })
    .resize(longestSide, longestSide, { fit: "inside", withoutEnlargement: true })
    .toFormat(encoding, ENCODINGS[encoding])
    .toBuffer({ resolveWithObject: true });
  return {
    state: "embedded",
    url: `data:image/${encoding};base64,${data.toString("base64")}`,
    width: info.width,
    height: info.height,
  };
}

async function bytesOf(source: Exclude<PictureSource, { from: "file" }>): Promise<Uint8Array> {
  return source.from === "store" ? readContent(source) : Buffer.from(source.base64, "base64");
}

function broken(error: EncoderError): EmbeddedPicture {
  return { state: "left out", reason: "broken", detail: `the picture cannot be read (${error.code})` };
}
