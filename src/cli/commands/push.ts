// `relata push`: sends a bundle or model to a repository of a hub.

import { Command } from "commander";
import { formatBytes } from "../../base/format-bytes.ts";
import type { PushSummary } from "../../hub/push.ts";
import type { CommandContext } from "../context.ts";
import { describeFiles, ENDPOINT_OPTION } from "../hub-options.ts";

interface Options {
  readonly endpoint?: string | undefined;
  readonly private?: boolean | undefined;
  readonly revision?: string | undefined;
  readonly replace?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

const AFTER_HELP = `
The access token is taken from HF_TOKEN, or from the file where the hub's own tool stores it. Only files that the manifest lists, the model card and
a LICENSE are sent. Large files that arrived are not sent again after an interruption, and nothing is visible before all have arrived.`;

export function pushCommand(context: CommandContext): Command {
  return new Command("push")
    .description("send a bundle or model with its card to a repository of a hub, in one commit")
    .argument("<model>", "folder of a bundle, or of a model")
    .argument("<repository>", "owner/name; it is created if it does not exist")
    .option(...ENDPOINT_OPTION)
    .option("--private", "create it as a private repository")
    .option("--revision <branch>", "branch to push to; it is created if it does not exist (default: main)")
    .option("--replace", "replace the files of a repository that has some")
    .option("--dry-run", "only list what would be sent")
    .addHelpText("after", AFTER_HELP)
    .action((model: string, repository: string, options: Options) =>
      push(model, repository, options, context),
    );
}

async function push(
  model: string,
  repository: string,
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { pushModel } = await import("../../hub/push.ts");
  const onStatus = (status: string) => output.status(status);
  const summary = await pushModel({ model, repository, ...options, signal, onStatus });
  output.result(summary, () => describe(summary));
}

function describe({ repository, revision, commit, created, files, removed }: PushSummary): string {
  const bytes = formatBytes(files.reduce((sum, file) => sum + file.bytes, 0));
  if (commit === undefined)
    return [
      `would send ${files.length} files, ${bytes}, to ${repository} (${revision}):`,
      describeFiles(files),
    ].join("\n");
  return [
    `pushed ${files.length} files, ${bytes}, to ${repository} (${revision})${created ? ", a new repository" : ""}`,
    ...(removed.length > 0 ? [`removed there: ${removed.join(", ")}`] : []),
    `commit: ${commit}`,
    `Next: relata pull ${repository}@${commit.slice(0, 12)} <folder>`,
  ].join("\n");
}
