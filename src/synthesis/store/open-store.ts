// Opens a complete store for reading: the views of all chains, one at a time, accepted and rejected.

import { existsSync } from "node:fs";
import { counted } from "../../base/counted.ts";
import { SynthesisError } from "../../base/errors.ts";
import type { RealModality } from "../instance.ts";
import type { View } from "../view.ts";
import { storeLayout } from "./layout.ts";
import { type ContentRow, hasContent } from "./ledger-row.ts";
import { callsOf, type Manifest, readManifest } from "./manifest.ts";
import { readLedger } from "./read-ledger.ts";
import { surveyStore } from "./survey.ts";

/** A store of generated views, opened for reading. */
export interface ViewStore {
  readonly folder: string;
  readonly direction: RealModality;
  readonly rounds: number;
  readonly chains: number;
  /** The plan of the store and its generators. */
  readonly manifest: Manifest;
  /**
   * All candidate views (odd steps) and intermediate views, in the order instance, chain, step. Refused
   * calls and skipped steps have no view.
   */
  views(): AsyncIterable<View>;
}

/**
 * Opens a complete store read-only; keeps nothing in memory.
 *
 * @throws SynthesisError `synthesis/no-such-store`; `synthesis/incomplete-store` with how many calls are missing;
 * `synthesis/damaged-store`
 * @example
 * import { openViewStore, readContent } from "relata/synthesis";
 *
 * const store = await openViewStore("views");
 * for await (const view of store.views()) if (view.rejected === undefined) console.log(view.id, (await readContent(view)).length);
 */
export async function openViewStore(folder: string): Promise<ViewStore> {
  const manifest = await readManifest(folder);
  const layout = storeLayout(folder);
  if (!existsSync(layout.ledger)) throw await incomplete(folder, manifest);
  const { direction, rounds, chains } = manifest;
  return { folder, direction, rounds, chains, manifest, views: () => viewsOf(folder, layout.ledger) };
}

async function* viewsOf(folder: string, ledger: string): AsyncGenerator<View> {
  for await (const row of readLedger(ledger)) if (hasContent(row)) yield viewOf(folder, row);
}

/** The view of a row with content. */
function viewOf(folder: string, row: ContentRow): View {
  const base = {
    id: row.call,
    instance: row.instance,
    chain: row.chain,
    step: row.step,
    round: Math.ceil(row.step / 2),
    parent: row.parent ?? undefined,
    store: folder,
    mediaType: row.mediaType,
    content: row.content,
    rejected: row.state === "rejected" ? row.reason : undefined,
    ...(row.details === undefined ? {} : { details: row.details }),
  };
  if (row.kind === "picture") return { kind: "picture", ...base };
  const mentions = (row.mentions ?? []).map(([start, end]) => ({ start, end }));
  return { kind: "text", ...base, text: row.text ?? "", mentions };
}

async function incomplete(folder: string, manifest: Manifest): Promise<SynthesisError> {
  const calls = callsOf(manifest);
  const { done } = await surveyStore(folder, manifest);
  return new SynthesisError({
    code: "synthesis/incomplete-store",
    message: `${calls - done} of ${counted(calls, "step")} ${calls - done === 1 ? "is" : "are"} missing in ${folder}`,
    place: folder,
    value: { planned: calls, done },
    remedy: "Run `relata synthesize` again with the same plan and --store; it resumes where it stopped.",
  });
}
