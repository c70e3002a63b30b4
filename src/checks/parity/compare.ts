// Compares a graph's results with those of a golden case, element by element.
import type { HostTensor } from "../../graph/host-tensor.ts";
import type { Tensors, Tolerance } from "./golden-case.ts";

export interface TensorComparison {
  readonly name: string;
  /** Largest absolute difference; Infinity when a tensor is missing, misshapen or not a number. */
  readonly error: number;
  /** Largest difference as a share of what is allowed there; above 1 is a failure. */
  readonly ofTolerance: number;
  /** Largest difference as a share of the expected tensor's largest element; 0 within the absolute tolerance, where elements may all be 0. */
  readonly ofLargest: number;
  /** Why the numbers could not be compared. */
  readonly fault?: string;
}

/**
 * In a case with numbers above `FAR`, every element may also differ by `ROUNDING` of its tensor's largest: small elements are then differences
 * of large terms, of which float32 keeps no more. With emissions of several hundred, PyTorch's own gradients in float32 differ from those in
 * float64 by up to 4e-5 of the largest element, which is 58 times a tolerance of 2e-4 of the element itself.
 */
const FAR = 100;
const ROUNDING = 1e-4;

/**
 * One comparison per expected tensor; ignores results without an expectation.
 *
 * @param shareOfLargest every element may also differ by this share of its tensor's largest: for arithmetic with few bits
 */
export function compareTensors(
  actual: Tensors,
  expected: Tensors,
  tolerance: Tolerance,
  shareOfLargest = 0,
): TensorComparison[] {
  const largest = Object.entries(expected).map(([name, tensor]) => ({
    name,
    tensor,
    most: largestOf(tensor),
  }));
  const rounding = Math.max(shareOfLargest, largest.some(({ most }) => most > FAR) ? ROUNDING : 0);
  return largest.map(({ name, tensor, most }) =>
    compareTensor(name, actual[name], { tensor, most }, tolerance, rounding * most),
  );
}

function largestOf({ dtype, data }: HostTensor): number {
  let largest = 0;
  if (dtype === "float32") for (const value of data) largest = Math.max(largest, Math.abs(Number(value)));
  return largest;
}

function compareTensor(
  name: string,
  actual: HostTensor | undefined,
  { tensor: expected, most }: { readonly tensor: HostTensor; readonly most: number },
  { absolute, relative }: Tolerance,
  rounding: number,
): TensorComparison {
  const broken = (fault: string) => ({
    name,
    error: Infinity,
    ofTolerance: Infinity,
    ofLargest: Infinity,
    fault,
  });
  if (actual === undefined) return broken("not computed");
  if (actual.shape.join() !== expected.shape.join())
    return broken(`shape [${actual.shape.join(", ")}], expected [${expected.shape.join(", ")}]`);
  let error = 0;
  let ofTolerance = 0;
  for (let at = 0; at < expected.data.length; at++) {
    const wanted = Number(expected.data[at]);
    const got = Number(actual.data[at]);
    const difference = Math.abs(got - wanted);
    if (got === wanted) continue; // also equal infinities
    if (!Number.isFinite(difference)) return broken(`element ${at} is ${got}, expected ${wanted}`);
    error = Math.max(error, difference);
    ofTolerance = Math.max(
      ofTolerance,
      difference / Math.max(rounding, absolute + relative * Math.abs(wanted)),
    );
  }
  return { name, error, ofTolerance, ofLargest: error <= absolute ? 0 : error / most };
}

/** The comparison that is closest to failing, or failed worst. */
export function worstOf(comparisons: readonly TensorComparison[]): TensorComparison | undefined {
  return comparisons.reduce<TensorComparison | undefined>(
    (worst, one) => (worst === undefined || one.ofTolerance > worst.ofTolerance ? one : worst),
    undefined,
  );
}
