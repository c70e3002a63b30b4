// Cross-fitted teachers: each is trained on the other folds and scores the generated views of its own fold, so that memorised examples do not count.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { ConfigError } from "../../base/errors.ts";
import { differences, type Json, toJson } from "../../base/json.ts";
import type { Config } from "../../config/schema.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import { stream } from "../../training/random.ts";
import { readRelationData, relationLabels } from "../relation/read-relations.ts";
import type { TrainRequest } from "../requests.ts";
import { openTraining } from "../shared/open-training.ts";
import { withDropout } from "../shared/train-task.ts";
import type { StudentSet } from "./prepare-students.ts";
import {
  aboutPath,
  type Begun,
  formatScores,
  readBegun,
  readScoresAbout,
  type ScoreRow,
  type ScoresAbout,
  scoresPath,
  sha256,
  writeBegun,
} from "./scores-file.ts";
import { lowerStatesOf, prepareSplit } from "./student-training.ts";
import { trainTeacher, viewIds } from "./train-teacher.ts";
import { withoutRealView } from "./view-alone.ts";

/** Where the teachers' scores are, and what they score. */
export interface ScoreViewsSummary {
  readonly folder: string;
  readonly about: ScoresAbout;
  /** Whether this call trained teachers, or the scores already existed. */
  readonly trained: boolean;
}

/**
 * Trains the teachers and writes their scores to the run folder; existing scores are kept.
 *
 * @throws ConfigError `config/nothing-to-score`, `config/other-scores` when the folder contains scores of other data or settings; the codes of
 * training. After the signal is aborted, throws its reason; the same call with `resume` continues.
 */
export async function scoreViews(request: TrainRequest): Promise<ScoreViewsSummary> {
  const { config, runFolder, resume = false, signal, onPreparation } = request;
  const { training, data, synthesis } = config;
  const { selection, real } = synthesis;
  if (config.method !== "mi2rage" || synthesis.store === undefined || synthesis.rounds === 0) {
    throw new ConfigError({
      code: "config/nothing-to-score",
      message:
        'there are no generated views to score (method must be "mi2rage", and synthesis.store and synthesis.rounds must be set)',
      place: "synthesis.store",
      remedy: "Name a store that `relata synthesize` made.",
    });
  }
  await using opened = await openTraining(request, async (stop, extensions) => {
    const set = await readRelationData(data.train, config, stop, extensions);
    return { set, labels: await relationLabels(config, set) };
  });
  const { runtime, channel, setting } = opened;
  const { set, labels } = opened.data;
  const { encoder } = setting;
  const prepare = (store: string) =>
    prepareSplit({
      ...setting,
      set,
      split: "train",
      labels,
      config: { ...config, synthesis: { ...synthesis, store } },
      visual: opened.visualOf("train"),
      runtime,
      onPreparation: opened.onPreparation,
    });
  const whole = await prepare(synthesis.store);
  const learnt = selection.teacherStore === undefined ? whole : await prepare(selection.teacherStore);
  await channel?.dispose();

  const folds = foldsOf(whole, real, selection.folds, training.seed);
  const read = (set: StudentSet) => (selection.reads === "view" ? withoutRealView(set, real, encoder) : set);
  const prepared = read(whole);
  const taught = learnt === whole ? prepared : read(learnt);
  const epochs = selection.epochs ?? training.epochs;
  const settings = teacherSettings(config, epochs);
  const identity = sha256(
    JSON.stringify([
      Object.values(settings),
      fingerprintDocuments(prepared.documents),
      viewIds(prepared),
      ...(taught === prepared ? [] : [viewIds(taught)]),
    ]),
  );
  const begun: Begun = { identity, settings: toJson(settings) as NonNullable<Begun["settings"]> };
  const known = await readScoresAbout(runFolder);
  if (known) {
    if (known.identity === identity) return { folder: runFolder, about: known, trained: false };
    throw otherScores(runFolder, await readBegun(runFolder), begun);
  }
  await requireSameBegun(runFolder, begun);
  const states = lowerStatesOf(setting);
  const dropoutEncoder = withDropout(encoder.config, training.dropout);
  const rows = new Map<string, ScoreRow>();
  for (let fold = 0; fold < selection.folds; fold++) {
    const folder = join(runFolder, `teacher-${fold}`);
    const found = await trainTeacher(
      { ...request, resume, runFolder: folder },
      {
        ...setting,
        runtime,
        labels,
        dropoutEncoder,
        states,
        epochs,
        fold,
        others: taught.examples.filter((_, i) => folds[i] !== fold),
        own: prepared.examples.filter((_, i) => folds[i] === fold),
        prepared,
        taught,
      },
    );
    for (const row of found) rows.set(row.example, row);
    onPreparation?.({ what: "teachers trained", done: fold + 1, total: selection.folds });
    signal?.throwIfAborted();
  }
  const text = formatScores(prepared.examples.map(({ id }) => rows.get(id)!)); // every example is in one fold
  const about: ScoresAbout = {
    folds: selection.folds,
    reads: selection.reads,
    epochs,
    examples: prepared.examples.length,
    identity,
    rows: sha256(text),
  };
  await replaceOwnFile(scoresPath(runFolder), text);
  await replaceOwnFile(aboutPath(runFolder), `${JSON.stringify(about, null, 2)}\n`);
  return { folder: runFolder, about, trained: true };
}

/** Interrupted teachers resume only with the data and settings they started with. */
async function requireSameBegun(folder: string, now: Begun): Promise<void> {
  const begun = await readBegun(folder);
  if (begun === undefined) {
    await mkdir(folder, { recursive: true });
    await writeBegun(folder, now);
  } else if (begun.identity !== now.identity) throw otherScores(folder, begun, now);
}

/** Folds by text, or by picture: the same teacher scores all examples that share their real view. */
function foldsOf(
  { documents, examples, instanceOf }: StudentSet,
  real: "text" | "picture",
  folds: number,
  seed: number,
): number[] {
  const document = new Map(documents.map((one) => [one.id, one]));
  const keys = examples.map(({ id }) => {
    const instance = instanceOf.get(id)!;
    const owner = document.get(instance) ?? document.get(instance.replace(/#\d+$/, ""));
    return (real === "text" ? owner?.text : owner?.image) ?? instance;
  });
  const groups = [...new Set(keys)];
  const order = [...stream(seed, 0, "teacher-folds").permutation(groups.length)];
  const foldOf = new Map(order.map((group, position) => [groups[group]!, position % folds]));
  return keys.map((key) => foldOf.get(key)!);
}

/** The settings that the scores depend on; their values in this order are part of the folder's identity. */
function teacherSettings({ encoder, visual, model, training, synthesis }: Config, epochs: number): object {
  const { store, real, rounds, chains, asManyAsRounds, withoutViews, selection } = synthesis;
  const { threads: _, library: __, device: ___, metric: ____, evaluateEvery: _____, ...decisive } = training;
  const { promptLength, fusion } = model;
  return {
    encoder,
    visual,
    "model.promptLength": promptLength,
    "model.fusion": fusion,
    training: decisive,
    "synthesis.selection.epochs": epochs,
    "synthesis.store": store,
    "synthesis.real": real,
    "synthesis.rounds": rounds,
    "synthesis.chains": chains,
    "synthesis.withoutViews": withoutViews,
    "synthesis.selection.folds": selection.folds,
    "synthesis.selection.reads": selection.reads,
    ...(asManyAsRounds === undefined ? {} : { "synthesis.asManyAsRounds": asManyAsRounds }),
  };
}

function otherScores(folder: string, before: Begun | undefined, now: Begun): ConfigError {
  const changed =
    before?.settings === undefined
      ? []
      : differences(before.settings as Json, (now.settings ?? null) as Json);
  const what =
    before?.settings === undefined
      ? "other documents, views or settings"
      : changed.length === 0
        ? "other documents or views"
        : `other settings: ${changed.join("; ")}`;
  return new ConfigError({
    code: "config/other-scores",
    message: `${folder} contains teachers or scores for ${what}`,
    place: folder,
    ...(changed.length === 0 ? {} : { value: changed }),
    remedy: "Resume with the original documents, views and settings, or name another folder.",
  });
}
