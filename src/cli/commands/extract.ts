// `relata extract`: finds entities and relations in one post or in a file or stream of posts, or the relation between two mentions.
import { Command, Option } from "commander";
import { ConfigError } from "../../base/errors.ts";
import type { CommandContext } from "../context.ts";
import { addPredictionOptions, addVerifyOption } from "../device-options.ts";
import { extractBatch } from "../extract-batch.ts";
import type { BatchOptions, PostOptions } from "../extract-options.ts";
import { extractPost, extractRelation } from "../extract-post.ts";
import { asksForUnits, extractUnits, type UnitOptions } from "../extract-units.ts";
import { offsetsOption } from "../offsets-option.ts";
import { parseCount, parsePositiveInteger, parseProbability, parseSpan } from "../option-parsers.ts";
import { addSubmitOptions } from "../queue-options.ts";
import { addShardOptions } from "../unit-options.ts";

type Options = Omit<PostOptions, "text"> & BatchOptions & UnitOptions & { readonly text?: string };

const EXAMPLES = `
Examples:
  relata extract models/posts --text "Ada met Bo in Rome" --picture photo.jpg
  relata extract models/posts --text "Ada met Bo in Rome" --picture photo.jpg --card card.svg
  relata extract models/posts --text "Ada met Bo in Rome" --picture photo.jpg --explain
  relata extract models/posts posts.jsonl --pictures pictures --out found.jsonl
  relata extract models/posts posts.jsonl --pictures pictures --format triples
  cat posts.jsonl | relata extract models/posts - > found.jsonl
  cat texts.txt | relata extract models/posts - --lines --format csv > found.csv
  relata extract runs/mre/model-best --text "Ada met Bo" --head Ada --tail Bo

docs/extracting.md describes inputs and outputs, docs/clusters.md how many machines share an input.`;

export function extractCommand(context: CommandContext): Command {
  const command = new Command("extract")
    .description("find entities and relations in posts, or their categories")
    .argument(
      "<model>",
      "folder of a bundle (relata export), or of a model, for instance runs/first/model-best",
    )
    .argument(
      "[input]",
      "posts: a .jsonl or .parquet file, a folder of .txt files, or - for JSON lines on stdin; with --lines, plain text",
    )
    .option("--text <text>", "one text instead of an input")
    .option("--picture <file>", "the picture posted with the text")
    .option("--caption <text>", "or its caption, for a model trained with captions")
    .option("--head <words>", "for the relation between two mentions: the head, exactly as in the text")
    .option("--head-span <start:end>", "or its range, counted from 0 as --offsets says", parseSpan)
    .option("--tail <words>", "the tail, exactly as in the text")
    .option("--tail-span <start:end>", "or its range", parseSpan)
    .option("--top <number>", "relations to print for two mentions", parsePositiveInteger, 3)
    .option(
      "--explain",
      "also show what the picture did: the answer without it, what it changed, which regions were shown and how far each layer used them",
    )
    .option("--card <file>", "draw the post with what was found in it: a .svg or .png file")
    .option("--pictures <folder>", "folder to which the input's image names are relative")
    .option("--no-pictures", "read the texts without their pictures")
    .option("--captions <file>", "JSONL file of {image, caption} for the input")
    .option("--lines", "the input is plain text: every line is one post")
    .option(
      "--out <file>",
      "write to a .jsonl, .parquet, .csv or .tsv file instead of stdout; can be resumed",
    )
    .addOption(
      new Option(
        "-f, --format <name>",
        "what to write: jsonl, documents; csv or tsv, a row for every entity, relation and category; triples, a row for every relation: head, relation, tail, probability, post (default: by the name of --out, or jsonl)",
      ).choices(["jsonl", "csv", "tsv", "triples"]),
    )
    .option(
      "--spreadsheet",
      "csv, tsv, triples: mark the file as UTF-8 for Excel, and put an apostrophe before cells that a spreadsheet would run as formulas",
    )
    .option("--resume", "resume an interrupted --out");
  addShardOptions(command, "input", "write --out from the results of all shards")
    .option(
      "--units <place>",
      "where shards publish their results: a folder that all machines share, or s3://bucket/prefix (default: --out with .units)",
    )
    .option(
      "--unit-rows <number>",
      "rows that are published together, a multiple of 128 (default: 1024)",
      parsePositiveInteger,
    )
    .option(
      "--publish-posts",
      "with --queue: put the posts with their pictures and captions beside the results, so that workers need not see the input",
    )
    .option("--strict", "stop at the first row that is not a post")
    .option("--given-mentions", "use the mentions given in the input")
    .addOption(offsetsOption("the mentions and in the result"))
    .option(
      "--threshold <probability>",
      "lowest probability at which a relation is reported, in place of the model's own thresholds",
      parseProbability,
    )
    .option("--no-thresholds", "report everything found, whatever thresholds the model has")
    .option(
      "--unconstrained",
      "decode tags without constraints, as published (default: as the model was trained)",
    )
    .option("--no-type-constraints", "ask about all pairs of entities, whatever their types")
    .option(
      "--max-pairs <number>",
      "maximum number of ordered pairs of entities to ask about per post",
      parseCount,
      64,
    )
    .option(
      "--window-overlap <tokens>",
      "overlap between the windows of a long text, in tokens",
      parseCount,
      32,
    )
    .option(
      "--max-text-length <units>",
      "longest text to read, in UTF-16 units",
      parsePositiveInteger,
      1_000_000,
    )
    .addHelpText("after", EXAMPLES);
  // Both write to one option, and the last one would win.
  const picturesGiven = new Set<string>();
  for (const name of ["pictures", "no-pictures"])
    command.on(`option:${name}`, () => picturesGiven.add(`--${name}`));
  command.hook("preAction", () => {
    if (picturesGiven.size > 1) throw contradiction([...picturesGiven], "together");
  });
  return addVerifyOption(addPredictionOptions(addSubmitOptions(command))).action(
    (model: string, input: string | undefined, options: Options) => extract(model, input, options, context),
  );
}

async function extract(
  model: string,
  input: string | undefined,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { text } = options;
  if ((text === undefined) === (input === undefined)) throw oneInput(text !== undefined);
  if (text?.trim() === "") throw blankText(text);
  if (input !== undefined) {
    forbid(options, POST_ONLY, "with an input: they apply to --text only");
    if (options.givenMentions === true)
      forbid(options, ["unconstrained"], "with --given-mentions, which decodes no tags");
    if (asksForUnits(options)) return extractUnits(model, input, options, context);
    forbid(options, UNITS_ONLY, "without --shard, --gather or --queue");
    return extractBatch(model, input, options, context);
  }
  forbid(options, INPUT_ONLY, "with --text: they apply to an input only");
  const post = { ...options, text: text ?? "" };
  const { head, headSpan, tail, tailSpan } = options;
  for (const mention of ["head", "tail"] as const) {
    if (options[mention] !== undefined)
      forbid(options, [`${mention}Span`], `with --${mention}: give one of them`);
  }
  const asksRelation = [head, headSpan, tail, tailSpan].some((mention) => mention !== undefined);
  if (asksRelation) forbid(options, ["card"], "with --head and --tail: a card shows all that is in a post");
  if (asksRelation) forbid(options, ["explain"], "with --head and --tail: an explanation is of a whole post");
  return asksRelation ? extractRelation(model, post, context) : extractPost(model, post, context);
}

const POST_ONLY = [
  ...(["picture", "caption", "explain", "card", "head", "headSpan", "tail", "tailSpan"] as const),
] as const;
const UNITS_ONLY = [
  ...(["units", "unitRows", "publishPosts", "queueName", "queueDepth", "attempts"] as const),
] as const;
const INPUT_ONLY = [
  ...(["pictures", "captions", "lines", "out", "format", "spreadsheet", "resume", "strict"] as const),
  ...(["givenMentions", "shard", "gather", "queue"] as const),
  ...UNITS_ONLY,
] as const;

/** Refuses options that would be ignored. @throws ConfigError `cli/contradiction` */
function forbid(options: Options, names: readonly (keyof Options)[], where: string): void {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  const flags = given.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  throw contradiction(flags, where);
}

function contradiction(flags: readonly string[], where: string): ConfigError {
  return new ConfigError({
    code: "cli/contradiction",
    message: `${flags.join(", ")} cannot be used ${where}`,
    place: flags[0],
    remedy: "See `relata extract --help`.",
  });
}

/** A shell variable that is not set, most of the time; a blank line of a file is not a post either. */
function blankText(value: string): ConfigError {
  return new ConfigError({
    code: "cli/no-input",
    message: "the text given with --text is empty",
    place: "--text",
    value,
    remedy: 'Give a text: --text "Ada met Bo". If it comes from a shell variable, the variable is not set.',
  });
}

function oneInput(both: boolean): ConfigError {
  return new ConfigError({
    code: both ? "cli/contradiction" : "cli/no-input",
    message: both ? "both --text and an input are given" : "neither --text nor an input is given",
    place: "input",
    remedy: "Give exactly one: --text with the text, or a file, a folder, or - for stdin.",
  });
}
