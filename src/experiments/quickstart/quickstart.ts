// A first run that needs no data: draws the embedded corpus, generates pictures for its texts, trains on texts alone and on texts with
// pictures (in full also with generated ones), scores the models, reads some posts, and writes one page.

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { counted } from "../../base/counted.ts";
import type { WorldTruth } from "../../world/truth.ts";
import { clearFolder, makeCorpus } from "./corpus.ts";
import { generatePictures } from "./generate-pictures.ts";
import { readPosts, trainEntities } from "./read-posts.ts";
import { writeQuickstartReport } from "./report.ts";
import type { GeneratedViews, QuickstartResult } from "./result.ts";
import { selectionTruth } from "./selection-truth.ts";
import {
  type ComparedRun,
  comparedIn,
  type Effort,
  KEPT_SHARE,
  layoutOf,
  type Setting,
  SHORT_EFFORT,
} from "./settings.ts";
import { type ScoredRun, trainAndScore, type Watch } from "./train-and-score.ts";

export interface QuickstartOptions extends Watch {
  /** The folder for all output; an earlier quickstart in it is replaced. */
  readonly folder: string;
  /** Seed of the corpus, the generated pictures and the training. */
  readonly seed?: number | undefined;
  readonly effort?: Effort | undefined;
  readonly onStage?: ((stage: string) => void) | undefined;
}

/** As in `relata world`. */
const DEFAULT_SEED = 7;

const STAGES: Readonly<Record<ComparedRun, string>> = {
  "text-only": "training on texts alone",
  i2srm: "training on texts with their pictures",
  mi2rage:
    "training on texts with generated pictures: first teachers, which select pictures, then the student",
  "real-pairs": "training the same model on texts with their own pictures, for comparison",
};

/**
 * Runs the quickstart. The same seed and effort give the same models on the same machine.
 *
 * @throws DataError `quickstart/folder-in-use` for a folder with other contents; the signal's reason
 */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { seed = DEFAULT_SEED, effort = SHORT_EFFORT, signal, onPreparation } = options;
  const folder = resolve(options.folder);
  const layout = layoutOf(folder);
  const stage = (text: string) => {
    signal?.throwIfAborted();
    options.onStage?.(text);
  };
  await clearFolder(folder, layout);

  const total = effort.train + effort.validation + effort.test;
  stage(`drawing ${counted(total, "post")} with pictures`);
  const { files, truth } = await makeCorpus({
    layout,
    effort,
    seed,
    signal,
    onProgress: (done) => onPreparation?.({ what: "posts", done, total }),
  });
  const setting = { files, layout, effort, seed };

  stage("generating pictures for the training texts");
  await generatePictures(setting, {
    signal,
    onProgress: (done, calls) => onPreparation?.({ what: "generator calls", done, total: calls }),
  });

  const runs: ScoredRun[] = [];
  for (const name of comparedIn(effort)) {
    stage(STAGES[name]);
    runs.push(await trainAndScore(name, setting, truth, options));
  }
  const views = await generatedViews(setting, truth);

  stage("training to find the entities");
  const entities = await trainEntities(setting, options);
  stage("joining the entity and relation models, reading test posts");
  const i2srm = runs.find(({ name }) => name === "i2srm");
  if (i2srm === undefined) throw new Error("I2SRM was not trained");
  const posts = await readPosts(entities.modelFolder, i2srm.modelFolder, setting, truth);
  const example = posts.find(({ isRight }) => isRight) ?? posts[0];
  if (example === undefined) throw new Error("there is no test post whose relation only the picture shows");

  stage("writing the page");
  const result = {
    seed,
    corpus: files,
    splits: truth.splits,
    runs,
    ...(views === undefined ? {} : { views }),
    entities,
    bundle: layout.bundle,
    generated: layout.views,
    example,
    posts,
    report: layout.report,
  };
  await writeQuickstartReport(layout.report, result, signal);
  await writeFile(layout.record, `${JSON.stringify(result, undefined, 2)}\n`);
  return result;
}

async function generatedViews(
  { effort, layout }: Setting,
  truth: WorldTruth,
): Promise<GeneratedViews | undefined> {
  if (effort.selection === undefined) return undefined;
  const selection = await selectionTruth(layout.views, layout.teachers, KEPT_SHARE, truth);
  return { store: layout.views, selection };
}
