// Times training steps and predictions on the processor's own kernels and on every provider that can be found, in turns, and says which to choose.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RelataError } from "../../../base/errors.ts";
import { hasAmx, hasBf16, processorName } from "../../../base/processor.ts";
import { KNOWN_PROVIDERS } from "../../../engine/known-providers.ts";
import type { NodeAssignment } from "../../../engine/node-assignment.ts";
import type { RuntimeOptions } from "../../../engine/runtime.ts";
import { physicalCores } from "../../../engine/threads.ts";
import { type Timing, timing } from "../timing.ts";
import type { Candidate, CandidateWork, GradientDifference, openCandidate } from "./candidate.ts";
import { type Advice, advise, type Measured } from "./choose-provider.ts";

/** A way to run the graphs, and how to ask for it. */
export interface Contender {
  readonly name: string;
  /** Flags of the command line; empty for the default. */
  readonly flags: string;
  readonly options: RuntimeOptions;
  /** Largest difference of the gradients, in norm, that counts as the same training. */
  readonly tolerance: number;
}

export interface BenchProvidersOptions {
  readonly work: CandidateWork;
  readonly contenders: readonly Contender[];
  /** Timed rounds: in each, every contender runs one training step and one prediction. */
  readonly rounds: number;
  /** Opens a candidate; `startCandidate` for one in a process of its own. */
  readonly open: typeof openCandidate;
  readonly signal?: AbortSignal | undefined;
  readonly onRound?: ((done: number, total: number) => void) | undefined;
}

/** One that could be timed. */
export interface TimedProvider extends Measured {
  /** Seconds of the forward and backward pass. */
  readonly training: Timing;
  readonly prediction: Timing;
  /** From the default's gradients. */
  readonly gradients: GradientDifference;
  /** Largest resident memory of its process while it trained, and with the model that predicts beside it. */
  readonly trainingRssBytes: number;
  readonly peakRssBytes: number;
  /** Nodes that it took, by graph; empty for a device. */
  readonly assignments: Readonly<Record<string, NodeAssignment>>;
}

/** One that could not. */
export interface MissingProvider extends Pick<Contender, "name" | "flags"> {
  readonly code: string;
  readonly why: string;
  readonly remedy: string;
}

export interface BenchProvidersResult {
  readonly processor: string;
  /** Null where the processor's instructions cannot be read. */
  readonly amx: boolean | null;
  readonly bf16: boolean | null;
  readonly threads: number;
  readonly onnxruntime: string;
  readonly work: CandidateWork;
  readonly rounds: number;
  /** The default first. */
  readonly timed: readonly TimedProvider[];
  readonly missing: readonly MissingProvider[];
  readonly advice: Advice;
}

/** Rounding alone, in another order of sums, is below this share of a gradient's norm. */
const SAME_IN_FP32 = 1e-3;
const SAME_IN_BF16 = 0.1;

/** The default, every known provider in each precision that the processor has, and WebGPU; `common` holds threads and library. */
export function contenders(common: Pick<RuntimeOptions, "threads" | "library">): Contender[] {
  const precisions = hasBf16() === false ? (["fp32"] as const) : (["fp32", "bf16"] as const);
  const plugins = KNOWN_PROVIDERS.flatMap(({ name }) =>
    precisions.map(
      (precision): Contender => ({
        name: precision === "fp32" ? name : `${name} ${precision}`,
        flags: `--provider ${name}${precision === "fp32" ? "" : ` --provider-precision ${precision}`}`,
        options: { ...common, plugins: [{ provider: name, precision }] },
        tolerance: precision === "fp32" ? SAME_IN_FP32 : SAME_IN_BF16,
      }),
    ),
  );
  return [
    { name: "default", flags: "", options: common, tolerance: SAME_IN_FP32 },
    ...plugins,
    {
      name: "webgpu",
      flags: "--device webgpu",
      options: { ...common, device: "webgpu" },
      tolerance: SAME_IN_FP32,
    },
  ];
}

/** Runs the benchmark; the first contender is the default. @throws the codes of the default's runtime */
export async function benchProviders(options: BenchProvidersOptions): Promise<BenchProvidersResult> {
  const { work, rounds, signal, onRound } = options;
  await using all = await openAll(options);
  const { opened, missing } = all;
  const folder = await mkdtemp(join(tmpdir(), "relata-providers-"));
  try {
    const file = join(folder, "gradients");
    await opened[0]!.candidate.writeGradients(file);
    for (const one of opened) one.gradients = await one.candidate.compareGradients(file);
  } finally {
    await rm(folder, { recursive: true });
  }
  for (let round = 0; round < rounds; round++) {
    signal?.throwIfAborted();
    const turn = round % 2 === 0 ? opened : [...opened].reverse(); // whoever comes first has no advantage
    for (const one of turn) one.training.push(await one.candidate.trainStep(round));
    for (const one of turn) one.prediction.push(await one.candidate.predict());
    onRound?.(round + 1, rounds);
  }
  const timed: TimedProvider[] = [];
  for (const one of opened) timed.push(await resultOf(one, opened[0]!));
  const [amx, bf16] = [hasAmx() ?? null, hasBf16() ?? null];
  return {
    processor: processorName(),
    amx,
    bf16,
    threads: options.contenders[0]?.options.threads ?? physicalCores(),
    onnxruntime: opened[0]!.candidate.ready.onnxruntime,
    work,
    rounds,
    timed,
    missing,
    advice: advise(timed),
  };
}

interface Opened {
  readonly contender: Contender;
  readonly candidate: Candidate;
  readonly training: number[];
  readonly prediction: number[];
  gradients: GradientDifference;
}

async function openAll({ contenders, work, open, signal }: BenchProvidersOptions) {
  const opened: Opened[] = [];
  const missing: MissingProvider[] = [];
  try {
    for (const contender of contenders) {
      signal?.throwIfAborted();
      try {
        const candidate = await open(contender.options, work);
        const unknown = { ofLargest: Number.NaN, ofNorm: Number.NaN };
        opened.push({ contender, candidate, training: [], prediction: [], gradients: unknown });
      } catch (error) {
        if (!(error instanceof RelataError) || opened.length === 0) throw error; // without the default there is nothing to compare
        const { name, flags } = contender;
        missing.push({
          name,
          flags,
          code: error.code,
          why: error.message.split("\n", 1)[0]!,
          remedy: error.remedy,
        });
      }
    }
  } catch (error) {
    await disposeAll(opened);
    throw error;
  }
  return { opened, missing, [Symbol.asyncDispose]: () => disposeAll(opened) };
}

async function disposeAll(opened: readonly Opened[]): Promise<void> {
  for (const { candidate } of opened) await candidate[Symbol.asyncDispose]();
}

async function resultOf(one: Opened, base: Opened): Promise<TimedProvider> {
  const { contender, candidate, training, prediction, gradients } = one;
  const ratio = (own: readonly number[], other: readonly number[]) =>
    timing(own.map((seconds, at) => seconds / other[at]!)).median;
  const { name, flags, tolerance } = contender;
  return {
    ...{ name, flags, tolerance, gradients },
    training: timing(training),
    prediction: timing(prediction),
    trainingRatio: ratio(training, base.training),
    predictionRatio: ratio(prediction, base.prediction),
    trainingRssBytes: candidate.ready.trainingRssBytes,
    peakRssBytes: await candidate.peakRssBytes(),
    assignments: candidate.ready.assignments,
  };
}
