// `relata extract <model> <input>`: reads posts from a file, folder or stream; prints results to stdout or a file, and a summary to the terminal.

import { counted } from "../base/counted.ts";
import { shellWord } from "../base/shell-word.ts";
import type { PostSource } from "../extract/batch/post-rows.ts";
import type { BatchSummary, CompleteBefore } from "../extract/batch/run-batch.ts";
import type { CommandContext } from "./context.ts";
import { modelOptions } from "./device-options.ts";
import { ExitCode } from "./errors.ts";
import { type BatchOptions, extractionOptions, outputFormatOf } from "./extract-options.ts";
import { describeAccount } from "./extraction-account.ts";
import { openPostSource } from "./post-source.ts";
import { printable, printableJson } from "./printable.ts";

/** Extracts from an input and prints a summary. */
export async function extractBatch(
  model: string,
  input: string,
  options: BatchOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const { out, pictures, captions, resume = false, strict, givenMentions } = options;
  const format = outputFormatOf(options);
  output.status("loading the model");
  const { runBatch } = await import("../extract/batch/run-batch.ts");
  const source = await openPostSource(input, options);
  const reader = new AbortController(); // aborts when nobody reads stdout any longer
  const progress = output.progress("extracting", source.total ?? 0);
  const shown = new Map<string, number>();
  let summary: BatchSummary | CompleteBefore;
  try {
    summary = await runBatch({
      model,
      source,
      ...modelOptions(options, output),
      extraction: extractionOptions(options),
      pictures,
      captions,
      givenMentions,
      strict,
      format,
      output:
        out === undefined
          ? (lines) => writeToStdout(format === "jsonl" ? printableJson : printable, lines, reader)
          : { file: out, resume },
      signal: AbortSignal.any([signal, reader.signal]),
      onProgress: (rows) => progress.update(rows),
      onRejected: (fault) => {
        const count = (shown.get(fault.code) ?? 0) + 1;
        shown.set(fault.code, count);
        if (out === undefined && count <= MAX_REJECTED_SHOWN)
          progress.note(`rejected: [${fault.code}] ${fault.message}`);
      },
    });
  } catch (error) {
    if (reader.signal.aborted) return;
    throw error;
  } finally {
    progress.stop();
  }
  if ("completeBefore" in summary) {
    output.result({ out, completeBefore: true }, () => `${out} was already complete: nothing to do`);
    return;
  }
  const done = summary;
  const unread = source.unread?.describe();
  const warnings =
    givenMentions === true ? (source.offsets?.defects() ?? []).map(({ message }) => message) : [];
  const result = {
    ...done,
    unread,
    keptInMeta: source.extra?.describe(),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
  const prose = () =>
    [
      describe(done, source, out),
      ...warnings.map((said) => `warning: ${said}`),
      ...(format === "jsonl" && out !== undefined
        ? [`next: look at it: ${viewCommandLine(out, pictures)}`]
        : []),
    ].join("\n");
  if (out !== undefined) output.result({ ...result, out }, prose);
  else output.note(output.json ? JSON.stringify(result) : prose());
  if (done.account.posts > 0) return;
  process.exitCode = ExitCode.workFailed;
  const { rows } = done.account;
  const { counts } = source;
  output.note(
    rows === 0
      ? `nothing was extracted: ${source.place} has no ${counts}s`
      : `nothing was extracted: no ${counts} of ${source.place} could be read as a post`,
  );
}

function viewCommandLine(out: string, pictures: string | false | undefined): string {
  const shown = typeof pictures === "string" ? ["--pictures", pictures] : [];
  return ["relata", "view", out, ...shown].map(shellWord).join(" ");
}

const MAX_REJECTED_SHOWN = 5; // of each code: enough to see what is wrong, and the summary has the count

/** Resolves when the lines are written; a closed pipe (`| head`) ends the work silently. */
function writeToStdout(
  safe: (lines: string) => string,
  lines: string,
  reader: AbortController,
): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(process.stdout.isTTY ? safe(lines) : lines, (error) => {
      if (error) reader.abort(error);
      resolve();
    });
  });
}

/** What became of fields that posts do not have. */
function describeExtra({ extra }: PostSource): string[] {
  const kept = extra?.describe();
  const pictures = extra?.pictures ?? 0;
  return [
    ...(kept === undefined ? [] : [`fields kept in meta: ${kept}`]),
    ...(pictures > 0
      ? [`${counted(pictures, "post")} named the picture in the field picture, read as image`]
      : []),
  ];
}

function describe({ account, ...run }: BatchSummary, source: PostSource, out: string | undefined): string {
  const { resumedRows, offsets } = run;
  const unread = source.unread?.describe();
  return [
    ...run.remarks,
    ...describeAccount(account, { source, out, offsets, resumedRows }),
    ...describeExtra(source),
    ...(unread === undefined
      ? []
      : [`${source.counts === "line" ? "fields" : "columns"} not read: ${unread}`]),
    `${run.postsPerSecond.toFixed(1)} posts/s, peak memory ${(run.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB${out === undefined ? "" : `, written to ${out}`}`,
  ].join("\n");
}
