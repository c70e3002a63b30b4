// `relata synthesize inspect <store>`: counts views by state, reason and step; with --instance, shows the lineage of an instance's views.

import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { InstanceLineage } from "../../synthesis/store/lineage.ts";
import type { CommandContext } from "../context.ts";
import { describeSurvey } from "../synthesis-account.ts";

interface Options {
  readonly instance?: string | undefined;
}

export function synthesizeInspectCommand(context: CommandContext): Command {
  return new Command("inspect")
    .description("show what a store holds and where each view of an instance comes from")
    .argument("<store>", "folder of a store, complete or not")
    .option("--instance <id>", "show the chains of this instance, call by call")
    .action((store: string, options: Options) => inspect(store, options, context));
}

async function inspect(store: string, { instance }: Options, { output }: CommandContext): Promise<void> {
  const { generatorsInWords, readManifest } = await import("../../synthesis/store/manifest.ts");
  const manifest = await readManifest(store);
  if (instance !== undefined) {
    const { lineageOf } = await import("../../synthesis/store/lineage.ts");
    const lineage = await lineageOf(store, manifest, instance);
    output.result(lineage, () => describeLineage(lineage));
    return;
  }
  const { surveyStore } = await import("../../synthesis/store/survey.ts");
  const survey = await surveyStore(store, manifest);
  const { direction, rounds, chains, seed, instances } = manifest;
  output.result({ store, manifest, survey }, () =>
    [
      `${counted(instances, "instance")} with a real ${direction}, ${counted(chains, "chain")} each, ${counted(rounds, "round")}, seed ${seed}`,
      ...generatorsInWords(manifest),
      describeSurvey(survey),
    ].join("\n"),
  );
}

function describeLineage({ instance, direction, real, chains }: InstanceLineage): string {
  const lines = [
    `${instance}: real ${direction} ${real.hash}${real.text === undefined ? "" : `\n  ${real.text}`}`,
  ];
  for (const { chain, calls } of chains) {
    lines.push(`chain ${chain}`);
    for (const { step, kind, state, reason, seed, generator, model, milliseconds, cost, shown } of calls) {
      const facts = [
        `${step}. ${kind} ${state}${reason === undefined ? "" : ` (${reason})`}`,
        ...(generator === undefined ? [] : [`${generator} ${model}`, `seed ${seed}`]),
        ...(milliseconds === undefined ? [] : [`${milliseconds} ms`]),
        ...(cost === undefined || cost === 0 ? [] : [`cost ${cost}`]),
      ];
      lines.push(`  ${facts.join(", ")}`, ...(shown === undefined ? [] : [`     ${shown}`]));
    }
  }
  return lines.join("\n");
}
