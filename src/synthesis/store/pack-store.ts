// Packs a complete store that has a file for each content, as stores had before there were packs; and builds a lost index again.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { lockOutput } from "../../base/output-lock.ts";
import { buildIndex } from "./build-index.ts";
import { storeLayout } from "./layout.ts";
import { writingStore } from "./manifest.ts";
import { openViewStore } from "./open-store.ts";
import { packShared, removeShared } from "./pack-shared.ts";

/** What packing did. */
export interface PackingAccount {
  /** Contents that were files of their own. */
  readonly packed: number;
  /** Different contents of the store. */
  readonly contents: number;
}

/**
 * Packs a complete store and indexes it; a packed one only gets its index again. Other processes may read it meanwhile. If killed, the
 * next call continues.
 *
 * @throws SynthesisError `synthesis/no-such-store`, `synthesis/incomplete-store`, `synthesis/damaged-store`, `synthesis/cannot-write`;
 * DataError `data/output-locked`
 */
export async function packStore(folder: string): Promise<PackingAccount> {
  await openViewStore(folder); // complete, or it says what is missing
  const layout = storeLayout(folder);
  await using _lock = await lockOutput(folder);
  return writingStore(folder, async () => {
    const packed = await packShared(folder, [layout.ledger]);
    const contents = await buildIndex(folder);
    if (existsSync(layout.index)) await removeShared(folder);
    await rm(layout.work, { recursive: true, force: true, maxRetries: 5 });
    return { packed, contents };
  });
}
