// `relata annotate`: labels documents with a vision model, grounds what it says, and writes documents with probabilities and provenance.

import { extname } from "node:path";
import { Command, Option } from "commander";
import type { AnnotationEstimate, AnnotationOutcome } from "../../annotate/annotate.ts";
import type { AnnotationSchema, AnnotationSchemaInput } from "../../annotate/schema.ts";
import type { WrittenReview } from "../../annotate/write-review.ts";
import { counted } from "../../base/counted.ts";
import { ConfigError, DataError } from "../../base/errors.ts";
import { shellWord } from "../../base/shell-word.ts";
import { someOf } from "../../base/some-of.ts";
import type { Document } from "../../data/document.ts";
import type { SynthesisOutcome } from "../../synthesis/run-chains.ts";
import type { ShardChoice } from "../../units/shard.ts";
import type { AnnotationOptions } from "../annotation-units.ts";
import { requireConsent } from "../consent.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import { parseCount, parseNonNegative, parsePositiveInteger, parseProbability } from "../option-parsers.ts";
import type { Output } from "../output.ts";
import { addSubmitOptions, QUEUE_NAME } from "../queue-options.ts";
import { addReadingOptions, FORMAT_HELP } from "../reading-options.ts";
import { describeSaid } from "../synthesis-account.ts";
import { describeFailure, describeParts } from "../unit-failures.ts";
import { addShardOptions, contradiction, divisionOf, shardOf } from "../unit-options.ts";

interface Options extends AnnotationOptions {
  readonly init?: string | undefined;
  readonly schema?: string | undefined;
  readonly out?: string | undefined;
  readonly store?: string | undefined;
  readonly minAgreement: number;
  readonly review?: readonly string[] | undefined;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly budget?: number | undefined;
}

const EXAMPLES = `
Examples:
  relata annotate --init labels.json                      # a schema to begin with
  relata annotate --init labels.json labelled.jsonl       # a schema from labelled documents
  relata annotate posts.jsonl --schema labels.json --model gpt-4o --out annotated.jsonl --dry-run
  relata annotate posts.jsonl --schema labels.json --base-url http://127.0.0.1:8000/v1 --model qwen --out annotated.jsonl --review review.jsonl

The model is asked for mentions as strings; relata finds them in the texts and counts what is not there. The same command resumes an interrupted run: every
answer is kept, and no call is made twice. Exit code 0: everything is answered. 1: calls failed, or the budget was used up; run the command again.`;

export function annotateCommand(context: CommandContext): Command {
  const command = new Command("annotate")
    .description(
      "label documents with a vision model that speaks OpenAI's protocol, and ground what it says in the texts",
    )
    .argument(
      "[file]",
      "posts to annotate: JSON lines, Parquet, a folder of texts, or another format with --format; with --init, labelled documents to take the labels from",
    )
    .option("--init <file>", "write a schema of labels to fill in, and do nothing else")
    .option(
      "--schema <file>",
      "the labels and what they mean, .json or .ts (default: the labels of --examples)",
    )
    .option("--out <file>", "file to write: documents with probabilities and provenance (JSONL)")
    .option("--store <folder>", "folder of the calls and answers (default: beside --out)")
    .option("--format <name>", `format of the file: ${FORMAT_HELP}`, "auto")
    .option("--lines", "each line of the file is the text of one post")
    .option("--model <name>", "the server's name of a model that reads pictures")
    .option("--base-url <address>", "the server's address up to and including /v1 (default: OpenAI's)")
    .option(
      "--key-from <variable>",
      "environment variable with the key (default: OPENAI_API_KEY, for OpenAI's server only)",
    )
    .option(
      "--annotator <file>",
      "file with these and all other settings of the server, or of a program of yours (docs/annotating.md)",
    )
    .option("--pictures <folder>", "folder of the documents' pictures; without it none is sent")
    .option(
      "--samples <number>",
      "answers to ask for each document; how many agree is the probability",
      parsePositiveInteger,
      3,
    )
    .option("--temperature <number>", "sampling temperature (default: 0.7)", parseNonNegative)
    .option(
      "--min-agreement <share>",
      "share of answers that an entity or a relation needs",
      parseProbability,
      0.5,
    )
    .option("--seed <number>", "another seed asks for other samples", parseCount, 1)
    .option("--examples <file>", "labelled documents to show to the model, never the one it is asked about")
    .option("--shots <number>", "how many of them with each document", parseCount, 4)
    .addOption(
      new Option(
        "--example-choice <how>",
        "nearest in their words to the document, or the same few with all labels",
      )
        .choices(["nearest", "balanced"])
        .default("nearest"),
    )
    .option("--first <number>", "annotate only the first documents", parsePositiveInteger)
    .option(
      "--review <target>",
      "also write the documents with the least sure first, to FILE, label-studio:FILE or page:FOLDER; may be repeated",
      (target: string, before: readonly string[] | undefined): readonly string[] => [
        ...(before ?? []),
        target,
      ],
    )
    .option("--dry-run", "only say how many calls it takes and what they may cost")
    .option("--yes", "do not ask before calls that cost money")
    .option("--budget <amount>", "maximum cost of the store, earlier runs included", parseNonNegative)
    .option("--price-per-million-input <amount>", "price of a million input tokens", parseNonNegative)
    .option("--price-per-million-output <amount>", "price of a million output tokens", parseNonNegative)
    .option("--requests-per-minute <number>", "maximum number of requests per minute", parsePositiveInteger)
    .option("--concurrency <number>", "maximum number of calls at once (default: 4)", parsePositiveInteger);
  addShardOptions(command, "questions", "write --out from the answers of all shards, and ask nothing");
  addSubmitOptions(command, "parts of the store").addHelpText("after", EXAMPLES);
  return addReadingOptions(command).action((file: string | undefined, options: Options) =>
    options.init === undefined ? run(file, options, context) : init(file, options.init, options, context),
  );
}

async function init(
  labelled: string | undefined,
  path: string,
  options: Options,
  { output }: CommandContext,
): Promise<void> {
  const { deriveSchema, STARTER_SCHEMA } = await import("../../annotate/derive-schema.ts");
  const { createSchemaFile } = await import("../../annotate/create-schema-file.ts");
  const { readLabelled } = await import("../annotation-units.ts");
  const documents =
    labelled === undefined ? undefined : await readLabelled(labelled, options, options.format);
  const schema =
    documents === undefined ? STARTER_SCHEMA : requireLabels(deriveSchema(documents), labelled ?? "");
  await createSchemaFile(path, schema);
  const entities = Object.keys(schema.entities).length;
  const relations = Object.keys(schema.relations ?? {}).length;
  output.result({ written: path, schema }, () =>
    [
      output.style(
        "green",
        `wrote ${counted(entities, "entity label")} and ${counted(relations, "relation label")} to ${path}`,
      ),
      labelled === undefined
        ? "replace the labels by yours, and say in a sentence what each one means"
        : "the descriptions are typical mentions: replace them by what each label means",
    ].join("\n"),
  );
}

function requireLabels(schema: AnnotationSchemaInput | undefined, path: string): AnnotationSchemaInput {
  if (schema !== undefined) return schema;
  throw new ConfigError({
    code: "annotate/no-documents",
    message: `no document of ${path} has an entity, so there are no labels to take`,
    place: path,
    remedy: "Name labelled documents, or leave the file out for a schema to begin with.",
  });
}

async function run(
  file: string | undefined,
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { annotate, requireAnnotated } = await import("../../annotate/annotate.ts");
  const { reviewTarget, writeReview } = await import("../../annotate/write-review.ts");
  const { writeJsonl } = await import("../../data/jsonl.ts");
  const { requireOwnOutput } = await import("../../base/own-input.ts");
  const { annotatorOf, openAnnotator } = await import("../annotator-options.ts");
  const { annotationJob, examplesOf, readToAnnotate } = await import("../annotation-units.ts");
  const { describeAnnotation, describeAnnotationEstimate } = await import("../annotation-text.ts");
  requireDivisible(options);
  const share = await shardOf(options);
  const { path, out } = requireFiles(file, options);
  const targets = (options.review ?? []).map(reviewTarget);
  await requireOwnOutput(out, [path, ...(options.examples === undefined ? [] : [options.examples])]);
  const store = options.store ?? `${out.slice(0, out.length - extname(out).length)}-answers`;
  const posts = await readToAnnotate(path, options, output);
  const examples = await examplesOf(options);
  const schema = await schemaOf(options, examples?.documents, output);
  const written = await annotatorOf(options);
  requirePrices(options, written);
  const { samples, seed, minAgreement, budget, gather = false, dryRun = false } = options;
  using broker = options.queue === undefined || dryRun ? undefined : await brokerOf(options);
  let progress: ReturnType<Output["progress"]> | undefined;
  let outcome: AnnotationOutcome;
  try {
    outcome = await annotate(posts.documents, {
      ...{ schema, store, samples, seed, budget, signal, share, examples },
      pictures: posts.pictures,
      annotator: await openAnnotator(written),
      dryRun: dryRun || gather,
      leastAgreement: minAgreement,
      queue: broker && {
        ...{ broker, depth: options.queueDepth, attempts: options.attempts },
        job: annotationJob(path, options, schema, written),
        onPartFailure: (failure) => progress?.note(describeFailure(failure, "part")),
        onNote: (text) => progress?.note(text),
      },
      onEstimate: async (estimate) => {
        if (gather) return;
        output.line(describeAnnotationEstimate(estimate, budget));
        if (dryRun) return;
        await consent(estimate, options, output);
        progress = output.progress("calls", estimate.calls + estimate.done);
      },
      onProgress: ({ done, refused, failed }) =>
        progress?.update(
          done,
          [refused > 0 ? `${refused} refused` : "", failed > 0 ? `${failed} failed` : ""]
            .filter(Boolean)
            .join(", "),
        ),
      onFailure: (failure) => progress?.note(`failed: ${failure.code}: ${describeSaid(failure)}`),
    });
  } finally {
    progress?.stop();
  }
  const { documents, account, estimate, survey, run: calls } = outcome;
  if (dryRun) {
    output.result({ store, dryRun: true, estimate }, () => "dry run: nothing was asked");
    return;
  }
  if (share !== undefined && calls !== undefined) return showShard(share, { ...calls, store }, output);
  if (gather && account.documents.unanswered > 0) throw incomplete(outcome, store);
  const isComplete = account.documents.unanswered === 0;
  if (!isComplete) process.exitCode = ExitCode.workFailed;
  if (documents.length === 0) output.line(describeAnnotation(outcome, samples > 1));
  requireAnnotated(outcome, store);
  const reviews: WrittenReview[] = [];
  if (documents.length > 0) {
    await writeJsonl(out, documents, { signal });
    for (const target of targets)
      reviews.push(await writeReview(target, documents, { schema, model: estimate.model }));
  }
  const made = { ...accountOf(calls), cost: survey.cost.textToText };
  output.result({ out, store, ...made, account, estimate, reviews }, () =>
    [
      ...(documents.length === 0 ? [] : [describeAnnotation(outcome, samples > 1)]),
      ...(calls !== undefined && "parts" in calls ? describeParts(calls) : []),
      ...(survey.cost.textToText > 0 ? [`cost so far: ${survey.cost.textToText.toFixed(4)}`] : []),
      ...describeFiles(out, documents.length, reviews, output),
      ...(isComplete ? [] : [output.style("yellow", describeRest(outcome))]),
    ].join("\n"),
  );
}

/** What was asked now. Nothing is when answers are gathered. */
function accountOf(calls: AnnotationOutcome["run"]) {
  if (calls === undefined) return { complete: true, calls: 0, failures: [], droppedLines: 0 };
  const { complete, stop, failures, droppedLines, counts } = calls;
  const queued = "parts" in calls ? { parts: calls.parts, givenUp: calls.givenUp } : {};
  return { complete, stop, calls: counts.calls, failures, droppedLines, ...queued };
}

function showShard(
  { index, count }: ShardChoice,
  { store, complete, stop, failures, counts }: SynthesisOutcome & { readonly store: string },
  output: Output,
): void {
  const failed = failures.reduce((sum, failure) => sum + failure.count, 0);
  const isDone = stop === undefined && failed === 0;
  if (!isDone) process.exitCode = ExitCode.workFailed;
  const shard = `shard ${index}/${count}`;
  output.result({ store, shard: { index, count }, complete, stop, calls: counts.calls, failures }, () =>
    [
      `${shard}: ${counted(counts.calls, "call")} made now${counts.refused > 0 ? `, ${counts.refused} refused` : ""}${failed > 0 ? `, ${failed} failed` : ""}; answers in ${store}`,
      ...failures.map((failure) => `${failure.count} failed: ${failure.code}: ${describeSaid(failure)}`),
      ...(stop === undefined ? [] : [`it stopped before the end: ${STOPPED[stop]}`]),
      isDone
        ? "when all shards are done, run the same command with --gather instead of --shard"
        : "the same command asks what has no answer",
    ].join("\n"),
  );
}

const STOPPED = {
  interrupted: "interrupted",
  budget: "the budget is used up",
  failing: "too many calls failed in a row",
} as const;

const MOST_PARTS_SHOWN = 10;

function incomplete({ account, unfinished }: AnnotationOutcome, store: string): DataError {
  return new DataError({
    code: "units/incomplete",
    message: `${counted(account.documents.unanswered, "document")} without all answers in ${store}: ${counted(unfinished.length, "part")} of the store not finished: ${someOf(unfinished, MOST_PARTS_SHOWN)}`,
    place: store,
    value: { missing: unfinished.length, first: unfinished.slice(0, MOST_PARTS_SHOWN) },
    remedy:
      "Run the shards again (shard i of n has the parts whose number leaves i as the remainder): what is answered is not asked again. Then gather.",
    fault: "work",
  });
}

async function brokerOf({ queue: url = "", queueName: name = QUEUE_NAME }: Options) {
  const { openBroker } = await import("../../units/queue/broker.ts");
  return openBroker({ url, name });
}

/** @throws ConfigError `cli/contradiction` */
function requireDivisible({ review, dryRun, ...options }: Options): void {
  const flag = divisionOf(options);
  if (flag === "--shard" && review !== undefined)
    throw contradiction(
      "--review is given with --shard, which writes no documents",
      "--review",
      "Give it with --gather.",
    );
  if (flag === "--gather" && dryRun === true)
    throw contradiction("--dry-run is given with --gather, which asks nothing", "--dry-run", "Leave it out.");
}

function requireFiles(
  file: string | undefined,
  { out, init: _ }: Options,
): { readonly path: string; readonly out: string } {
  if (file !== undefined && out !== undefined) return { path: file, out };
  throw new ConfigError({
    code: "cli/wrong-usage",
    message: file === undefined ? "no file of documents is named" : "no file to write is named",
    place: file === undefined ? "<file>" : "--out",
    remedy:
      "Write `relata annotate <file> --schema labels.json --model <name> --out annotated.jsonl`, or `relata annotate --init labels.json`.",
  });
}

async function schemaOf(
  { schema, examples: path }: Options,
  examples: readonly Document[] | undefined,
  output: Output,
): Promise<AnnotationSchema> {
  const { loadAnnotationSchema, parseAnnotationSchema } = await import("../../annotate/schema.ts");
  if (schema !== undefined) return loadAnnotationSchema(schema);
  if (examples === undefined) {
    throw new ConfigError({
      code: "cli/wrong-usage",
      message: "nothing says which labels there are",
      place: "--schema",
      remedy:
        "Write a schema with `relata annotate --init labels.json` and name it with --schema, or name labelled documents with --examples.",
    });
  }
  const { deriveSchema } = await import("../../annotate/derive-schema.ts");
  const derived = parseAnnotationSchema(
    requireLabels(deriveSchema(examples), path ?? ""),
    path ?? "--examples",
  );
  output.line(
    `labels from ${path}: ${[...Object.keys(derived.entities), ...Object.keys(derived.relations)].join(", ")}; a schema with descriptions is better (--init)`,
  );
  return derived;
}

/** A budget without prices would never be used up. */
function requirePrices({ budget }: Options, annotator: object): void {
  if (budget === undefined || !("pricePerMillionInput" in annotator)) return;
  const { pricePerMillionInput, pricePerMillionOutput } = annotator as {
    readonly pricePerMillionInput: number;
    readonly pricePerMillionOutput: number;
  };
  if (pricePerMillionInput > 0 || pricePerMillionOutput > 0) return;
  throw new ConfigError({
    code: "cli/contradiction",
    message: "--budget is given, but no price, so nothing would ever count against it",
    place: "--budget",
    value: budget,
    remedy: "Give --price-per-million-input and --price-per-million-output.",
  });
}

function consent(
  { calls, mostPerCall, cost }: AnnotationEstimate,
  { yes, budget }: Options,
  output: Output,
): Promise<void> {
  const most = Math.min(Math.max(cost, calls * mostPerCall), budget ?? Number.POSITIVE_INFINITY);
  return requireConsent({ cost: most, remaining: calls, yes, nothing: "nothing was asked" }, output);
}

function describeFiles(
  out: string,
  documents: number,
  reviews: readonly WrittenReview[],
  output: Output,
): string[] {
  if (documents === 0) return [];
  return [
    output.style("green", `wrote ${counted(documents, "document")} to ${out}`),
    ...reviews.map(({ files }) => `to check, the least sure first: ${files.join(", ")}`),
    ...reviews.flatMap(({ target, files: [path = ""] }) =>
      target.kind === "page"
        ? [
            `open them with: relata serve <bundle> --documents ${shellWord(path)} --corrections ${shellWord(path.replace(/documents\.jsonl$/, "corrected.jsonl"))}`,
          ]
        : [],
    ),
  ];
}

function describeRest({ account, run: calls, estimate }: AnnotationOutcome): string {
  const left = `${counted(account.documents.unanswered, "document")} left`;
  const why = {
    interrupted: "interrupted",
    budget: `the budget is used up: the next call might exceed it (at most ${estimate.mostPerCall.toPrecision(2)} a call)`,
    failing: "too many calls failed in a row",
    none: "calls failed",
  }[calls?.stop ?? "none"];
  return `${why}; ${left}. Run the same command again: what was answered is kept`;
}
