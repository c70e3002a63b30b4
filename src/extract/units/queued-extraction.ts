// An extraction in a queue: what a message says of it, and how a worker on another machine opens it and makes sure that it would publish the
// same results as any other.
import { existsSync } from "node:fs";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { differences, type Json, toJson } from "../../base/json.ts";
import type { ExtractorOptions } from "../../extractors/requests.ts";
import { readJob } from "../../units/job.ts";
import { openObjectStore } from "../../units/open-store.ts";
import type { UnitMessage } from "../../units/queue/broker.ts";
import { readRequest } from "../../units/queue/read-message.ts";
import type { OpenedJob } from "../../units/queue/work-units.ts";
import { runUnit } from "../../units/run-units.ts";
import type { OutputFormat } from "../batch/output-format.ts";
import type { PostSource } from "../batch/post-rows.ts";
import type { ExtractionOptions } from "../post.ts";
import {
  type ExtractionJob,
  extractionJobOf,
  openExtractionJob,
  openExtractionUnits,
  type UnitsRequest,
} from "./extraction-units.ts";
import { PublishedRows, unseenSource } from "./published-rows.ts";

/** How a worker opens the posts. */
export type OpenPosts = (
  input: string,
  options: { readonly lines: boolean; readonly offsets?: ExtractionOptions["offsets"] },
) => Promise<PostSource>;

const optional = <Schema extends z.ZodType>(schema: Schema) => schema.optional();
const requestSchema = z.strictObject({
  /** Where units are published. */
  store: z.string(),
  model: z.string(),
  input: z.string(),
  /** Each line of the input is a text. */
  lines: z.boolean(),
  /** The posts are beside the results with their pictures and captions, so workers read no input; the fingerprint of the file of captions. */
  published: optional(z.strictObject({ captions: z.string().nullable() })),
  /** SHA-256 of the input; workers compare the rows that they read instead. */
  fingerprint: z.string(),
  format: z.custom<OutputFormat>((value) => value === "jsonl" || typeof value === "object"),
  extraction: z.custom<ExtractionOptions>((value) => typeof value === "object" && value !== null),
  pictures: optional(z.union([z.string(), z.literal(false)])),
  captions: optional(z.string()),
  givenMentions: optional(z.boolean()),
  precision: optional(z.enum(["fp32", "int8"])),
  unitRows: z.int().positive(),
});

/** What a message says of an extraction: paths as the submitter gave them, and options. */
export type QueuedExtraction = z.output<typeof requestSchema>;

/** Describes a divided input for workers. */
export function queuedExtraction(
  request: UnitsRequest,
  { job, index }: ExtractionJob,
  place: Pick<QueuedExtraction, "store" | "input" | "lines"> & { readonly published?: boolean | undefined },
): QueuedExtraction {
  const { model, format = "jsonl", extraction = {}, pictures, givenMentions, precision } = request;
  const known = job.identity as { readonly input: Json; readonly captions: Json }; // as they were when it was divided
  const { store, input, lines, published } = place;
  const queued = {
    ...{ store, input, lines, model, format, extraction, pictures, givenMentions, precision },
    ...(published === true ? { published: { captions: known.captions } } : { captions: request.captions }),
  };
  return toJson({
    ...queued,
    fingerprint: known.input,
    unitRows: index.unitRows,
  }) as unknown as QueuedExtraction; // of the same fields
}

/** What a worker brings along. */
export interface ExtractionWorker {
  readonly openPosts: OpenPosts;
  readonly device: ExtractorOptions;
  /** Where the model is on this machine; default: where the submitter has it. */
  readonly model?: string | undefined;
}

/**
 * Opens an extraction for a worker, with the worker's own device.
 *
 * @throws RelataError `units/unknown-job`; DataError `units/other-job`, `units/other-store`, `units/no-model`; the errors of the source, of `load` and
 * of the store
 */
export async function openQueuedExtraction(
  message: UnitMessage,
  { openPosts, device, model: ownModel }: ExtractionWorker,
): Promise<OpenedJob> {
  const {
    store: place,
    input,
    lines,
    published,
    fingerprint,
    ...rest
  } = readRequest(message, requestSchema, "unit");
  const store = await openObjectStore(place);
  const wanted = await readJob(store, message.job);
  if (wanted === undefined) throw otherStore(store.place, message.job);
  const model = ownModel ?? rest.model;
  if (!existsSync(model)) throw noModel(model);
  const { offsets } = rest.extraction;
  const source: PostSource = published
    ? unseenSource(input, fingerprint)
    : {
        ...(await openPosts(input, { lines, ...(offsets && { offsets }) })),
        fingerprint: () => Promise.resolve(fingerprint),
      };
  const request: UnitsRequest = { ...device, ...rest, model, source, published };
  const own = await extractionJobOf(request);
  if (own.id !== message.job) {
    const changes = differences(wanted.identity, own.identity);
    throw new DataError({
      code: "units/other-job",
      message: `this worker would not do the job in the queue: ${changes.join("; ")}`,
      place: message.job,
      value: changes,
      remedy: "Give every machine the same model, captions and version of relata.",
    });
  }
  const work = await openExtractionUnits(
    request,
    await openExtractionJob(request, store),
    ...(published ? [new PublishedRows(own.id, store)] : []),
  );
  return {
    run: async (unit, { signal }) => ({ outcome: await runUnit(store, work, unit, signal), cost: 0 }),
    dispose: () => work.dispose(),
  };
}

function otherStore(place: string, job: string): DataError {
  return new DataError({
    code: "units/other-store",
    message: `${place} does not have the job ${job}, so it is not the place where the submitter wants results`,
    place,
    remedy:
      "A folder has to be shared by all machines under one path. For a bucket, check AWS_ENDPOINT_URL_S3 and AWS_REGION of this worker, or write them into the address: --units 's3://bucket/prefix?endpoint=...'.",
  });
}

function noModel(model: string): DataError {
  return new DataError({
    code: "units/no-model",
    message: `this worker has no model ${model}`,
    place: model,
    remedy: "Copy the model to this path, or say where it is: relata work --model <folder>.",
  });
}
