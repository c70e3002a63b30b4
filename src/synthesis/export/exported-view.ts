// A view in exports: its content, its lineage back to the real instance, and its generator.

import { storeLayout } from "../store/layout.ts";
import { type ContentRow, hasContent } from "../store/ledger-row.ts";
import type { ViewStore } from "../store/open-store.ts";
import { readLedger } from "../store/read-ledger.ts";

/** Which views to write. */
export interface ExportChoice {
  /** Include rejected views. */
  readonly rejected?: boolean;
  /** Include intermediate texts and pictures (even steps). */
  readonly intermediate?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Written views and files. */
export interface ExportAccount {
  readonly views: number;
  readonly files: number;
}

/** Columns of an exported view, in order; absent values are null. */
export interface ExportedView {
  readonly id: string;
  readonly instance: string;
  readonly chain: number;
  readonly step: number;
  readonly round: number;
  readonly kind: "picture" | "text";
  /** Why it is rejected; null: accepted. */
  readonly rejected: string | null;
  /** Earlier calls of the chain, newest last. */
  readonly lineage: readonly string[];
  /** SHA-256 of the call's input. */
  readonly request: string;
  readonly seed: number;
  readonly generator: string;
  readonly model: string;
  readonly cost: number;
  readonly mediaType: string;
  readonly sha256: string;
  /** Of texts. */
  readonly text: string | null;
  /** Half-open spans of the mentions in the text, in UTF-16 code units. */
  readonly mentions: readonly (readonly [number, number])[] | null;
}

/** Exported views of a store, and their rows. */
export async function* exportedViews(
  store: ViewStore,
  { rejected = false, intermediate = false, signal }: ExportChoice,
): AsyncGenerator<{ readonly view: ExportedView; readonly row: ContentRow }> {
  let lineage: string[] = [];
  for await (const row of readLedger(storeLayout(store.folder).ledger)) {
    signal?.throwIfAborted();
    if (row.step === 1) lineage = [];
    if (!hasContent(row)) continue;
    const isWanted = (rejected || row.state === "generated") && (intermediate || row.step % 2 === 1);
    if (isWanted) yield { view: viewOf(store, row, lineage), row };
    lineage = [...lineage, row.call];
  }
}

function viewOf({ manifest }: ViewStore, row: ContentRow, lineage: readonly string[]): ExportedView {
  const identity = manifest.generators[row.generator];
  return {
    id: row.call,
    instance: row.instance,
    chain: row.chain,
    step: row.step,
    round: Math.ceil(row.step / 2),
    kind: row.kind,
    rejected: row.state === "rejected" ? row.reason : null,
    lineage,
    request: row.request,
    seed: row.seed,
    generator: identity?.adapter ?? "",
    model: identity?.model ?? "",
    cost: row.cost,
    mediaType: row.mediaType,
    sha256: row.content,
    text: row.text ?? null,
    mentions: row.mentions ?? null,
  };
}
