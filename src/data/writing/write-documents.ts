// Writes documents in any format: all that the format holds, or nothing if something would be lost and losses are not allowed.
import { quote } from "../defects.ts";
import type { Document } from "../document.ts";
import { validDocument, WrittenIds } from "../jsonl.ts";
import { LOSSES, LossAccount, type Losses, type LossKind } from "./losses.ts";
import type { TargetName, TargetOptions, Written } from "./target.ts";
import { targetNamed } from "./targets.ts";

/** What became of some documents in another format. */
export interface WriteAccount extends Partial<Written> {
  /** False if something would have been lost; no file is written then. */
  readonly written: boolean;
  /** What the format does not hold, by kind; empty if it holds everything. */
  readonly losses: Losses;
}

/** How documents are written in another format. */
export interface WriteOptions extends TargetOptions {
  readonly format: TargetName;
  /** Leaves out and counts what the format cannot hold; without it nothing is written then. */
  readonly lossy?: boolean | undefined;
}

/** Cancels the writing of a file that must not appear. */
class SomethingLost extends Error {}

/**
 * Writes documents completely or not at all, and accounts for everything that the format cannot hold. Without `lossy`, nothing is written if
 * anything would be lost: `written` is false then.
 *
 * @throws DataError `data/unknown-format`, `data/cannot-write`, `data/duplicate-id`, or the code of an invalid document's defect
 * @example
 * import { readDocuments, writeDocuments } from "relata/data";
 *
 * const { documents } = await readDocuments("train.txt", { format: "mnre" });
 * const { written, losses } = await writeDocuments("train.json", documents, { format: "label-studio" });
 * if (!written) console.log(losses);
 */
export async function writeDocuments(
  path: string,
  documents: Iterable<Document> | AsyncIterable<Document>,
  { format, lossy = false, ...options }: WriteOptions,
): Promise<WriteAccount> {
  const losses = new LossAccount();
  async function* valid() {
    const ids = new WrittenIds();
    for await (const document of documents) {
      options.signal?.throwIfAborted();
      ids.add(document);
      yield validDocument(document);
    }
    if (!lossy && !losses.isEmpty) throw new SomethingLost();
  }
  try {
    const written = await targetNamed(format).write(path, valid(), { ...options, losses });
    return { written: true, ...written, losses: losses.losses };
  } catch (error) {
    if (!(error instanceof SomethingLost)) throw error;
    return { written: false, losses: losses.losses };
  }
}

/** What was lost of a kind, in words, with the first documents that lose it. */
export function describeLoss(kind: LossKind, losses: Losses): string {
  const { count = 0, first = [], documents = 0 } = losses[kind] ?? {};
  const more = documents > first.length ? ` and ${documents - first.length} more` : "";
  return `${LOSSES[kind]} (${count}), in ${first.map((id) => quote(id)).join(", ")}${more}`;
}
