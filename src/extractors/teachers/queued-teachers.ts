// Teachers in a queue: a record in the folder of the scores says what they are, a message only where that folder is, and a worker on another
// machine opens the same data and makes sure that it would train the same teachers.
import { resolve } from "node:path";
import { z } from "zod";
import { namedWriteFailure } from "../../base/cannot-write.ts";
import { DataError } from "../../base/errors.ts";
import { type Json, toJson } from "../../base/json.ts";
import { codeNamedBy } from "../../config/named-code.ts";
import { parseConfig } from "../../config/parse.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import { describeEnvironment } from "../../training/environment.ts";
import { folderStore } from "../../units/folder-store.ts";
import { type Job, jobOf, publishJob } from "../../units/job.ts";
import type { UnitMessage } from "../../units/queue/broker.ts";
import { codeRefused } from "../../units/queue/code-refused.ts";
import { readIdentity, readRequest } from "../../units/queue/read-message.ts";
import type { OpenedJob } from "../../units/queue/work-units.ts";
import { begunSchema, differenceBetween } from "../student/begun.ts";
import { type OpenedTeachers, openTeachers } from "../student/open-teachers.ts";
import { readScoresAbout } from "../student/scores-file.ts";
import { doTeacher, teachersOf } from "../student/teachers.ts";
import { teachingOf } from "./teaching-of.ts";

/** The kind of work in messages. */
export const TEACHERS_KIND = "score-views";

const requestSchema = z.strictObject({ run: z.string().min(1) });
const identitySchema = z.strictObject({
  relata: z.string(),
  config: z.looseObject({ extensions: z.array(z.string()).optional() }),
  begun: begunSchema,
});

const jobsOf = (folder: string) => folderStore(resolve(folder, "jobs"));

/** Writes what the job is into the folder of the scores, which workers see too. */
export async function recordTeachers({ folder, config, begun }: OpenedTeachers): Promise<Job> {
  const identity = toJson({ relata: describeEnvironment().relata, config, begun });
  const job = jobOf({ kind: TEACHERS_KIND, identity });
  await publishJob(jobsOf(folder), job);
  return job;
}

/** What messages say beside the teacher's number: the folder as the submitter gave it. */
export function queuedTeachers(run: string): Json {
  return { run };
}

/** What a worker brings along. */
export interface TeacherWorker {
  /** Whether the configuration may name code of this machine: modules, libraries, interpreters. */
  readonly programs: boolean;
}

/** A message that comes late, or twice: the scores are complete. */
const COMPLETE_SCORES: OpenedJob = {
  run: () => Promise.resolve({ outcome: "before", cost: 0 }),
  dispose: () => Promise.resolve(),
};

/**
 * Opens teachers for a worker.
 *
 * @throws RelataError `units/unknown-job`, `units/program-refused`; DataError `units/other-job`; the codes of preparing a training
 */
export async function openQueuedTeachers(
  message: UnitMessage,
  { programs }: TeacherWorker,
): Promise<OpenedJob> {
  const runFolder = resolve(readRequest(message, requestSchema, "teacher").run);
  const identity = await readIdentity(message, identitySchema, {
    ...{ jobs: jobsOf(runFolder), place: runFolder, what: "folder", word: "teacher" },
    remedy:
      "Start workers in the submitter's folder, or in one that shows the same files under the same paths.",
  });
  const modules = identity.config.extensions ?? [];
  const refuse = (named: string | undefined) => {
    if (!programs && named !== undefined)
      throw codeRefused("the configuration of the teachers", named, message.job);
  };
  refuse(modules[0]); // before they are loaded
  const config = parseConfig(identity.config, `the job in ${runFolder}`, await loadExtensions(modules));
  refuse(codeNamedBy(config));
  const { relata } = describeEnvironment();
  if (relata !== identity.relata)
    throw otherJob(runFolder, `its version of relata is ${relata}, not ${identity.relata}`, message);
  const known = await readScoresAbout(runFolder);
  if (known?.identity === identity.begun.identity) return COMPLETE_SCORES;
  const opened = await openTeachers({ config, runFolder }, teachingOf(config));
  const dispose = async () => opened[Symbol.asyncDispose]();
  const other = differenceBetween(identity.begun, opened.begun);
  if (other !== undefined) {
    await dispose();
    throw otherJob(runFolder, `it has ${other}`, message);
  }
  const teachers = teachersOf(config);
  return {
    run: async (unit, { stopping: signal }) => {
      const teacher = teachers[unit];
      if (teacher === undefined) throw new RangeError(`there is no teacher ${unit}`);
      try {
        const end = await doTeacher(teacher, opened, { signal, fromStopped: true });
        return { outcome: end === "done" ? "published" : "before", cost: 0 };
      } catch (error) {
        if (signal.aborted) return { outcome: "stopped", cost: 0 };
        throw namedWriteFailure(error);
      }
    },
    dispose,
  };
}

/** @returns DataError `units/other-job`: this worker would train other teachers than those in the job */
function otherJob(folder: string, what: string, { job }: UnitMessage): DataError {
  return new DataError({
    code: "units/other-job",
    message: `this worker would not train the teachers of ${folder} as they are in the queue: ${what}`,
    place: job,
    value: what,
    remedy:
      "Give every machine the same data, views, pictures and encoders under the paths that the submitter used, and the same version of relata.",
  });
}
