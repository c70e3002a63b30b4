// Runs active learning: trains, chooses what to label next, asks, and repeats. Every step that is done is in the run folder and not done again.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, DataError } from "../base/errors.ts";
import { fileSha256 } from "../base/file-hash.ts";
import { lockFolder } from "../base/output-lock.ts";
import type { Document } from "../data/document.ts";
import { cannotRead } from "../data/lines.ts";
import { type ReadFileOptions, readDocuments } from "../data/readers.ts";
import { loadExtensions } from "../extensions/load-extensions.ts";
import { type Answers, goldAnswers, personAnswers } from "./answers.ts";
import { modelAnswers, requireAskable } from "./ask-model.ts";
import { chooseRound } from "./choose-round.ts";
import type { RoundModel } from "./measure-pool.ts";
import { type ActiveDocuments, readActive } from "./pool.ts";
import { type ActiveTask, withoutAnswers } from "./questions.ts";
import type { ActiveRequest, ActiveSettings, ActiveSummary, StopReason } from "./request.ts";
import { ownDocuments, type RoundFiles, type RoundRecord, RunFiles } from "./run-files.ts";
import { scoreRound } from "./score-round.ts";
import { roundConfig, taskOf, trainRound } from "./train-round.ts";

/** What every step of a run needs. */
interface Run {
  readonly request: ActiveRequest;
  readonly settings: ActiveSettings;
  readonly files: RunFiles;
  readonly task: ActiveTask;
  readonly documents: ActiveDocuments;
  readonly reading: ReadFileOptions;
}

/**
 * Begins a run, or continues the one in the folder.
 *
 * @throws DataError `active/*` and the codes of the readers; ConfigError `active/folder-in-use`, `active/no-run` and the codes of configurations; the codes of
 * `trainExtractor`
 */
export async function runActive(request: ActiveRequest): Promise<ActiveSummary> {
  const files = new RunFiles(request.runFolder);
  const settings = request.settings ?? (await savedSettings(files));
  if (request.settings !== undefined && existsSync(files.settings)) throw folderInUse(files);
  const task = taskOf(settings.config);
  if (task === "classification") throw noCategories();
  if (settings.ask.who === "model") requireAskable(settings.ask, task);
  const reading = await readingOf(settings, request);
  const documents = await readActive(settings, task, reading);
  if (request.settings !== undefined) await keepSettings(files, settings);
  await using _lock = await lockFolder(files.folder);
  const run: Run = { request, settings, files, task, documents, reading };
  for (const note of documents.notes) request.onNote?.(note);
  await writeScoring(run);
  return await rounds(run); // before the lock is released
}

async function rounds(run: Run): Promise<ActiveSummary> {
  const { request, settings, files, documents } = run;
  const records: RoundRecord[] = [];
  const given: Document[] = [];
  const closed = new Set<string>();
  const so = { runFolder: files.folder, rounds: records, notes: documents.notes };
  let model: RoundModel | undefined;
  for (let round = 0; ; round++) {
    const own = files.round(round);
    const labelled = [...documents.labelled, ...given];
    let record = await own.read();
    if (record?.answered == null) {
      if (request.signal?.aborted) return { ...so, status: "interrupted", reason: "interrupted" };
      const trained = await learnt(run, round, labelled, record);
      if (trained === undefined) return { ...so, status: "interrupted", reason: "interrupted" };
      ({ model, record } = trained);
      if (record.asked === null) record = await chosen(run, round, record, model, closed);
      request.onRound?.(record);
      if (round > 0) await rm(files.round(round - 1).run, { recursive: true, force: true }); // a newer model is there
      const reason = reasonToStop(record, settings);
      if (reason !== undefined) {
        return { ...so, rounds: [...records, record], status: "finished", reason, model: model?.folder };
      }
      const spent = records.reduce((sum, { answered }) => sum + (answered?.cost ?? 0), 0);
      const answers = await asked(run, round, own, record, { labelled, spent });
      if (answers === undefined && settings.ask.who === "model")
        return { ...so, rounds: [...records, record], status: "interrupted", reason: "interrupted" };
      if (answers === undefined) {
        const { toLabel, corrections } = own;
        const waiting = { toLabel, answers: corrections, documents: record.asked?.ids.length ?? 0 };
        return { ...so, rounds: [...records, record], status: "waiting", model: model?.folder, waiting };
      }
      await own.writeDocuments(own.answers, answers.documents);
      const { rejected, again, cost } = answers;
      record = {
        ...record,
        answered: { documents: answers.documents.length, rejected, again: [...again], cost },
      };
      await own.write(record);
    } else request.onRound?.(record);
    records.push(record);
    given.push(...(await ownDocuments(own.answers)));
    const again = new Set(record.answered?.again);
    for (const id of record.asked?.ids ?? []) if (!again.has(id)) closed.add(id);
  }
}

/** Trains and scores a round, unless that is done; the model of a round without labels is undefined. */
async function learnt(
  { request, settings, files, task, documents }: Run,
  round: number,
  labelled: readonly Document[],
  before: RoundRecord | undefined,
): Promise<{ readonly record: RoundRecord; readonly model: RoundModel | undefined } | undefined> {
  const own = files.round(round);
  const counts = {
    documents: labelled.length,
    entities: labelled.reduce((sum, { entities }) => sum + entities.length, 0),
    relations: labelled.reduce((sum, { relations }) => sum + relations.length, 0),
  };
  const record: RoundRecord = before ?? {
    ...{ round, ...counts, validation: null, test: null, trainSeconds: 0, asked: null, answered: null },
  };
  if (labelled.length === 0) return { record, model: undefined };
  request.onStage?.(round, "train");
  const started = performance.now();
  if (!existsSync(own.train)) await own.writeDocuments(own.train, labelled);
  const { config } = settings;
  const scoring = [...documents.validation, ...(documents.test ?? [])];
  const about = { files: own, run: files, config, labelled, scoring, extensions: request.extensions };
  const model = await trainRound(about, request);
  if (model === undefined) return undefined;
  if (before !== undefined && before.validation !== null) return { record: before, model };
  request.onStage?.(round, "score");
  const trainSeconds = (performance.now() - started) / 1000;
  const validation = await scoreRound(files.validation, task, model, own.folder);
  const test = documents.test === undefined ? null : await scoreRound(files.test, task, model, own.folder);
  const scored: RoundRecord = { ...record, validation, test, trainSeconds };
  await own.write(scored);
  return { record: scored, model };
}

/** Chooses the batch of a round, unless the run ends here. */
async function chosen(
  run: Run,
  round: number,
  record: RoundRecord,
  model: RoundModel | undefined,
  closed: ReadonlySet<string>,
): Promise<RoundRecord> {
  const { request, settings, files, task, documents } = run;
  if (reasonToStop(record, settings) !== undefined) return record;
  request.onStage?.(round, "choose");
  const pool = documents.pool.filter(({ id }) => !closed.has(id));
  const config = await roundConfig({
    files: files.round(round),
    run: files,
    config: settings.config,
    labelled: documents.labelled,
    scoring: documents.validation,
    extensions: request.extensions,
  });
  const asked = await chooseRound({ pool, task, settings, model, round, config });
  const next: RoundRecord = { ...record, asked };
  const own = files.round(round);
  const byId = new Map(pool.map((document) => [document.id, document]));
  const batch = asked.ids.map((id) => withoutAnswers(byId.get(id)!, task)); // chosen from the pool
  await own.writeDocuments(own.toLabel, batch);
  await own.write(next);
  return next;
}

/** Why a run ends with this round. */
function reasonToStop(
  { round, validation, asked }: RoundRecord,
  { rounds: most, targetF1, sure }: ActiveSettings,
): StopReason | undefined {
  const reached = [validation?.entities, validation?.relations].flatMap((score) => (score ? [score.f1] : []));
  if (targetF1 !== undefined && reached.length > 0 && Math.min(...reached) >= targetF1) return "target";
  if (round >= most) return "rounds";
  if (asked === null) return undefined;
  if (asked.ids.length === 0) return "pool";
  const { uncertainty, by } = asked;
  if (by !== "random" && uncertainty !== null && uncertainty.batch < sure) return "certain";
  return undefined;
}

/** The answers to a batch; undefined if a person has not given them yet, or the model was interrupted. */
async function asked(
  { request, settings, documents, reading, task }: Run,
  round: number,
  own: RoundFiles,
  record: RoundRecord,
  { labelled, spent }: { readonly labelled: readonly Document[]; readonly spent: number },
): Promise<Answers | undefined> {
  request.onStage?.(round, "ask");
  const batch = await ownDocuments(own.toLabel);
  const { ask } = settings;
  switch (ask.who) {
    case "gold": {
      const gold =
        ask.file === undefined
          ? documents.hidden
          : new Map((await readDocuments(ask.file, reading)).documents.map((one) => [one.id, one]));
      return goldAnswers(batch, gold, ask.file ?? settings.pool);
    }
    case "person": {
      const last = record.answered === null;
      const file = last ? request.answers : undefined;
      return personAnswers(batch, own, { file, partial: request.partial === true, reading });
    }
    case "model": {
      const { visual, data } = settings.config;
      return modelAnswers(batch, ask, {
        ...{ store: own.store, task, labelled, spent, partial: request.partial === true },
        scoring: documents.validation,
        pictures: visual?.kind === "pictures" ? data.pictures : undefined,
        signal: request.signal,
      });
    }
    default:
      return ask satisfies never;
  }
}

async function writeScoring({ files, documents }: Run): Promise<void> {
  const folder = files.round(0);
  if (!existsSync(files.validation)) await folder.writeDocuments(files.validation, documents.validation);
  if (documents.test !== undefined && !existsSync(files.test))
    await folder.writeDocuments(files.test, documents.test);
}

/** How the user's files are read: by the configuration's fields of data. */
async function readingOf({ config }: ActiveSettings, request: ActiveRequest): Promise<ReadFileOptions> {
  const { format, bio, imageExtension, offsets, noneLabel } = (config.data ?? {}) as ReadFileOptions;
  const extensions = await loadExtensions([...(request.extensions ?? []), ...(config.extensions ?? [])]);
  return { format: format ?? "auto", bio, imageExtension, offsets, noneLabel, extensions };
}

const INPUTS = ["labelled", "pool", "validation", "test"] as const;

async function hashes(settings: ActiveSettings): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of INPUTS) {
    const path = settings[name];
    if (path === undefined) continue;
    found[name] = await fileSha256(path, ({ cause }) => cannotRead(path, cause));
  }
  return found;
}

async function keepSettings(files: RunFiles, settings: ActiveSettings): Promise<void> {
  const saved = JSON.parse(JSON.stringify(settings));
  await files.writeSettings({
    format: "relata-active",
    version: 1,
    settings: saved,
    files: await hashes(settings),
  });
}

async function savedSettings(files: RunFiles): Promise<ActiveSettings> {
  if (!existsSync(files.settings)) {
    throw new ConfigError({
      code: "active/no-run",
      message: `${files.folder} has no run of active learning`,
      place: files.folder,
      remedy: "Check --run, or begin a run without --resume.",
    });
  }
  const { settings: saved, files: before } = await files.readSettings();
  const settings = saved as unknown as ActiveSettings; // written by keepSettings
  const now = await hashes(settings);
  for (const name of INPUTS) {
    if (before[name] === now[name]) continue;
    throw new DataError({
      code: "active/other-input",
      message: `${settings[name]} (${name}) has other content than when the run began`,
      place: settings[name],
      remedy: "Restore the file, or begin a new run in another folder.",
    });
  }
  return settings;
}

function folderInUse({ folder, settings }: RunFiles): ConfigError {
  return new ConfigError({
    code: "active/folder-in-use",
    message: `${folder} already holds a run of active learning (${join(folder, settings.slice(folder.length))})`,
    place: folder,
    remedy: "Continue it with --resume, or name another folder with --run.",
  });
}

function noCategories(): ConfigError {
  return new ConfigError({
    code: "config/contradiction",
    message: 'task is "classification", but active learning asks about entities and relations',
    place: "task",
    remedy: "Set task to mre, mner or both.",
  });
}
