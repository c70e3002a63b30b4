// `relata synthesize export <store> <out>`: writes a complete store's accepted views with their lineage, for other tools.

import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import type { CommandContext } from "../context.ts";
import { parsePositiveInteger } from "../option-parsers.ts";

interface Options {
  readonly to: "parquet" | "webdataset";
  readonly rejected: boolean;
  readonly views: "candidates" | "all";
  readonly shardViews: number;
}

export function synthesizeExportCommand(context: CommandContext): Command {
  return new Command("export")
    .description("export a store's views and their lineage for other tools")
    .argument("<store>", "folder of a complete store")
    .argument("<out>", "a .parquet file, or a folder for the shards of a WebDataset")
    .addOption(
      new Option("--to <format>", "format to write").choices(["parquet", "webdataset"]).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        "--views <which>",
        "only views of the missing modality, or the intermediate texts and pictures too",
      )
        .choices(["candidates", "all"])
        .default("candidates"),
    )
    .option("--rejected", "include rejected views, with their reason", false)
    .option("--shard-views <number>", "webdataset: views per shard", parsePositiveInteger, 1000)
    .action((store: string, out: string, options: Options) => exportStore(store, out, options, context));
}

async function exportStore(
  store: string,
  out: string,
  { to, rejected, views, shardViews }: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { exportParquet } = await import("../../synthesis/export/parquet.ts");
  const { exportWebdataset } = await import("../../synthesis/export/webdataset.ts");
  const choice = { rejected, intermediate: views === "all", signal };
  const written =
    to === "parquet"
      ? await exportParquet(store, out, choice)
      : await exportWebdataset(store, out, { ...choice, shardViews });
  output.result({ store, out, to, ...written }, () =>
    output.style(
      "green",
      `wrote ${counted(written.views, "view")} to ${out}${written.files > 1 ? ` (${counted(written.files, "shard")})` : ""}`,
    ),
  );
}
