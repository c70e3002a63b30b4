// Opens what the teachers of a folder share: documents, views and encoders, the folds, and the identity of all that their scores depend on.
import { ConfigError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import type { RelationLabels } from "../relation/read-relations.ts";
import type { TrainRequest } from "../requests.ts";
import { lowerStatesOf } from "../shared/frozen-layers.ts";
import { type OpenedTraining, openTraining } from "../shared/open-training.ts";
import { withDropout } from "../shared/train-task.ts";
import type { ModelRequest, Split } from "../shared/training-task.ts";
import { type Begun, begunInputs, begunSettings, requireSameSettings } from "./begun.ts";
import { realSecondViews } from "./other-views.ts";
import type { StudentSet } from "./prepare-students.ts";
import { sha256 } from "./scores-file.ts";
import type { StudentExample } from "./student-example.ts";
import { foldsOf, realViewKeys } from "./teacher-folds.ts";
import { teacherSettings } from "./teacher-settings.ts";
import type { TeachingTask } from "./teaching.ts";
import { type TeacherRequest, viewIds } from "./train-teacher.ts";

/** What the teachers of one folder have in common. Disposing of it releases the runtime. */
export interface OpenedTeachers extends AsyncDisposable {
  readonly config: Config;
  /** The folder of the teachers and their scores. */
  readonly folder: string;
  readonly begun: Begun;
  /** What every teacher's training needs; `prepared` are the examples whose views are scored. */
  readonly shared: ModelRequest<RelationLabels> &
    Pick<TeacherRequest, "prepared" | "taught" | "states" | "epochs">;
  /** The validation documents, and their examples with a real second view in place of generated ones. */
  readonly unseen: StudentSet;
  readonly compared: readonly StudentExample[];
  /** A group per example, equal for examples with the same real view, and its fold. */
  readonly keys: readonly string[];
  readonly folds: readonly number[];
}

/**
 * Opens the teachers of a folder.
 *
 * @throws ConfigError `config/nothing-to-score`; `config/other-scores` when the folder was begun with other settings; the codes of training
 */
export async function openTeachers(request: TrainRequest, teaching: TeachingTask): Promise<OpenedTeachers> {
  const { config, runFolder } = request;
  const { data } = config;
  requireViews(config);
  await requireSameSettings(runFolder, config);
  const opened = await openTraining(request, async (stop, extensions) => {
    const set = await teaching.read(data.train, config, stop, extensions);
    const validation = await teaching.read(data.validation, config, stop, extensions);
    return { set, validation, labels: await teaching.labelsOf(config, set, []) };
  });
  const dispose = () => opened[Symbol.asyncDispose]();
  try {
    const prepared = await prepare(opened, config, teaching);
    return { ...prepared, config, folder: runFolder, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** @throws ConfigError `config/nothing-to-score` */
export function requireViews({ method, synthesis }: Config): void {
  if (method === "mi2rage" && synthesis.store !== undefined && synthesis.rounds !== 0) return;
  throw new ConfigError({
    code: "config/nothing-to-score",
    message:
      'there are no generated views to score (method must be "mi2rage", and synthesis.store and synthesis.rounds must be set)',
    place: "synthesis.store",
    remedy: "Name a store that `relata synthesize` made.",
  });
}

type Data = Readonly<
  Record<"set" | "validation", Awaited<ReturnType<TeachingTask["read"]>>> & { labels: RelationLabels }
>;

async function prepare(
  opened: OpenedTraining<Data>,
  config: Config,
  teaching: TeachingTask,
): Promise<Omit<OpenedTeachers, "config" | "folder" | keyof AsyncDisposable>> {
  const { runtime, setting, onPreparation } = opened;
  const { set, validation, labels } = opened.data;
  const { training, synthesis } = config;
  const { selection, real } = synthesis;
  const prepareWith = (store: string | undefined, split: Split = "train") =>
    teaching.prepare({
      ...setting,
      set: split === "train" ? set : validation,
      split,
      labels,
      config: { ...config, synthesis: { ...synthesis, store } },
      visual: opened.visualOf(split),
      runtime,
      onPreparation,
    });
  const prepared = await prepareWith(synthesis.store);
  const taught = selection.teacherStore === undefined ? prepared : await prepareWith(selection.teacherStore);
  const unseen = await prepareWith(synthesis.store, "validation");
  await opened.releaseChannel();
  const keys = realViewKeys(prepared, real);
  const compared = realSecondViews(unseen.examples, real);
  const epochs = selection.epochs ?? training.epochs;
  return {
    begun: {
      identity: identityOf(config, epochs, prepared, taught),
      settings: begunSettings(config),
      inputs: await begunInputs(config),
      validation: compared.length === 0 ? null : fingerprintDocuments(unseen.documents),
    },
    shared: {
      ...setting,
      ...{ runtime, labels, prepared, taught, epochs },
      dropoutEncoder: withDropout(setting.encoder.config, training.dropout),
      states: lowerStatesOf(setting),
    },
    ...{ unseen, compared, keys },
    folds: foldsOf(keys, selection.folds, training.seed),
  };
}

function identityOf(config: Config, epochs: number, prepared: StudentSet, taught: StudentSet): string {
  return sha256(
    JSON.stringify([
      Object.values(teacherSettings(config, epochs)),
      fingerprintDocuments(prepared.documents),
      viewIds(prepared),
      ...(taught === prepared ? [] : [viewIds(taught)]),
    ]),
  );
}
