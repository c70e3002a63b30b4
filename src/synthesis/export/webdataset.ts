// Exports views to a WebDataset: tar shards in which the files of a view share a name, `<number>.<extension>`.
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "../../base/atomic-file.ts";
import { SynthesisError } from "../../base/errors.ts";
import { lockOutput } from "../../base/output-lock.ts";
import { CAPTIONED_PICTURE } from "../generators/generator.ts";
import { ContentReader } from "../store/content-reader.ts";
import { openViewStore } from "../store/open-store.ts";
import { exporting } from "./cannot-write.ts";
import { type ExportAccount, type ExportChoice, exportedViews } from "./exported-view.ts";
import { TarFile } from "./tar-file.ts";

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
  "image/tiff": "tiff",
  "image/avif": "avif",
  [CAPTIONED_PICTURE]: "captioned.json",
};
/** Which views to write, and how many per shard. */
export interface WebdatasetOptions extends ExportChoice {
  /** Views per shard. */
  readonly shardViews?: number | undefined;
}

/**
 * Writes the views of a complete store as `views-000000.tar` and so on: per view a `.json` with its lineage and a file with its content
 * (`.png`, `.jpg`, `.txt` ...). Numbers continue across shards, so names sort in the store's order.
 *
 * Shards are renamed once all are on disk, the first one last: if `views-000000.tar` exists, all others do.
 * The next export removes leftovers of an interrupted one.
 *
 * @throws SynthesisError `synthesis/output-exists` if `out` is not empty, `synthesis/no-such-store`,
 * `synthesis/incomplete-store`, `synthesis/damaged-store`,
 * `synthesis/cannot-write`; DataError `data/output-locked`
 */
export async function exportWebdataset(
  folder: string,
  out: string,
  { shardViews = 1000, ...choice }: WebdatasetOptions = {},
): Promise<ExportAccount> {
  const store = await openViewStore(folder);
  const writing = <T>(work: () => Promise<T>) => exporting(out, work);
  await writing(() => mkdir(out, { recursive: true }));
  await using _lock = await lockOutput(out);
  await writing(() => makeRoom(out));
  await using contents = await ContentReader.open(folder);
  const shards: string[] = [];
  let shard: TarFile | undefined;
  let views = 0;
  try {
    for await (const { view, row } of exportedViews(store, choice)) {
      if (views % shardViews === 0) {
        await writing(async () => shard?.finish());
        const path = join(out, shardFile(shards.length));
        shard = await writing(() => TarFile.create(`${path}.partial`));
        shards.push(path);
      }
      const name = String(views++).padStart(9, "0");
      const content = await contents.get(row.content);
      await writing(async () => {
        await shard?.add(`${name}.json`, Buffer.from(`${JSON.stringify(view)}\n`));
        await shard?.add(`${name}.${extensionOf(row.kind, row.mediaType)}`, content);
      });
    }
    await writing(async () => shard?.finish());
    await writing(async () => {
      for (const path of shards.toReversed()) await rename(`${path}.partial`, path);
      await syncFolder(out);
      await syncFolder(dirname(out));
    });
    return { views, files: shards.length };
  } catch (error) {
    await shard?.abandon();
    for (const path of shards) for (const name of [path, `${path}.partial`]) await rm(name, { force: true });
    throw error;
  }
}

function shardFile(number: number): string {
  return `views-${String(number).padStart(6, "0")}.tar`;
}

/** Removes the leftovers of a killed export. @throws SynthesisError `synthesis/output-exists` */
async function makeRoom(out: string): Promise<void> {
  const names = await readdir(out);
  const isUnfinished =
    !names.includes(shardFile(0)) && names.every((name) => /^views-\d{6}\.tar(\.partial)?$/.test(name));
  if (names.length > 0 && !isUnfinished) throw notEmpty(out);
  for (const name of names) await rm(join(out, name), { force: true });
}

function notEmpty(out: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/output-exists",
    message: `${out} is not empty; its files would be taken for shards`,
    place: out,
    remedy: "Name another folder, or empty this one.",
  });
}

function extensionOf(kind: "picture" | "text", mediaType: string): string {
  return kind === "text" ? "txt" : (EXTENSIONS[mediaType] ?? "bin");
}
