// Extraction as units: a fixed number of rows each, cut where the models would cut anyway, so that every unit gives what its rows give in a
// run over the whole input.
import { ConfigError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import { modelOptionsOf } from "../../extractors/shared/model-options.ts";
import { type Job, jobOf, publishJob } from "../../units/job.ts";
import type { ObjectStore } from "../../units/object-store.ts";
import type { UnitWork } from "../../units/run-units.ts";
import type { UnitResult } from "../../units/unit-record.ts";
import { emptyAccount } from "../batch/account.ts";
import { itemsOf, linesOf, postOf, rejectedLine } from "../batch/row-results.ts";
import { openRowVisuals } from "../batch/row-visuals.ts";
import { type BatchRequest, extractionIdentity } from "../batch/run-batch.ts";
import { CHUNK_SIZE } from "../extractor.ts";
import { load } from "../load.ts";
import { formatRowIndex, indexRows, parseRowIndex, type RowIndex } from "./row-index.ts";
import { RowReader } from "./row-reader.ts";

/** Rows of a unit: some seconds of work for a processor, and a result of about a megabyte. */
const UNIT_ROWS = 1024;

/** What is extracted, and the size of the units. */
export type UnitsRequest = Omit<BatchRequest, "output" | "strict" | "onProgress" | "onRejected"> & {
  readonly unitRows?: number | undefined;
  /** Rows come with their pictures and captions, which were found before: the fingerprint of the file of captions, null if there was none. */
  readonly published?: { readonly captions: string | null } | undefined;
};

/** A divided input. */
export interface ExtractionJob {
  readonly job: Job;
  readonly index: RowIndex;
}

const indexKey = ({ id }: Job) => `${id}/rows.jsonl`;

/**
 * Names the job and divides its input into units. If a process has divided it before, that division is used; otherwise this reads the input
 * once from beginning to end.
 *
 * @throws ConfigError `units/not-repeatable`, `units/wrong-size`; DataError `units/damaged-unit`; the errors of the source and of the store
 */
export async function openExtractionJob(
  request: UnitsRequest,
  store: ObjectStore,
  onIndexed?: (rows: number) => void,
): Promise<ExtractionJob> {
  const job = await extractionJobOf(request);
  const { source, signal, unitRows = UNIT_ROWS } = request;
  await publishJob(store, job);
  const key = indexKey(job);
  const known = await store.get(key);
  if (known !== undefined) return { job, index: parseRowIndex(known, `${store.place}/${key}`) };
  const index = await indexRows(source, unitRows, { signal, ...(onIndexed && { onProgress: onIndexed }) });
  await store.putIfAbsent(key, formatRowIndex(index)); // another process makes the same one
  return { job, index };
}

/** The job of a request, without dividing its input. @throws as `openExtractionJob` */
export async function extractionJobOf(request: UnitsRequest): Promise<Job> {
  const { source, published, unitRows = UNIT_ROWS } = request;
  if (source.fingerprint === undefined) throw notRepeatable(source.place);
  if (unitRows % CHUNK_SIZE !== 0) throw wrongSize(unitRows);
  // Rejected rows name the input as it was given.
  const identity: Json = {
    ...(await extractionIdentity(request)),
    ...published,
    ...{ place: source.place, unitRows },
  };
  return jobOf({ kind: "extract", identity });
}

/**
 * Loads the models for doing units.
 *
 * @param reader where the rows of a unit come from; default: the input
 * @throws the errors of `load` and `openRowVisuals`
 */
export async function openExtractionUnits(
  request: UnitsRequest,
  { job, index }: ExtractionJob,
  reader: Pick<RowReader, "read" | "close"> = new RowReader(request.source),
): Promise<UnitWork> {
  const { format = "jsonl" } = request;
  const { offsets, ...extraction } = request.extraction ?? {}; // the source converts its own
  const model = await load(request.model, modelOptionsOf(request));
  try {
    const { pictures, published } = request;
    const captions = published === undefined ? request.captions : (published.captions ?? undefined);
    const visualOf = await openRowVisuals(model, { pictures, captions }, published !== undefined);
    return {
      job,
      units: index.units.length,
      async run(unit, signal): Promise<UnitResult> {
        const entry = index.units[unit];
        if (entry === undefined) throw new RangeError(`there is no unit ${unit}`);
        const rows = await reader.read(unit, entry, unit * index.unitRows);
        const account = emptyAccount();
        const [lines, rejected]: [string[], string[]] = [[], []];
        const options = { ...extraction, signal };
        for await (const chunk of model.extractChunks(
          itemsOf(rows, visualOf),
          postOf(model, request),
          options,
        )) {
          for (const done of chunk) {
            const read = linesOf(done, account, { format, offsets });
            if ("code" in read) rejected.push(rejectedLine(done.item.row, read));
            else lines.push(...read);
          }
        }
        const bytesOf = (some: readonly string[]) => Buffer.from(some.map((line) => `${line}\n`).join(""));
        return {
          facts: { account: { ...account } } as unknown as Json,
          parts: [bytesOf(lines), bytesOf(rejected)],
        };
      },
      async dispose() {
        await reader.close();
        await model.dispose();
      },
    };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

function notRepeatable(place: string): ConfigError {
  return new ConfigError({
    code: "units/not-repeatable",
    message: `${place} is a stream, which cannot be divided into units`,
    place,
    remedy: "Write the posts to a file or a folder that all machines share.",
  });
}

function wrongSize(unitRows: number): ConfigError {
  return new ConfigError({
    code: "units/wrong-size",
    message: `units of ${unitRows} rows cut the posts that the models read together, which are ${CHUNK_SIZE}`,
    place: "unitRows",
    value: unitRows,
    remedy: `Use a multiple of ${CHUNK_SIZE}.`,
  });
}
