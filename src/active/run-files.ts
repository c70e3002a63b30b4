// The files of a run of active learning. Each appears whole or not at all, so a killed run continues from those that are there.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceOwnFile } from "../base/atomic-file.ts";
import { writingTo } from "../base/cannot-write.ts";
import { DataError } from "../base/errors.ts";
import { readRecord } from "../base/json-record.ts";
import type { Document } from "../data/document.ts";
import { writeJsonl } from "../data/jsonl.ts";
import { readDocuments } from "../data/readers.ts";
import { CHOICES } from "./choose-batch.ts";

const score = z.strictObject({
  f1: z.number(),
  /** 95 %, from resampled documents. */
  interval: z.tuple([z.number(), z.number()]),
});

const scores = z.strictObject({
  entities: score.optional(),
  relations: score.optional(),
});

/** F1 of a model, per task. */
export type RoundScores = z.output<typeof scores>;

const roundSchema = z.strictObject({
  round: z.int().nonnegative(),
  /** Labelled documents that the model was trained on, and the entities and relations in them. */
  documents: z.int().nonnegative(),
  entities: z.int().nonnegative(),
  relations: z.int().nonnegative(),
  /** Null for a first round without labels. */
  validation: scores.nullable(),
  test: scores.nullable(),
  trainSeconds: z.number().nonnegative(),
  /** The batch that was chosen after it; null if the run ended here. */
  asked: z
    .strictObject({
      ids: z.array(z.string()),
      by: z.enum(CHOICES),
      /** Candidates that were looked at. */
      candidates: z.int().nonnegative(),
      /** Mean uncertainty of the batch and of all candidates; null without a model. */
      uncertainty: z.strictObject({ batch: z.number(), candidates: z.number() }).nullable(),
      chooseSeconds: z.number().nonnegative(),
    })
    .nullable(),
  /** What came back; null until then. */
  answered: z
    .strictObject({
      documents: z.int().nonnegative(),
      rejected: z.int().nonnegative(),
      /** Those without an answer, which may be asked about again. */
      again: z.array(z.string()),
      /** In US dollars, for a model. */
      cost: z.number().nonnegative(),
    })
    .nullable(),
});

/** What happened in a round. */
export type RoundRecord = z.output<typeof roundSchema>;

const settingsSchema = z.strictObject({
  format: z.literal("relata-active"),
  version: z.literal(1),
  settings: z.looseObject({}),
  /** SHA-256 of the files that the run began with. */
  files: z.record(z.string(), z.string()),
});

/** What the run began with. */
export type SavedSettings = z.output<typeof settingsSchema>;

/** Paths in a run folder. */
export class RunFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get settings(): string {
    return join(this.folder, "active.json");
  }

  get validation(): string {
    return join(this.folder, "validation.jsonl");
  }

  get test(): string {
    return join(this.folder, "test.jsonl");
  }

  /** Where states and vectors of texts are kept, unless the configuration names a folder. */
  get cache(): string {
    return join(this.folder, "cache");
  }

  round(round: number): RoundFiles {
    return new RoundFiles(join(this.folder, "rounds", String(round).padStart(2, "0")));
  }

  async readSettings(): Promise<SavedSettings> {
    return readRecord(this.settings, settingsSchema, badRun(this.settings));
  }

  async writeSettings(saved: SavedSettings): Promise<void> {
    await writingTo(this.folder, () => mkdir(this.folder, { recursive: true }));
    await replaceOwnFile(this.settings, `${JSON.stringify(saved, undefined, 2)}\n`);
  }
}

/** Paths of a round. */
export class RoundFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get train(): string {
    return join(this.folder, "train.jsonl");
  }

  /** The run of the training. */
  get run(): string {
    return join(this.folder, "run");
  }

  get toLabel(): string {
    return join(this.folder, "to-label.jsonl");
  }

  get answers(): string {
    return join(this.folder, "answers.jsonl");
  }

  /** What a person has corrected in the page: `relata serve --corrections`. */
  get corrections(): string {
    return join(this.folder, "corrected.jsonl");
  }

  /** What they rejected there. */
  get rejected(): string {
    return join(this.folder, "corrected.rejected.jsonl");
  }

  /** The calls to a model, and its answers. */
  get store(): string {
    return join(this.folder, "store");
  }

  get record(): string {
    return join(this.folder, "round.json");
  }

  async read(): Promise<RoundRecord | undefined> {
    if (!existsSync(this.record)) return undefined;
    return readRecord(this.record, roundSchema, badRun(this.record));
  }

  async write(record: RoundRecord): Promise<void> {
    await this.#make();
    await replaceOwnFile(this.record, `${JSON.stringify(record, undefined, 2)}\n`);
  }

  async writeDocuments(path: string, documents: readonly Document[]): Promise<void> {
    await this.#make();
    await writeJsonl(path, documents);
  }

  async #make(): Promise<void> {
    await writingTo(this.folder, () => mkdir(this.folder, { recursive: true }));
  }
}

/** Reads documents that the run has written itself. */
export async function ownDocuments(path: string): Promise<readonly Document[]> {
  return (await readDocuments(path, { format: "relata", policy: "strict" })).documents;
}

function badRun(path: string) {
  return (what: string, cause: unknown) =>
    new DataError({
      code: "active/bad-run",
      message: `the record of a run of active learning cannot be read: ${what}`,
      place: path,
      remedy: "Restore the run folder, or begin again in a new one.",
      cause,
    });
}
