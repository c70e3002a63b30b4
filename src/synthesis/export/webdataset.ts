// Views as a WebDataset: tar shards in which the files of a view share a name, `<number>.<kind of file>`.
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { SynthesisError } from "../../errors.ts";
import { CAPTIONED_PICTURE } from "../generators/generator.ts";
import { getObject } from "../store/object-store.ts";
import { openViewStore } from "../store/open-store.ts";
import { cannotWrite } from "./cannot-write.ts";
import { type ExportAccount, type ExportChoice, exportedViews } from "./exported-view.ts";

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
  "image/tiff": "tiff",
  "image/avif": "avif",
  [CAPTIONED_PICTURE]: "captioned.json",
};
/** The same store gives the same bytes: entries carry no time of their own. */
const ENTRY_TIME = new Date(0);

export interface WebdatasetOptions extends ExportChoice {
  /** Views per shard. */
  readonly shardViews?: number;
}

/**
 * Writes the views of a complete store as `views-000000.tar` and so on: per view a `.json` with its lineage and a file with its content
 * (`.png`, `.jpg`, `.txt` ...). Names count through all shards, so they sort in the store's order.
 *
 * @throws SynthesisError `synthesis/output-exists` when `out` holds anything, `synthesis/no-such-store`, `synthesis/incomplete-store`, `synthesis/damaged-store`,
 * `synthesis/cannot-write`
 */
export async function exportWebdataset(
  folder: string,
  out: string,
  { shardViews = 1000, ...choice }: WebdatasetOptions = {},
): Promise<ExportAccount> {
  const store = await openViewStore(folder);
  await mkdir(out, { recursive: true });
  if ((await readdir(out)).length > 0) throw notEmpty(out);
  let shard: TarShard | undefined;
  let views = 0;
  let files = 0;
  try {
    for await (const { view, row } of exportedViews(store, choice)) {
      if (views % shardViews === 0) {
        await shard?.finish();
        shard = await TarShard.open(join(out, `views-${String(files++).padStart(6, "0")}.tar`));
      }
      const name = String(views++).padStart(9, "0");
      const content = await getObject(folder, row.content);
      await shard?.add(`${name}.json`, Buffer.from(`${JSON.stringify(view)}\n`));
      await shard?.add(`${name}.${extensionOf(row.kind, row.mediaType)}`, content);
    }
    await shard?.finish();
    return { views, files };
  } catch (error) {
    await shard?.abandon();
    throw error;
  }
}

function notEmpty(out: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/output-exists",
    message: `exportWebdataset: ${out} is not empty, and its files would count as shards`,
    place: out,
    remedy: "Name another folder, or empty this one.",
  });
}

function extensionOf(kind: "picture" | "text", mediaType: string): string {
  return kind === "text" ? "txt" : (EXTENSIONS[mediaType] ?? "bin");
}

/** A tar file that appears complete or not at all. */
class TarShard {
  readonly #path: string;
  readonly #unfinished: string;
  readonly #pack: Pack;
  readonly #written: Promise<void>;

  private constructor(path: string, unfinished: string) {
    this.#path = path;
    this.#unfinished = unfinished;
    this.#pack = pack();
    const file = createWriteStream(unfinished, { flags: "wx" });
    this.#pack.pipe(file);
    this.#written = finished(file);
    this.#written.catch(() => undefined); // seen by whoever waits for it in `add` and `finish`
  }

  static async open(path: string): Promise<TarShard> {
    const unfinished = `${path}.partial`;
    await rm(unfinished, { force: true });
    return new TarShard(path, unfinished);
  }

  async add(name: string, content: Uint8Array): Promise<void> {
    const entry = { name, size: content.length, mtime: ENTRY_TIME, mode: 0o644 };
    const added = new Promise<void>((resolve, reject) => {
      // As a stream: an entry given as a whole does not wait for the disk.
      this.#pack.entry(entry, (error) => (error ? reject(error) : resolve())).end(Buffer.from(content));
    });
    // A full disk ends the file, and the entry would wait for ever.
    await Promise.race([added, this.#written]).catch((cause: unknown) => {
      throw cannotWrite("exportWebdataset", this.#path, cause);
    });
  }

  async finish(): Promise<void> {
    this.#pack.finalize();
    await this.#written.catch((cause: unknown) => {
      throw cannotWrite("exportWebdataset", this.#path, cause);
    });
    await rename(this.#unfinished, this.#path);
  }

  async abandon(): Promise<void> {
    this.#pack.destroy();
    await rm(this.#unfinished, { force: true });
  }
}
