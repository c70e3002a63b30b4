// Finds the picture files of image names in a folder, and computes the content hash that identifies a picture.
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { DataError } from "../base/errors.ts";
import { statRegularFile } from "../base/regular-file.ts";
import type { Document, ImageName } from "./document.ts";
import { fingerprintFile } from "./fingerprint.ts";
import { cannotRead } from "./lines.ts";

/** The location of a document's picture, or why there is none. The decoder detects damaged files later. */
export type PictureState =
  | { readonly state: "found"; readonly image: ImageName; readonly path: string }
  | { readonly state: "missing"; readonly image?: ImageName; readonly reason: "no-image" | "no-file" };

/** sha256 of a picture file's bytes, in hexadecimal. */
export type PictureHash = string;

/**
 * The picture files of a folder, including its subfolders.
 *
 * The folder is listed once, and names are only looked up in that list, so no name can reach a file outside.
 */
export class PictureFolder {
  readonly folder: string;
  /** The files, relative to the folder, with "/". */
  readonly names: ReadonlySet<ImageName>;
  /** Names in the folder that are not files: a pipe, a device, a socket. */
  readonly #others: ReadonlySet<ImageName>;

  private constructor(folder: string, names: ReadonlySet<ImageName>, others: ReadonlySet<ImageName>) {
    this.folder = folder;
    this.names = names;
    this.#others = others;
  }

  /** @throws DataError `data/cannot-read` when the folder cannot be listed. */
  static async open(folder: string): Promise<PictureFolder> {
    try {
      const entries = await readdir(folder, { withFileTypes: true, recursive: true });
      const names = new Set<ImageName>();
      const others = new Set<ImageName>();
      for (const entry of entries) {
        const path = join(entry.parentPath, entry.name);
        // A link counts as its target; a broken link is not a picture, and a link to a folder is not followed.
        const stats = entry.isSymbolicLink() ? await pointedTo(path) : entry;
        if (stats === undefined || stats.isDirectory()) continue;
        (stats.isFile() ? names : others).add(relative(folder, path).split(sep).join("/"));
      }
      return new PictureFolder(folder, names, others);
    } catch (error) {
      throw cannotRead(folder, error);
    }
  }

  /** Number of files in the folder. */
  get size(): number {
    return this.names.size;
  }

  /** All files, in the order of their names. */
  get paths(): readonly string[] {
    return [...this.names].sort().map((name) => join(this.folder, name));
  }

  /**
   * The picture for an image name as in the documents: relative to the folder, with "/", in exact case. Entries that are not files are
   * also found; reading them reports what they are.
   */
  find(image: ImageName | undefined): PictureState {
    if (image === undefined) return { state: "missing", reason: "no-image" };
    if (!this.names.has(image) && !this.#others.has(image))
      return { state: "missing", image, reason: "no-file" };
    return { state: "found", image, path: join(this.folder, image) };
  }
}

async function pointedTo(link: string): Promise<Stats | undefined> {
  try {
    return await stat(link);
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined; // a broken or unreadable link
    throw error;
  }
}

/** Result of matching documents and picture files: `documents = found + noImage + noFile`, `images = imagesFound + missingImages.length`. */
export interface PictureReport {
  readonly folder: string;
  readonly documents: number;
  readonly found: number;
  /** Documents that name no picture. */
  readonly noImage: number;
  /** Documents whose picture has no file. */
  readonly noFile: number;
  /** Distinct image names. */
  readonly images: number;
  readonly imagesFound: number;
  readonly missingImages: readonly ImageName[];
  /** Files that no document names. */
  readonly unusedFiles: number;
}

/** The picture state of each document, in order, and a summary. */
export function joinPictures(
  documents: readonly Document[],
  folder: PictureFolder,
): { readonly states: readonly PictureState[]; readonly report: PictureReport } {
  const states = documents.map(({ image }) => folder.find(image));
  const byImage = new Map(
    states.flatMap((state) => (state.image === undefined ? [] : [[state.image, state]])),
  );
  const imagesFound = [...byImage.values()].filter(({ state }) => state === "found").length;
  const found = states.filter(({ state }) => state === "found").length;
  const noImage = states.filter(({ image }) => image === undefined).length;
  const report: PictureReport = {
    folder: folder.folder,
    documents: documents.length,
    found,
    noImage,
    noFile: documents.length - found - noImage,
    images: byImage.size,
    imagesFound,
    missingImages: [...byImage].filter(([, { state }]) => state === "missing").map(([image]) => image),
    unusedFiles: folder.size - imagesFound,
  };
  return { states, report };
}

/** The content hash of a picture, which must be a regular file. @throws DataError `data/cannot-read`. */
export async function hashPicture(path: string): Promise<PictureHash> {
  await statRegularFile(path, ({ problem, remedy, cause }) => {
    const message = `${path} ${problem}`;
    return new DataError({ code: "data/cannot-read", message, place: path, remedy, cause });
  });
  return fingerprintFile(path);
}
