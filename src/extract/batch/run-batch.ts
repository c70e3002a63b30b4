// Runs a whole file, folder or stream of posts through the models: each row reaches the output or the rejected rows, in order.

import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { inputChanged, watchFiles } from "../../base/file-stamp.ts";
import { type Json, toJson } from "../../base/json.ts";
import { StringIndex } from "../../base/string-index.ts";
import { fingerprintFile } from "../../data/fingerprint.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import type { ExtractorOptions } from "../../extractors/requests.ts";
import { modelOptionsOf } from "../../extractors/shared/model-options.ts";
import type { VisualChannelName } from "../../visual/visual-channel.ts";
import { load } from "../load.ts";
import { modelIdentity } from "../model-identity.ts";
import type { ExtractionOptions } from "../post.ts";
import { type BatchAccount, emptyAccount } from "./account.ts";
import { type ClaimedOutput, claimOutput } from "./durable-output.ts";
import { headerOf, type OutputFormat } from "./output-format.ts";
import { type PostRow, type PostSource, type RowFault, RowSum } from "./post-rows.ts";
import { asDuplicate, itemsOf, linesOf, postOf, rejectedLine } from "./row-results.ts";
import { openRowVisuals, type VisualRequest } from "./row-visuals.ts";

export interface BatchRequest extends ExtractorOptions, VisualRequest {
  /** Folder of the model or bundle. */
  readonly model: string;
  readonly source: PostSource;
  /** `offsets` is what the offsets of the source and of the output count. */
  readonly extraction?: ExtractionOptions | undefined;
  /** Use the mentions in the documents instead of the entity model's. */
  readonly givenMentions?: boolean | undefined;
  /** Where results go: a file that can be resumed, or a function that takes lines as they become ready. */
  readonly output: { readonly file: string; readonly resume: boolean } | ((lines: string) => Promise<void>);
  /** Default "jsonl": documents. */
  readonly format?: OutputFormat | undefined;
  /** Stop at the first rejected row. */
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((rows: number, total: number) => void) | undefined;
  /** Called for every rejected row, in order. */
  readonly onRejected?: ((fault: RowFault, place: string) => void) | undefined;
}

export interface BatchSummary {
  readonly account: BatchAccount;
  /** Rows done by an earlier run. */
  readonly resumedRows: number;
  readonly visualChannels: readonly VisualChannelName[];
  /** What the offsets in the output count. */
  readonly offsets: OffsetUnit;
  /** Notes for the user of the models, one line each. */
  readonly remarks: readonly string[];
  /** Of this run, without loading time. */
  readonly seconds: number;
  readonly postsPerSecond: number;
  /** Of the whole process. */
  readonly peakMemoryBytes: number;
}

/** The output was already complete, so this run did nothing. */
export interface CompleteBefore {
  readonly completeBefore: true;
}

/**
 * Extracts from every post of a source.
 *
 * @throws the errors of `load`, the source, `claimOutput` and `ClaimedOutput.open`; DataError `data/cannot-resume`, `data/input-changed`; with `strict`
 * the code of the first rejected row; ConfigError `config/no-pictures`
 */
export async function runBatch(request: BatchRequest): Promise<BatchSummary | CompleteBefore> {
  const { output } = request;
  if (typeof output === "function") return extractInto(request, undefined);
  const claimed = await claimOutput(output.file, output.resume);
  try {
    return await extractInto(request, claimed);
  } finally {
    await claimed.release();
  }
}

async function extractInto(
  request: BatchRequest,
  claimed: ClaimedOutput | undefined,
): Promise<BatchSummary | CompleteBefore> {
  const { source, output, signal, onProgress, format = "jsonl" } = request;
  const { offsets, ...extraction } = request.extraction ?? {}; // the source converts its own
  const inputs = await watchFiles([
    ...(source.files ?? []),
    ...(request.captions === undefined ? [] : [request.captions]),
  ]);
  await using model = await load(request.model, modelOptionsOf(request));
  const visualOf = await openRowVisuals(model, request);
  const identity = await extractionIdentity(request);
  const header = headerOf(format);
  const file = await claimed?.open(identity, header);
  if (claimed !== undefined && file === undefined) return { completeBefore: true };
  try {
    const account = file?.account ?? emptyAccount();
    const { rows: resumedRows, posts: resumedPosts } = account;
    const begun = performance.now();
    if (file?.isComplete !== true) {
      const rowSum = new RowSum();
      const rows = newRows(source, rowSum, resumedRows, file?.rowSum, signal);
      const options = { ...extraction, signal };
      if (typeof output === "function" && header !== undefined) await output(`${header}\n`);
      const chunks = model.extractChunks(itemsOf(rows, visualOf), postOf(model, request), options);
      for await (const chunk of chunks) {
        const lines: string[] = [];
        const rejected: string[] = [];
        for (const done of chunk) {
          rowSum.add(done.item.row);
          const read = linesOf(done, account, { format, offsets });
          if ("code" in read) rejected.push(rejectedBy(request, done.item.row, read));
          else lines.push(...read);
        }
        await inputs.check();
        if (typeof output === "function") await output(lines.map((line) => `${line}\n`).join(""));
        await file?.append({ lines, rejected, account, rowSum: rowSum.value() });
        onProgress?.(account.rows, source.total ?? 0);
      }
      await inputs.check();
      await requireUnchanged(source, identity.input);
    }
    const seconds = (performance.now() - begun) / 1000;
    await file?.finish(offsets);
    return {
      account,
      resumedRows,
      visualChannels: model.visualChannels,
      offsets: offsets ?? "utf-16",
      remarks: model.remarks,
      seconds,
      postsPerSecond: seconds > 0 ? (account.posts - resumedPosts) / seconds : 0,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024, // Node reports kilobytes
    };
  } finally {
    await file?.close();
  }
}

/** Yields the rows still to do; rows already done must be unchanged. */
async function* newRows(
  source: PostSource,
  rowSum: RowSum,
  done: number,
  expectedSum: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<PostRow> {
  const ids = new StringIndex();
  let read = 0;
  const check = () => {
    if (expectedSum === undefined || rowSum.value() === expectedSum) return;
    throw new DataError({
      code: "data/cannot-resume",
      message: `the first ${counted(done, "row")} of ${source.place} ${done === 1 ? "is" : "are"} not the same as before the interruption`,
      place: source.place,
      remedy: "Give the same input, or start again with another output.",
    });
  };
  for await (const row of source.rows(signal)) {
    const unique = withUniqueId(row, ids, source);
    if (read++ < done) {
      rowSum.add(unique);
      if (read === done) check();
    } else yield unique;
  }
  if (read < done) check();
}

/** Rejects a post whose id was used before, as in every data set: results could not be told apart. */
function withUniqueId(row: PostRow, ids: StringIndex, source: PostSource): PostRow {
  if (!("post" in row)) return row;
  const known = ids.size;
  return ids.add(row.post.id) < known ? asDuplicate(row, source) : row;
}

/** The line of a rejected row. With `strict` the row ends the work. */
function rejectedBy({ source, strict, onRejected }: BatchRequest, row: PostRow, fault: RowFault): string {
  const place = `${source.place}:${row.row}`;
  if (strict) {
    throw new DataError({
      code: fault.code,
      message: fault.message,
      place,
      remedy: "Fix the row, or omit --strict to list such rows and skip them.",
    });
  }
  onRejected?.(fault, place);
  return rejectedLine(row, fault);
}

/** Compares a source of many files as a whole, since its fingerprint is cheap. @throws DataError `data/input-changed` */
async function requireUnchanged({ place, files, fingerprint }: PostSource, before: unknown): Promise<void> {
  if (files === undefined && fingerprint !== undefined && (await fingerprint()) !== before)
    throw inputChanged(place, false);
}

/** What results depend on. */
type IdentityField =
  | ("model" | "precision" | "source" | "extraction")
  | ("pictures" | "captions" | "givenMentions" | "format");

/** What must be the same in all runs that make one output. */
export async function extractionIdentity(
  request: Pick<BatchRequest, IdentityField>,
): Promise<{ readonly [key: string]: Json }> {
  const { model, precision, source, extraction, pictures, captions, givenMentions, format } = request;
  const json = toJson({
    input: (await source.fingerprint?.()) ?? "stream",
    model: await modelIdentity(model),
    precision: precision ?? "fp32",
    format: format ?? "jsonl",
    options: { ...extraction },
    givenMentions: givenMentions ?? false,
    pictures: pictures ?? null,
    captions: captions === undefined ? null : await fingerprintFile(captions),
  });
  return json as { readonly [key: string]: Json }; // of an object
}
