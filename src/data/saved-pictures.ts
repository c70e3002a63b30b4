// Writes the pictures that a data file contains to a folder, each once, and names them for the documents.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../base/atomic-file.ts";
import { cannotWrite, writingTo } from "../base/cannot-write.ts";
import { sha256 } from "../base/sha256.ts";

/** A folder of pictures that were part of a data file. */
export class SavedPictures {
  readonly #folder: string;
  readonly #names = new Map<string, string>(); // by content
  readonly #taken = new Map<string, string>(); // content by name
  #made = false;

  /** @param folder made with the first picture; files in it are kept */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Number of pictures. */
  get size(): number {
    return this.#names.size;
  }

  /**
   * Writes a picture unless it is there already.
   *
   * @param name its name in the data file; without one, or if another picture has it, the name is made from the content
   * @returns the name of its file in the folder
   * @throws DataError `data/cannot-write`
   */
  async save(bytes: Uint8Array, name?: string): Promise<string> {
    const hash = sha256(bytes);
    const known = this.#names.get(hash);
    if (known !== undefined) return known;
    const wanted = fileName(name);
    const own = `${hash.slice(0, 16)}${extensionOf(bytes)}`;
    const found = wanted === undefined || (await this.#isTaken(wanted, hash)) ? own : wanted;
    this.#names.set(hash, found);
    this.#taken.set(found.toLowerCase(), hash);
    if (!this.#made) await writingTo(this.#folder, () => mkdir(this.#folder, { recursive: true }));
    this.#made = true;
    const path = join(this.#folder, found);
    await replaceFile(
      path,
      (file) => file.writeFile(bytes),
      (cause) => cannotWrite(path, cause),
    );
    return found;
  }

  /** Whether another picture has this name, up to case: some file systems do not tell them apart. */
  async #isTaken(name: string, hash: string): Promise<boolean> {
    const taken = this.#taken.get(name.toLowerCase());
    if (taken !== undefined) return taken !== hash;
    const there = await readFile(join(this.#folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    });
    return there !== undefined && sha256(there) !== hash;
  }
}

/** The last part of a path, if it can be the name of a file anywhere. */
function fileName(path: string | undefined): string | undefined {
  const name = path?.split(/[\\/]/).at(-1) ?? "";
  return /^[\p{L}\p{N}_-][\p{L}\p{N}\p{M} ._()+@-]{0,99}$/u.test(name) ? name : undefined;
}

const BEGINNINGS: readonly (readonly [pattern: RegExp, extension: string])[] = [
  [/^\x89PNG/, ".png"],
  [/^\xff\xd8\xff/, ".jpg"],
  [/^GIF8/, ".gif"],
  [/^RIFF.{4}WEBP/s, ".webp"],
  [/^(?:II\*\0|MM\0\*)/, ".tif"],
  [/^.{4}ftypavi[fs]/s, ".avif"],
];

function extensionOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  return BEGINNINGS.find(([pattern]) => pattern.test(head))?.[1] ?? ".bin";
}
