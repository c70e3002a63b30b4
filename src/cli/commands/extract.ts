// `relata extract`: the relation between two mentions of one text, with its picture or caption.
import { Command } from "commander";
import type { ExtractedRelation, MentionSpan } from "../../experiments/relation-runs.ts";
import type { CommandContext } from "../context.ts";
import { addDeviceOptions, type DeviceOptions, deviceOptions } from "../device-options.ts";
import { locateMention } from "../locate-mention.ts";
import { parsePositiveInteger, parseSpan } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

interface Options extends DeviceOptions {
  readonly text: string;
  readonly head?: string;
  readonly headSpan?: MentionSpan;
  readonly tail?: string;
  readonly tailSpan?: MentionSpan;
  readonly picture?: string;
  readonly caption?: string;
  readonly top: number;
}

export function extractCommand(context: CommandContext): Command {
  const command = new Command("extract")
    .description("predict the relation between two mentions of a text")
    .argument("<model>", "folder of the model, for instance runs/first/model-best")
    .requiredOption("--text <text>", "the text")
    .option("--head <words>", "the head's mention as it stands in the text")
    .option("--head-span <start:end>", "or its characters, counted in UTF-16 units from 0", parseSpan)
    .option("--tail <words>", "the tail's mention as it stands in the text")
    .option("--tail-span <start:end>", "or its characters", parseSpan)
    .option("--picture <file>", "the picture posted with the text")
    .option("--caption <text>", "or a caption of it, for a model trained with captions")
    .option("--top <number>", "relations to print", parsePositiveInteger, 3);
  return addDeviceOptions(command).action((model: string, options: Options) =>
    extract(model, options, context),
  );
}

async function extract(model: string, options: Options, { output }: CommandContext): Promise<void> {
  const { text, picture, caption } = options;
  const head = locateMention("head", text, options.head, options.headSpan);
  const tail = locateMention("tail", text, options.tail, options.tailSpan);
  const { openExtractor } = await import("../../experiments/relation-runs.ts");
  const extractor = await openExtractor(model, deviceOptions(options));
  try {
    const found = await extractor.extract({
      text,
      head,
      tail,
      ...(picture === undefined ? {} : { image: picture }),
      ...(caption === undefined ? {} : { caption }),
    });
    output.result({ text, head, tail, ...found }, () => describe(text, head, tail, found, options.top));
  } finally {
    await extractor.dispose();
  }
}

function describe(
  text: string,
  head: MentionSpan,
  tail: MentionSpan,
  found: ExtractedRelation,
  top: number,
): string {
  const words = (span: MentionSpan) => text.slice(span.start, span.end);
  return [
    `${words(head)} -> ${found.label} -> ${words(tail)}  (${describeChannel(found)}${found.truncated ? ", the text was cut" : ""})`,
    formatTable(
      ["relation", "probability"],
      found.probabilities.slice(0, top).map(({ label, probability }) => [label, probability]),
    ),
  ].join("\n");
}

/** What the model could see, and whether this request showed it anything. */
function describeChannel({ visualChannel, visual }: ExtractedRelation): string {
  if (visualChannel === "text only") return visualChannel;
  const wanted = visualChannel === "caption-as-vision" ? "caption" : "picture";
  return visual === "none" ? `${visualChannel}, but no ${wanted} was given` : visualChannel;
}
