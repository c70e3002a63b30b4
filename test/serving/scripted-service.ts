// Starts a service over the scripted worker, in a folder of its own, and ends it after the test.
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { RelataError } from "../../src/base/errors.ts";
import type { LogFields } from "../../src/serving/log.ts";
import type { ExtractAnswer, ExtractJob } from "../../src/serving/service.ts";
import { ServingService } from "../../src/serving/serving-service.ts";
import { type ServeSettings, settingsOf } from "../../src/serving/settings.ts";

const ENTRY = new URL("./scripted-worker.mjs", import.meta.url);
const LONG_MS = 60_000;

/** A service and what its test wants to see and do. */
export interface Scripted {
  readonly service: ServingService;
  readonly folder: string;
  readonly events: readonly { readonly event: string; readonly fields: LogFields }[];
  /** Posts one text. */
  post(text: string, how?: Partial<ExtractJob>): Promise<ExtractAnswer>;
  /** Ends the wait of the posts `gate <name>`. */
  open(name: string): Promise<void>;
  /** The texts that workers began to read, in order. */
  read(): Promise<readonly string[]>;
  /** Process ids of the workers that became ready, in order. */
  workers(): readonly number[];
  /** Waits until something is true. */
  until(isTrue: () => boolean | Promise<boolean>): Promise<void>;
}

/** Writes the model of a folder. */
export async function writeModel(folder: string, version: string, fails?: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.json"), JSON.stringify({ version, fails }));
}

/** Starts it; with one worker unless the settings say otherwise. */
export async function scripted(settings: Partial<ServeSettings> = {}, place?: string): Promise<Scripted> {
  const folder = place ?? (await mkdtemp(join(tmpdir(), "relata-scripted-")));
  if (place === undefined) await writeModel(folder, "one");
  const events: { readonly event: string; readonly fields: LogFields }[] = [];
  const service = new ServingService({
    models: [{ name: "posts", folder }],
    settings: settingsOf({ replicas: 1, ...settings }),
    provider: undefined,
    log: { write: (_, event, fields = {}) => void events.push({ event, fields }) },
    workerEntry: ENTRY,
  });
  await service.start();
  onTestFinished(async () => {
    await service.end();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    service,
    folder,
    events,
    post: (text, how = {}) =>
      service.extract({
        model: undefined,
        post: { text },
        options: {},
        signal: new AbortController().signal,
        deadline: Date.now() + LONG_MS,
        ...how,
      }),
    open: (name) => appendFile(join(folder, name), ""),
    read: async () => (await readFile(join(folder, "read"), "utf8")).trimEnd().split("\n"),
    workers: () =>
      events.flatMap(({ event, fields }) => (event === "a worker is ready" ? [Number(fields.pid)] : [])),
    until: async (isTrue) => {
      while (!(await isTrue())) await sleep(5);
    },
  };
}

/** The code of what a promise rejects with; fails if it resolves. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === "fulfilled") throw new Error("it resolved");
  if (outcome.reason instanceof RelataError) return outcome.reason.code;
  throw outcome.reason;
}
