// `relata quickstart`: a first run from nothing, within a minute or two, that ends with what to try next.
import { join } from "node:path";
import { Command } from "commander";
import type { QuickstartResult } from "../../experiments/quickstart.ts";
import type { CommandContext } from "../context.ts";
import type { Output } from "../output.ts";
import { formatTable } from "../table.ts";
import { trainingProgress } from "../training-progress.ts";

interface Options {
  readonly folder: string;
}

export function quickstartCommand(context: CommandContext): Command {
  return new Command("quickstart")
    .description(
      "train tiny extractors on a corpus made on the spot, see what pictures add, and read a raw post",
    )
    .option("--folder <folder>", "where to write everything", join("runs", "quickstart"))
    .action((options: Options) => run(options, context));
}

async function run({ folder }: Options, { output, signal }: CommandContext): Promise<void> {
  const { quickstart } = await import("../../experiments/quickstart.ts");
  const progress = trainingProgress(output);
  let result: QuickstartResult;
  try {
    result = await quickstart({
      folder,
      signal,
      onStage: (stage) => output.line(output.style("bold", stage)),
      onPreparation: progress.onPreparation,
      onProgress: progress.onTraining,
    });
  } finally {
    progress.stop();
  }
  output.result(result, () => describe(result, folder, output));
}

function describe(result: QuickstartResult, folder: string, output: Output): string {
  const { validation, models, example, entities, bundle } = result;
  const { accuracy, microF1 } = validation.ceilings.text;
  const share = ((100 * validation.needsPicture) / validation.documents).toFixed(0);
  const best = models.at(-1)?.modelFolder ?? folder;
  return `
Scores on ${validation.documents} validation posts; in ${share} % of them only the picture tells the relation.

${formatTable(
  ["model", "accuracy", "micro F1", "accuracy where the picture is needed"],
  [
    ...models.map((model) => [model.name, model.accuracy, model.microF1, model.needsPictureAccuracy]),
    ["best possible from text alone", accuracy, microF1, ""],
  ],
)}

The corpus is made up and the encoders began as random numbers: this shows that the parts work, not how well they do on real posts.

The entity model finds the names with a micro F1 of ${entities.microF1.toFixed(4)}. Both models together read a raw post, nothing marked in it:

"${example.text}" with ${example.picture}
${describeFound(example)}
  gold: ${example.head} -> ${example.gold} -> ${example.tail}

${output.style("bold", "Next, on what was just made:")}
  relata extract ${bundle} --text "Maren and Tolia today" --picture ${example.picture}
  relata evaluate ${best} ${result.corpus.validation} --pictures ${result.corpus.pictures}
${output.style("bold", "With your own data (one JSON document per line, or MNRE files with --format mnre):")}
  relata validate train.jsonl validation.jsonl
  relata train --encoder <BERT or RoBERTa folder> --train train.jsonl --validation validation.jsonl --text-only
  the same with --task mner for the entities; relata export joins both models, relata extract reads raw posts with them
  relata train --help, and docs/configuration.md for every setting
In this repository \`relata\` is \`node dist/cli/main.js\`; elsewhere \`npx relata\`.
`;
}

function describeFound({ text, found }: QuickstartResult["example"]): string {
  const mentions = found.entities.map(({ start, end }) => text.slice(start, end));
  const percent = (probability = 0) => `${(100 * probability).toFixed(0)} %`;
  return [
    ...found.entities.map(
      ({ label, probability }, i) => `  ${mentions[i]}: ${label} (${percent(probability)})`,
    ),
    ...found.relations.map(
      ({ head, tail, label, probability }) =>
        `  ${mentions[head]} -> ${label} -> ${mentions[tail]} (${percent(probability)})`,
    ),
  ].join("\n");
}
