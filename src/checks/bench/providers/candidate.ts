// One way to run the graphs, ready to be timed: a training step and a prediction of the same random model as every other candidate.
import { open, readFile } from "node:fs/promises";
import type { NodeAssignment } from "../../../engine/node-assignment.ts";
import { Runtime, type RuntimeOptions } from "../../../engine/runtime.ts";
import { RelationModel } from "../../../extractors/relation/relation-model.ts";
import { fillWeights, type ModelSizes, randomExamples, randomModelGraph } from "../random-model.ts";

/** The work to time. */
export interface CandidateWork {
  readonly sizes: ModelSizes;
  /** Texts per training step. */
  readonly batch: number;
  /** Texts that are predicted. */
  readonly texts: number;
  /** Tokens per text: a step has texts of one of these lengths, a prediction texts of all of them. */
  readonly lengths: readonly number[];
}

/** What a candidate says when it is ready. */
export interface Readiness {
  readonly onnxruntime: string;
  /** As the providers' library spells them; empty without a plugin. */
  readonly providers: readonly string[];
  /** Nodes that the plugin took, by graph. */
  readonly assignments: Readonly<Record<string, NodeAssignment>>;
  /** Largest resident memory of its process after training steps, before the model that predicts was made. */
  readonly trainingRssBytes: number;
}

/** How far gradients are from those of a file. */
export interface GradientDifference {
  /** Largest difference over the largest gradient. */
  readonly ofLargest: number;
  /** Euclidean norm of the difference over that of the gradients. */
  readonly ofNorm: number;
}

/** A candidate in this process or another. */
export interface Candidate extends AsyncDisposable {
  readonly ready: Readiness;
  /** Runs the forward and backward pass of a step; returns its seconds. */
  trainStep(number: number): Promise<number>;
  /** Predicts all texts; returns the seconds. */
  predict(): Promise<number>;
  /** Writes the gradients of step 0, float32. */
  writeGradients(file: string): Promise<void>;
  /** Compares the gradients of step 0 with those of a file. */
  compareGradients(file: string): Promise<GradientDifference>;
  /** Largest resident memory of its process so far. */
  peakRssBytes(): Promise<number>;
}

const SEED = 1;

/** Opens a candidate in this process and runs every shape once. @throws EngineError as the runtime does */
export async function openCandidate(options: RuntimeOptions, work: CandidateWork): Promise<Candidate> {
  const runtime = await Runtime.open(options);
  try {
    return await prepare(runtime, work);
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}

async function prepare(runtime: Runtime, work: CandidateWork): Promise<Candidate> {
  const { sizes, batch, texts, lengths } = work;
  const graph = randomModelGraph(sizes, false);
  const groups = { weightDecay: 0.01, headLearningRateScale: 1 };
  const trained = new RelationModel(runtime, { graph, padId: 0, groups, trainable: true });
  fillWeights(trained);
  const batches = lengths.map((length) =>
    randomExamples(
      Array.from({ length: batch }, () => length),
      graph,
    ),
  );
  const step = async (number: number) => {
    await trained.step(batches[number % batches.length]!, {
      seed: SEED,
      step: number,
      epoch: 0,
      microStep: 0,
    });
  };
  for (let at = 0; at < lengths.length; at++) await step(at);
  const trainingRssBytes = peakRss();
  const predicting = new RelationModel(runtime, { graph, padId: 0, groups, trainable: false });
  fillWeights(predicting);
  const examples = randomExamples(
    Array.from({ length: texts }, (_, at) => lengths[at % lengths.length]!),
    graph,
  );
  await predicting.predict(examples);
  return {
    ready: {
      onnxruntime: runtime.version,
      providers: runtime.plugins.map(({ provider }) => provider),
      assignments: Object.fromEntries(runtime.assignments),
      trainingRssBytes,
    },
    trainStep: (number) => timed(() => step(number)),
    predict: () => timed(() => predicting.predict(examples)),
    async writeGradients(file) {
      await step(0);
      await writeArrays(file, gradientsOf(trained));
    },
    async compareGradients(file) {
      await step(0);
      return difference(gradientsOf(trained), await readFile(file));
    },
    peakRssBytes: async () => peakRss(),
    async [Symbol.asyncDispose]() {
      await trained.dispose();
      await predicting.dispose();
      await runtime.dispose();
    },
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function peakRss(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function gradientsOf(model: RelationModel): Float32Array[] {
  return [...model.declarations.keys()].map((name) => model.parameters.gradient(name).data);
}

async function writeArrays(path: string, arrays: readonly Float32Array[]): Promise<void> {
  const file = await open(path, "w");
  try {
    for (const { buffer, byteOffset, byteLength } of arrays) {
      await file.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
    }
  } finally {
    await file.close();
  }
}

/** @param expected float32 numbers in the arrays' order */
function difference(arrays: readonly Float32Array[], expected: Buffer): GradientDifference {
  const wanted = new Float32Array(expected.buffer, expected.byteOffset, expected.byteLength / 4);
  let at = 0;
  let [largest, most, squares, all] = [0, 0, 0, 0];
  for (const array of arrays) {
    for (const value of array) {
      const want = wanted[at++]!;
      const apart = Math.abs(value - want);
      if (!(apart <= most)) most = apart; // NaN stays
      largest = Math.max(largest, Math.abs(want));
      squares += apart * apart;
      all += want * want;
    }
  }
  return { ofLargest: most / largest, ofNorm: Math.sqrt(squares / all) };
}
