// `relata world`: writes a world of made-up posts and pictures whose best scores are known by construction.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { Scores } from "../../world/ceilings.ts";
import type { SplitName } from "../../world/generate.ts";
import type { TopicTruth } from "../../world/topics.ts";
import type { TrainingFiles } from "../../world/training-files.ts";
import type { WorldTruth } from "../../world/truth.ts";
import type { WorldFiles } from "../../world/write.ts";
import type { CommandContext } from "../context.ts";
import { parseCount, parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

interface Options {
  readonly seed: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Describes what each kind of reader sees. */
const READERS = [
  ["text", "the text alone"],
  ["picture", "the picture alone"],
  ["pictureAndNames", "the picture and both names"],
  ["joint", "text and picture"],
  ["typedText", "the text, types given"],
  ["typedJoint", "text and picture, types given"],
] as const;

export function worldCommand(context: CommandContext): Command {
  return new Command("world")
    .description(
      "write the embedded corpus: made-up posts with pictures, for which the best possible scores are known",
    )
    .argument(
      "<folder>",
      "folder for documents, pictures, captions and the truth; existing files are replaced",
    )
    .option("--seed <number>", "the same seed writes the same corpus", parseCount, 7)
    .option("--train <count>", "number of training posts", parsePositiveInteger, 1200)
    .option(
      "--validation <count>",
      "number of validation posts, which choose the best epoch",
      parsePositiveInteger,
      240,
    )
    .option("--test <count>", "number of test posts", parsePositiveInteger, 400)
    .action((folder: string, options: Options) => run(folder, options, context));
}

async function run(folder: string, options: Options, { output, signal }: CommandContext): Promise<void> {
  const { writeWorld } = await import("../../world/write.ts");
  const { writeTrainingFiles } = await import("../../world/training-files.ts");
  const { readWorldTruth } = await import("../../world/truth.ts");
  const progress = output.progress("posts", options.train + options.validation + options.test);
  let files: WorldFiles;
  try {
    files = await writeWorld(folder, { ...options, signal, onProgress: (done) => progress.update(done) });
  } finally {
    progress.stop();
  }
  const training = await writeTrainingFiles(folder, options);
  const { truth } = await readWorldTruth(folder);
  const { posts: _posts, ...known } = truth;
  const topics = JSON.parse(await readFile(files.topics, "utf8")) as TopicTruth; // written above
  output.result({ files, training, ...known, topics }, () => describe(files, training, truth, topics));
}

function describe(
  files: WorldFiles,
  { i2srm, mi2rage: { text } }: TrainingFiles,
  { splits, ceilings, entityCeilings, posts, shares }: WorldTruth,
  topics: TopicTruth,
): string {
  const names = Object.keys(splits) as SplitName[];
  const [first] = names;
  const labels = first === undefined ? [] : Object.keys(splits[first].labels);
  const row = (title: string, count: (name: SplitName) => number) => [title, ...names.map(count)];
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const both = ({ accuracy, microF1 }: Scores) => `${accuracy.toFixed(3)} / ${microF1.toFixed(3)}`;
  return `
${counted(posts.length, "post")} in ${files.folder}; ${percent(shares.unrelatedPicture)} of their pictures have nothing to do with the text.

${formatTable(
  ["posts", ...names],
  [
    row("all", (name) => splits[name].documents),
    row("whose text leaves the relation open", (name) => splits[name].needsPicture),
    row("without a picture", (name) => splits[name].withoutPicture),
    row("with an unrelated picture", (name) => splits[name].unrelatedPicture),
    ...labels.map((label) => row(label, (name) => splits[name].labels[label] ?? 0)),
  ],
)}

Best possible relation scores, accuracy / micro F1 without None: what a reader who knows how the corpus is made
reaches on these posts, and can expect on others like them.

${formatTable(
  ["reader of", ...names, "expected"],
  READERS.map(([view, title]) => [
    title,
    ...names.map((name) => both(splits[name].ceilings[view])),
    both(ceilings[view]),
  ]),
)}

Best possible entity scores, micro F1:

${formatTable(
  ["reader of", ...names, "expected"],
  (["text", "joint"] as const).map((view) => [
    view === "text" ? "the text alone" : "text and picture",
    ...names.map((name) => splits[name].entityCeilings[view]),
    entityCeilings[view],
  ]),
)}

Best possible scores of topics (the category of each post), accuracy:

${formatTable(
  ["reader of", ...names, "expected"],
  (
    [
      ["text", "the text alone"],
      ["picture", "the picture alone"],
      ["joint", "text and picture"],
    ] as const
  ).map(([view, title]) => [
    title,
    ...names.map((name) => topics.splits[name].ceilings[view]),
    topics.ceilings[view],
  ]),
)}

Next, with the small encoders and configurations in the same folder:
  relata train --config ${i2srm} --run runs/i2srm
  relata synthesize ${text.plan} --store ${join(files.folder, "views-text")}
  relata train --config ${text.config} --run runs/mi2rage
`;
}
