// Runs golden cases: finds them, computes each with the runner of its model, compares.

import { RelataError } from "../../base/errors.ts";
import { compareTensors, type TensorComparison, worstOf } from "./compare.ts";
import { runEncoderCase } from "./encoder-case.ts";
import { findCases, type GoldenCase, readCase, type Tensors } from "./golden-case.ts";
import type { GraphRunner } from "./graph-run.ts";
import { runMnerCase } from "./i2srm-mner-case.ts";
import { runMreCase } from "./i2srm-mre-case.ts";

/** Computes a case: every result by the name that `expected.safetensors` gives it. */
type CaseRunner = (golden: GoldenCase, runner: GraphRunner) => Promise<Tensors>;

const RUNNERS: Readonly<Record<string, CaseRunner>> = {
  encoder: runEncoderCase,
  "i2srm-mre": runMreCase,
  "i2srm-mner": runMnerCase,
};

export interface CaseOutcome {
  readonly folder: string;
  readonly model: string;
  readonly passed: boolean;
  /** Expected tensors that were compared. */
  readonly tensors: number;
  readonly failedTensors: number;
  readonly worst: TensorComparison | undefined;
  /** Largest difference as a share of its tensor's largest element, over all tensors. */
  readonly ofLargest: number;
  /** Why the case could not be computed. */
  readonly fault?: string;
}

export interface ParityOptions {
  /** What computes the graphs. */
  readonly runner: GraphRunner;
  /** Share of each tensor's largest element by which its elements may also differ; default 0. */
  readonly shareOfLargest?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with each outcome as it is known. */
  readonly onCase?: ((outcome: CaseOutcome) => void) | undefined;
}

/**
 * Runs every case at and below `folders`. A case that cannot be read or computed fails; only a missing folder throws.
 *
 * @throws DataError `parity/no-such-folder`
 */
export async function runParity(folders: readonly string[], options: ParityOptions): Promise<CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  for (const folder of await findCases(folders)) {
    options.signal?.throwIfAborted();
    const outcome = await runCase(folder, options);
    outcomes.push(outcome);
    options.onCase?.(outcome);
  }
  return outcomes;
}

async function runCase(
  folder: string,
  { runner, shareOfLargest }: Pick<ParityOptions, "runner" | "shareOfLargest">,
): Promise<CaseOutcome> {
  let model = "unknown";
  try {
    const golden = await readCase(folder);
    model = golden.model;
    const run = RUNNERS[model];
    if (run === undefined)
      return failed(
        folder,
        model,
        `relata has no model of this name; known: ${Object.keys(RUNNERS).join(", ")}`,
      );
    const actual = await run(golden, runner);
    const comparisons = compareTensors(actual, golden.expected, golden.tolerance, shareOfLargest);
    const failedTensors = comparisons.filter((one) => !(one.ofTolerance <= 1)).length;
    return {
      folder,
      model,
      passed: comparisons.length > 0 && failedTensors === 0,
      tensors: comparisons.length,
      failedTensors,
      worst: worstOf(comparisons),
      ofLargest: Math.max(0, ...comparisons.map((one) => one.ofLargest)),
      ...(comparisons.length === 0 ? { fault: "the case expects nothing" } : {}),
    };
  } catch (error) {
    if (error instanceof RelataError) return failed(folder, model, `[${error.code}] ${error.message}`);
    throw error;
  }
}

function failed(folder: string, model: string, fault: string): CaseOutcome {
  return {
    folder,
    model,
    passed: false,
    tensors: 0,
    failedTensors: 0,
    worst: undefined,
    ofLargest: Infinity,
    fault,
  };
}
