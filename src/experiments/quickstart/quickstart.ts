// A first run that needs no data: draws the embedded corpus, trains on texts only, on texts with pictures, and on texts with generated
// pictures, scores all models on real pairs, reads a raw post, and writes one report.

import { resolve } from "node:path";
import { counted } from "../../base/counted.ts";
import { clearFolder, makeCorpus } from "./corpus.ts";
import { generatePictures } from "./generate-pictures.ts";
import { readRawPost, trainEntities } from "./raw-post.ts";
import { writeQuickstartReport } from "./report.ts";
import type { QuickstartResult } from "./result.ts";
import { selectionTruth } from "./selection-truth.ts";
import { COMPARED, type Effort, KEPT_SHARE, layoutOf, USUAL_EFFORT } from "./settings.ts";
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

const STAGES: Readonly<Record<(typeof COMPARED)[number], string>> = {
  "text-only": "training on texts only",
  i2srm: "training I2SRM on texts with their pictures",
  mi2rage:
    "training MI2RAGE on texts with generated pictures: first teachers, which select pictures, then the student",
  "real-pairs": "training the same model on texts with their own pictures, for comparison",
};

/**
 * Runs the quickstart. The same seed and effort give the same models on the same machine.
 *
 * @throws DataError `quickstart/folder-in-use` for a folder with other contents; the signal's reason
 */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { seed = DEFAULT_SEED, effort = USUAL_EFFORT, signal, onPreparation } = options;
  const folder = resolve(options.folder);
  const layout = layoutOf(folder);
  const stage = (text: string) => {
    signal?.throwIfAborted();
    options.onStage?.(text);
  };
  await clearFolder(folder, layout);

  const posts = effort.train + effort.validation + effort.test;
  stage(`drawing ${counted(posts, "post")} with pictures`);
  const { files, truth } = await makeCorpus({
    layout,
    effort,
    seed,
    signal,
    onProgress: (done) => onPreparation?.({ what: "posts", done, total: posts }),
  });
  const setting = { files, layout, effort, seed };

  stage("generating pictures for the training texts");
  await generatePictures(setting, {
    signal,
    onProgress: (done, total) => onPreparation?.({ what: "generator calls", done, total }),
  });

  const runs: ScoredRun[] = [];
  for (const name of COMPARED) {
    stage(STAGES[name]);
    runs.push(await trainAndScore(name, setting, truth, options));
  }
  const selection = await selectionTruth(layout.views, layout.teachers, KEPT_SHARE, truth);

  stage("training to find the entities");
  const entities = await trainEntities(setting, options);
  stage("joining the entity and relation models, reading a raw post");
  const i2srm = runs.find(({ name }) => name === "i2srm");
  if (i2srm === undefined) throw new Error("I2SRM was not trained");
  const example = await readRawPost(entities.modelFolder, i2srm.modelFolder, setting, truth);

  stage("writing the report");
  const result = {
    seed,
    corpus: files,
    splits: truth.splits,
    runs,
    views: { store: layout.views, selection },
    entities,
    bundle: layout.bundle,
    example,
    report: layout.report,
  };
  await writeQuickstartReport(layout.report, result, signal);
  return result;
}
