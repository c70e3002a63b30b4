// `relata pull`: downloads a bundle or model from a repository of a hub.

import { Command } from "commander";
import { formatBytes } from "../../base/format-bytes.ts";
import type { PullSummary } from "../../hub/pull.ts";
import type { CommandContext } from "../context.ts";
import { describeFiles, ENDPOINT_OPTION } from "../hub-options.ts";

interface Options {
  readonly endpoint?: string | undefined;
  readonly revision?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export function pullCommand(context: CommandContext): Command {
  return new Command("pull")
    .description("download a bundle or model from a repository of a hub, and compare it with its manifest")
    .argument("<repository>", "owner/name, or owner/name@revision")
    .argument("<folder>", "the folder to write; it must not exist")
    .option(...ENDPOINT_OPTION)
    .option("--revision <name>", "branch, tag or commit (default: main)")
    .option("--dry-run", "only list what would be downloaded")
    .addHelpText(
      "after",
      "\nThe folder appears complete or not at all. After an interruption, the same command continues where it stopped. A private repository needs a token in HF_TOKEN.",
    )
    .action((repository: string, folder: string, options: Options) =>
      pull(repository, folder, options, context),
    );
}

async function pull(
  repository: string,
  folder: string,
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { pullModel } = await import("../../hub/pull.ts");
  const onStatus = (status: string) => output.status(status);
  const summary = await pullModel({ repository, folder, ...options, signal, onStatus });
  output.result(summary, () => describe(summary, options.dryRun === true));
}

function describe({ repository, commit, folder, files, left }: PullSummary, isDry: boolean): string {
  const bytes = formatBytes(files.reduce((sum, file) => sum + file.bytes, 0));
  const notTaken = left.length > 0 ? [`not part of the model, left there: ${left.join(", ")}`] : [];
  if (isDry)
    return [
      `would download ${files.length} files, ${bytes}, of ${repository} (commit ${commit}):`,
      describeFiles(files),
      ...notTaken,
    ].join("\n");
  return [
    `pulled ${files.length} files, ${bytes}, of ${repository} into ${folder}; all are as their manifest says`,
    `commit: ${commit}`,
    ...notTaken,
    `Next: relata extract ${folder} --text "..."`,
  ].join("\n");
}
