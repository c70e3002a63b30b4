// The pictures that the page may show: files of one folder, never one that a link leads out of it.
import { realpath } from "node:fs/promises";
import { relative, sep } from "node:path";
import { PictureFolder } from "../../data/pictures.ts";
import { readPictureFile } from "../../encoders/pictures/decode.ts";
import { inspectPicture } from "../../encoders/pictures/inspect.ts";

const TYPES = {
  JPEG: "image/jpeg",
  PNG: "image/png",
  GIF: "image/gif",
  WebP: "image/webp",
  TIFF: "image/tiff",
  AVIF: "image/avif",
} as const;

/** A picture as it is sent. */
export interface SentPicture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

export class PagePictures {
  readonly #folder: PictureFolder;
  readonly #root: string;

  private constructor(folder: PictureFolder, root: string) {
    this.#folder = folder;
    this.#root = root;
  }

  /** @throws DataError `data/cannot-read` */
  static async open(folder: string): Promise<PagePictures> {
    const pictures = await PictureFolder.open(folder);
    return new PagePictures(pictures, await realpath(folder));
  }

  /** Whether there is a file of this name. */
  has(image: string | undefined): boolean {
    return this.#folder.find(image).state === "found";
  }

  /** The bytes of a picture's file; undefined if there is none inside the folder. @throws EncoderError codes of files that are not read */
  async bytes(image: string | undefined): Promise<Buffer<ArrayBuffer> | undefined> {
    const found = this.#folder.find(image);
    if (found.state !== "found" || !(await this.#isInside(found.path))) return undefined;
    return readPictureFile(found.path);
  }

  /** The same with its media type. @throws EncoderError also `encoder/not-a-picture`, `encoder/picture-broken` */
  async picture(image: string | undefined): Promise<SentPicture | undefined> {
    const bytes = await this.bytes(image);
    return bytes && sentPicture(bytes);
  }

  async #isInside(path: string): Promise<boolean> {
    try {
      const below = relative(this.#root, await realpath(path));
      return below !== ".." && !below.startsWith(`..${sep}`) && below !== "";
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false; // it was removed meanwhile
      throw error;
    }
  }
}

/** @throws EncoderError `encoder/not-a-picture` for bytes that a browser must not be given as a picture */
export function sentPicture(bytes: Uint8Array<ArrayBuffer>): SentPicture {
  return { bytes, type: TYPES[inspectPicture(bytes).format] };
}
