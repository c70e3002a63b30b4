// The door to a store's contents by their SHA-256.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../base/sha256.ts";
import { isCode } from "../../base/system-errors.ts";
import type { View } from "../view.ts";
import { ContentReader } from "./content-reader.ts";
import { objectName } from "./layout.ts";
import { writeWhole } from "./whole-files.ts";

/** Reads one content; to read many, open a `ContentReader`. @throws SynthesisError `synthesis/damaged-store` if it is missing or its hash differs */
export async function getObject(folder: string, hash: string): Promise<Uint8Array> {
  await using contents = await ContentReader.open(folder);
  return await contents.get(hash);
}

/**
 * Reads the bytes of a view: a picture's file, or a text in UTF-8.
 *
 * @throws SynthesisError `synthesis/damaged-store` if they are missing or their hash differs
 * @example
 * import { openViewStore, readContent } from "relata/synthesis";
 *
 * const store = await openViewStore("views");
 * for await (const view of store.views()) console.log(view.mediaType, (await readContent(view)).length);
 */
export function readContent(view: Pick<View, "store" | "content">): Promise<Uint8Array> {
  return getObject(view.store, view.content);
}

/**
 * Writes content that many shards share as a file of its own, which is packed when the store is complete; does not rewrite existing
 * content. Returns its SHA-256.
 *
 * @throws SynthesisError `synthesis/cannot-write`
 */
export async function putShared(folder: string, bytes: Uint8Array): Promise<string> {
  const hash = sha256(bytes);
  if (!(await hasShared(folder, hash, bytes.length)))
    await writeWhole(folder, join(folder, objectName(hash)), bytes);
  return hash;
}

/** Whether content of this size is a file of its own. */
export async function hasShared(folder: string, hash: string, bytes: number): Promise<boolean> {
  try {
    return (await stat(join(folder, objectName(hash)))).size === bytes;
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    throw error;
  }
}
