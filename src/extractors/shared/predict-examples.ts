// Scores examples with a prediction graph, wherever it runs: cuts them into batches, and gives each example its own part of the scores.
import { EngineError } from "../../base/errors.ts";
import { predictionBatches } from "../../engine/prediction-batches.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";

/** How a task's examples become inputs of its prediction graph, and its outputs their scores. */
export interface PredictionTask<Example> {
  /** Number of tokens. */
  lengthOf(example: Example): number;
  /** Named in errors. */
  idOf(example: Example): string;
  predictionInputs(examples: readonly Example[]): Record<string, HostTensor>;
  /** The example's own part of its score row, without padding. */
  ownScores(row: Float32Array, example: Example): Float32Array;
  /** Indices of the examples by batch, for examples that share sequences; absent: batches of similar lengths. */
  batchesOf?(examples: readonly Example[]): readonly (readonly number[])[];
}

/** What runs a graph on batches, in any order: onnxruntime in Node, or in a web page. */
export interface BatchRunner {
  runAll<Batch>(
    batches: readonly Batch[],
    inputs: (batch: Batch) => Readonly<Record<string, HostTensor>>,
    take: (batch: Batch, outputs: Readonly<Record<string, HostTensor>>) => void,
  ): Promise<void>;
}

/** Scores examples. */
export interface Predictor<Example> {
  /** Returns the scores of each example, in order. `onProgress` gets the number of finished examples. */
  predict(examples: readonly Example[], onProgress?: (done: number) => void): Promise<Float32Array[]>;
}

/** Returns the scores of each example, in order: the graph's output `scores`. @throws EngineError `engine/non-finite-scores` */
export async function predictExamples<Example>(
  task: PredictionTask<Example>,
  runner: BatchRunner,
  examples: readonly Example[],
  onProgress?: (done: number) => void,
): Promise<Float32Array[]> {
  const scores = new Array<Float32Array>(examples.length);
  const examplesOf = (batch: readonly number[]) => batch.map((i) => examples[i]!);
  let done = 0;
  await runner.runAll(
    batchesOf(task, examples),
    (batch) => task.predictionInputs(examplesOf(batch)),
    (batch, outputs) => {
      const data = outputs.scores!.data as Float32Array;
      const width = data.length / batch.length;
      batch.forEach((i, row) => {
        const own = task.ownScores(data.slice(row * width, (row + 1) * width), examples[i]!);
        if (!own.every(Number.isFinite)) throw nonFiniteScores(task.idOf(examples[i]!));
        scores[i] = own;
      });
      done += batch.length;
      onProgress?.(done);
    },
  );
  return scores;
}

/** The batches in which a task's examples run. */
export function batchesOf<Example>(
  task: PredictionTask<Example>,
  examples: readonly Example[],
): readonly (readonly number[])[] {
  return task.batchesOf?.(examples) ?? predictionBatches(examples.map((example) => task.lengthOf(example)));
}

/** No comparison with NaN is true, so it would pass for the first label. */
function nonFiniteScores(id: string): EngineError {
  return new EngineError({
    code: "engine/non-finite-scores",
    message: `the scores of '${id}' are not finite numbers`,
    place: id,
    remedy:
      "The weights or the picture's features contain NaN or infinity: use an earlier model, or train again.",
    fault: "work",
  });
}
