// Eigenvalues of small symmetric matrices by Jacobi's rotations (Golub and Van Loan 2013, section 8.5).
import { SynthesisError } from "../../base/errors.ts";

/** Sweeps over all pairs; ten are enough for hundreds of rows, because convergence is quadratic. */
const MAX_SWEEPS = 60;

/**
 * The eigenvalues of a symmetric matrix [size, size], largest first. Overwrites the matrix.
 *
 * @throws SynthesisError `synthesis/not-a-number` for a matrix with NaN or infinities
 */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  const scale = matrix.reduce((sum, value) => sum + value * value, 0);
  if (!Number.isFinite(scale)) throw notANumber("the matrix");
  for (let sweep = 0; sweep < MAX_SWEEPS && offDiagonal(matrix, size) > scale * 1e-30; sweep++) {
    for (let p = 0; p < size - 1; p++) {
      for (let q = p + 1; q < size; q++) rotate(matrix, size, p, q);
    }
  }
  return Float64Array.from({ length: size }, (_, i) => matrix[i * size + i]!)
    .sort()
    .reverse();
}

function offDiagonal(a: Float64Array, size: number): number {
  let sum = 0;
  for (let p = 0; p < size; p++) for (let q = 0; q < size; q++) if (p !== q) sum += a[p * size + q]! ** 2;
  return sum;
}

/** Rotates rows and columns p and q so that their common element becomes 0. */
function rotate(a: Float64Array, size: number, p: number, q: number): void {
  const off = a[p * size + q]!;
  if (off === 0) return;
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < size; k++) {
    const [kp, kq] = [a[k * size + p]!, a[k * size + q]!];
    a[k * size + p] = c * kp - s * kq;
    a[k * size + q] = s * kp + c * kq;
  }
  for (let k = 0; k < size; k++) {
    const [pk, qk] = [a[p * size + k]!, a[q * size + k]!];
    a[p * size + k] = c * pk - s * qk;
    a[q * size + k] = s * pk + c * qk;
  }
}

/** The error for numbers from broken weights. */
export function notANumber(what: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/not-a-number",
    message: `${what} contains NaN or infinity`,
    remedy: "Check the embeddings: an encoder with damaged weights gives such numbers.",
    fault: "work",
  });
}
