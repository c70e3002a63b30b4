// Common command line options of the benchmarks: the text encoder's sizes, the steps, the references, progress.
import type { Command } from "commander";
import type { LoadOptions } from "../extractors/shared/runtime-options.ts";
import type { CommandContext } from "./context.ts";
import { type DeviceOptions, deviceOptions } from "./device-options.ts";
import { parseCount, parsePositiveInteger } from "./option-parsers.ts";

/** Sizes of a text encoder. */
export interface SizeOptions {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocabulary: number;
}

/** How to run a benchmark. */
export interface BenchOptions extends DeviceOptions {
  readonly lengths?: string | undefined;
  readonly visual?: boolean | undefined;
  readonly warmUp: number;
  readonly steps: number;
  readonly against?: readonly string[] | undefined;
}

/** Adds the options of `SizeOptions`; one without a default is undefined if not given. */
export function addSizeOptions(
  command: Command,
  layers: string,
  defaults: Partial<SizeOptions> = {},
): Command {
  return command
    .option("--layers <number>", layers, parsePositiveInteger, defaults.layers)
    .option("--hidden <number>", "its width", parsePositiveInteger, defaults.hidden)
    .option("--heads <number>", "its attention heads", parsePositiveInteger, defaults.heads)
    .option("--ffn <number>", "width of its feed-forward part", parsePositiveInteger, defaults.ffn)
    .option(
      "--vocabulary <number>",
      "rows of its embedding table",
      parsePositiveInteger,
      defaults.vocabulary,
    );
}

/**
 * Adds the options of the steps and of the references.
 *
 * @param reference the script in test/reference/ to name in the help
 */
export function addStepOptions(
  command: Command,
  defaults: { readonly warmUp: number; readonly steps: number },
  reference: string,
): Command {
  return command
    .option(
      "--warm-up <number>",
      "untimed steps before the timed ones; the first two are slow",
      parseCount,
      defaults.warmUp,
    )
    .option("--steps <number>", "timed steps", parsePositiveInteger, defaults.steps)
    .option(
      "--against <command...>",
      `step servers to time in alternation with relata, such as 'python3 test/reference/${reference} --serve'`,
    );
}

/** The options of every benchmark. */
interface BenchRun {
  readonly visual: boolean;
  readonly warmUp: number;
  readonly steps: number;
  readonly against?: readonly string[] | undefined;
  readonly runtime: LoadOptions;
  readonly signal: AbortSignal;
  readonly onStep: (done: number) => void;
}

/** Runs a benchmark with the options, and shows its progress. */
export async function runBench<Result>(
  options: BenchOptions,
  { output, signal }: CommandContext,
  bench: (run: BenchRun) => Promise<Result>,
): Promise<Result> {
  const { visual, warmUp, steps, against } = options;
  const progress = output.progress("steps", warmUp + steps);
  try {
    return await bench({
      visual: visual === true,
      warmUp,
      steps,
      against,
      runtime: deviceOptions(options),
      signal,
      onStep: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
}

/** Reads the lengths from a JSON file; `test/reference/mnre_lengths.py` writes MNRE's. @throws ConfigError `config/bad-lengths` */
export async function readLengths(path: string): Promise<readonly number[]> {
  const { readWholeText } = await import("../base/whole-file.ts");
  const { z } = await import("zod");
  const { ConfigError } = await import("../base/errors.ts");
  const schema = z.looseObject({ lengths: z.array(z.int().positive()).min(1) });
  try {
    return schema.parse(JSON.parse(await readWholeText(path))).lengths;
  } catch (cause) {
    throw new ConfigError({
      code: "config/bad-lengths",
      message: `${path} cannot be read as {"lengths": [...]} (${(cause as Error).message.split("\n", 1)[0]})`,
      place: path,
      remedy: "Write it with test/reference/mnre_lengths.py, or by hand.",
      cause,
    });
  }
}
