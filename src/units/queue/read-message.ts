// What a worker reads: the request in a message, and the record of the job that the message names. Both may come from another version of relata.
import type { z } from "zod";
import { DataError, RelataError } from "../../base/errors.ts";
import { checkShape } from "../../base/schema-issues.ts";
import { jobOf, readJob } from "../job.ts";
import type { ObjectStore } from "../object-store.ts";
import type { UnitMessage } from "./broker.ts";

/** How messages call the pieces of the work. */
type UnitWord = "unit" | "part" | "cell" | "teacher";

/** What a message says beside the number of its unit. @throws RelataError `units/unknown-job` */
export function readRequest<Schema extends z.ZodType>(
  message: UnitMessage,
  schema: Schema,
  word: UnitWord,
): z.output<Schema> {
  return read(message, message.request, schema, { word, whole: "the request" });
}

/** Where the submitter has written down what its jobs are. */
interface RecordedJobs {
  readonly jobs: ObjectStore;
  /** The place of the work, and what it is: "/views", "store". */
  readonly place: string;
  readonly what: string;
  /** What to do where it has no such job. */
  readonly remedy: string;
  readonly word: UnitWord;
}

/** What the job of a message is, from its record. @throws RelataError `units/unknown-job`; DataError `units/other-job` if there is no such record */
export async function readIdentity<Schema extends z.ZodType>(
  message: UnitMessage,
  schema: Schema,
  { jobs, place, what, remedy, word }: RecordedJobs,
): Promise<z.output<Schema>> {
  const job = await readJob(jobs, message.job);
  if (job === undefined || jobOf(job).id !== message.job)
    throw new DataError({
      code: "units/other-job",
      message: `${place} does not have the job in the queue, so it is not the ${what} of the submitter`,
      place: jobs.place,
      remedy,
    });
  return read(message, job.identity, schema, { word, whole: "the job" });
}

function read<Schema extends z.ZodType>(
  { unit, job }: UnitMessage,
  value: unknown,
  schema: Schema,
  { word, whole }: { readonly word: UnitWord; readonly whole: string },
): z.output<Schema> {
  const checked = checkShape(schema, value, { whole });
  if (checked.success) return checked.data;
  throw new RelataError({
    code: "units/unknown-job",
    message: `the message of ${word} ${unit} cannot be read: ${checked.faults[0]}`,
    place: job,
    remedy: "Use the same version of relata for submitters and workers.",
    fault: "work",
  });
}
