// The lineage of an instance's views back to the real view: input, output, generator and effort of each call.
import { SynthesisError } from "../../base/errors.ts";
import type { RealModality } from "../instance.ts";
import { ContentReader, contentPlace } from "./content-reader.ts";
import { hasContent, type LedgerRow, type Timing } from "./ledger-row.ts";
import type { Manifest } from "./manifest.ts";
import { readingStore, storeEntries, storeTimings } from "./survey.ts";

/** A step of a chain; the fields after the state are absent if the step was skipped. */
export interface LineageCall {
  readonly call?: string;
  readonly step: number;
  readonly kind: "picture" | "text";
  readonly state: LedgerRow["state"] | "failed";
  readonly reason?: string;
  /** The text of the call's prompt; for calls with a picture only its hash. */
  readonly prompt?: string;
  readonly request?: string;
  readonly parent?: string | null;
  readonly seed?: number;
  /** The adapter's name. */
  readonly generator?: string;
  readonly model?: string;
  readonly milliseconds?: number;
  readonly attempts?: number;
  readonly at?: string;
  readonly cost?: number;
  readonly content?: string;
  readonly mediaType?: string;
  /** The result: the text, or where the picture is: a file, or a tar file and the name of its entry. */
  readonly shown?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** All calls for an instance, chain by chain. */
export interface InstanceLineage {
  readonly instance: string;
  readonly direction: RealModality;
  /** SHA-256 of the real view, and the text if it is one. */
  readonly real: { readonly hash: string; readonly text?: string };
  readonly chains: readonly { readonly chain: number; readonly calls: readonly LineageCall[] }[];
}

/**
 * Reads the chains of an instance from a complete or incomplete store, in one pass; keeps only this
 * instance's rows.
 *
 * @throws SynthesisError `synthesis/no-such-instance`, `synthesis/damaged-store`
 */
export function lineageOf(folder: string, manifest: Manifest, instance: string): Promise<InstanceLineage> {
  return readingStore(() => readLineage(folder, manifest, instance));
}

async function readLineage(folder: string, manifest: Manifest, instance: string): Promise<InstanceLineage> {
  const rows: LedgerRow[] = [];
  const timings = new Map<string, Timing>();
  const failed: LineageCall[] = [];
  const failedChains: number[] = [];
  for await (const entry of storeEntries(folder, manifest)) {
    if (entry.kind === "failure") {
      const { failure, answered } = entry;
      if (failure.instance !== instance || answered) continue;
      const { call, step, kind, code, message, at, milliseconds, cost } = failure;
      failed.push({
        call,
        step,
        kind,
        state: "failed",
        reason: code,
        shown: message,
        at,
        milliseconds,
        cost,
      });
      failedChains.push(failure.chain);
    } else if (entry.row.instance === instance) {
      rows.push(entry.row);
      if (entry.timing !== undefined) timings.set(entry.timing.call, entry.timing);
    }
  }
  if (rows.length + failed.length === 0) throw noSuchInstance(folder, instance);
  const calls = new Set(rows.flatMap((row) => (row.state === "not-made" ? [] : [row.call])));
  for await (const timing of storeTimings(folder, manifest))
    if (calls.has(timing.call)) timings.set(timing.call, timing);
  const first = rows.find((row) => row.state !== "not-made");
  const hash = first?.request ?? "";
  await using contents = await ContentReader.open(folder);
  const text = manifest.direction === "text" ? await textOfObject(contents, hash) : undefined;
  const places = new Map<string, string>();
  for (const row of rows.filter(hasContent)) {
    const found = row.text === undefined ? await contents.locate(row.content) : undefined;
    if (found !== undefined) places.set(row.content, contentPlace(found, row.content));
  }
  const texts = new Map(
    rows.flatMap((row) => ("text" in row && row.text !== undefined ? [[row.call, row.text]] : [])),
  );
  const chains = Array.from({ length: manifest.chains }, (_, chain) => ({
    chain,
    calls: [
      ...rows
        .filter((row) => row.chain === chain)
        .map((row) =>
          describeRow(places, manifest, row, timings, (parent) =>
            parent === null ? text : texts.get(parent),
          ),
        ),
      ...failed.filter((_call, i) => failedChains[i] === chain),
    ],
  }));
  return {
    instance,
    direction: manifest.direction,
    real: { hash, ...(text === undefined ? {} : { text }) },
    chains,
  };
}

function describeRow(
  places: ReadonlyMap<string, string>,
  manifest: Manifest,
  row: LedgerRow,
  timings: ReadonlyMap<string, Timing>,
  textOf: (parent: string | null) => string | undefined,
): LineageCall {
  const { step, kind, state } = row;
  if (row.state === "not-made") return { step, kind, state, reason: row.reason, parent: row.cause };
  const { call, parent, request, seed, generator, cost } = row;
  const timing = timings.get(call);
  const prompt = generator === "imageToText" ? undefined : textOf(parent);
  const identity = manifest.generators[generator];
  return {
    ...{ call, step, kind, state, parent, request, seed, cost },
    ...(row.state === "generated" ? {} : { reason: row.reason }),
    ...(prompt === undefined ? {} : { prompt }),
    ...(identity === undefined ? {} : { generator: identity.adapter, model: identity.model }),
    ...(timing === undefined
      ? {}
      : { milliseconds: timing.milliseconds, attempts: timing.attempts, at: timing.at }),
    ...(row.state === "refused"
      ? { shown: row.message }
      : {
          content: row.content,
          mediaType: row.mediaType,
          shown: row.text ?? places.get(row.content) ?? `${row.content}, which is missing`,
          ...(row.details === undefined ? {} : { details: row.details }),
        }),
  };
}

async function textOfObject(contents: ContentReader, hash: string): Promise<string | undefined> {
  if (hash === "" || (await contents.locate(hash)) === undefined) return undefined;
  return new TextDecoder().decode(await contents.get(hash));
}

function noSuchInstance(folder: string, instance: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/no-such-instance",
    message: `${folder} contains no calls for the instance ${JSON.stringify(instance)}`,
    place: folder,
    value: instance,
    remedy:
      "An instance has the id of its document; if a document with a real picture has several relations, each has the id `<document>#<number>`.",
  });
}
