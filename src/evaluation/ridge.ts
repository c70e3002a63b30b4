// Linear maps fitted on some rows and applied to others: the best that any linear reading of the features could do.

/** A small share of the features' variance, so that more features than rows have a solution. */
const PENALTY = 0.1;

export interface LinearMapRows {
  /** float32 rows of one length. */
  readonly features: readonly Float32Array[];
  readonly targets: readonly Float32Array[];
  /** A number per row; rows of one cluster are in one fold. */
  readonly clusters: readonly number[];
  readonly folds: number;
}

/**
 * Out-of-fold predictions of the targets from the features by ridge regression: each row by a map that was fitted without its fold. Features are
 * standardised on the fitted rows.
 */
export function outOfFoldPredictions({ features, targets, clusters, folds }: LinearMapRows): Float32Array[] {
  const order = new Map([...new Set(clusters)].map((cluster, i) => [cluster, i % folds]));
  const foldOf = clusters.map((cluster) => order.get(cluster)!); // every cluster has a fold
  const predicted = new Array<Float32Array>(features.length);
  for (let fold = 0; fold < folds; fold++) {
    const isHeldOut = (row: number) => foldOf[row] === fold;
    const rows = features.map((_, i) => i).filter((row) => !isHeldOut(row));
    if (rows.length === 0) continue;
    const apply = fitted(
      rows.map((row) => features[row]!),
      rows.map((row) => targets[row]!),
    );
    features.forEach((own, row) => {
      if (isHeldOut(row)) predicted[row] = apply(own);
    });
  }
  return predicted;
}

function fitted(x: readonly Float32Array[], y: readonly Float32Array[]): (row: Float32Array) => Float32Array {
  const [width, outputs] = [x[0]!.length, y[0]!.length];
  const [means, scales] = columns(x, width);
  const [targets] = columns(y, outputs);
  const standard = x.map((row) => Float64Array.from(row, (value, i) => (value - means[i]!) / scales[i]!));
  const gram = new Float64Array(width * width);
  const right = new Float64Array(width * outputs);
  standard.forEach((row, n) => {
    for (let i = 0; i < width; i++) {
      const value = row[i]!;
      for (let j = i; j < width; j++) gram[i * width + j]! += value * row[j]!;
      for (let k = 0; k < outputs; k++) right[i * outputs + k]! += value * (y[n]![k]! - targets[k]!);
    }
  });
  for (let i = 0; i < width; i++) {
    gram[i * width + i]! += PENALTY * x.length;
    for (let j = 0; j < i; j++) gram[i * width + j] = gram[j * width + i]!;
  }
  const weights = solve(gram, right, width, outputs);
  return (row) => {
    const result = Float32Array.from(targets);
    for (let i = 0; i < width; i++) {
      const value = (row[i]! - means[i]!) / scales[i]!;
      for (let k = 0; k < outputs; k++) result[k]! += value * weights[i * outputs + k]!;
    }
    return result;
  };
}

/** Mean and deviation of each column; the deviation of a constant one is 1. */
function columns(rows: readonly Float32Array[], width: number): readonly [Float64Array, Float64Array] {
  const means = new Float64Array(width);
  const squares = new Float64Array(width);
  for (const row of rows) for (let i = 0; i < width; i++) means[i]! += row[i]! / rows.length;
  for (const row of rows)
    for (let i = 0; i < width; i++) squares[i]! += (row[i]! - means[i]!) ** 2 / rows.length;
  return [means, squares.map((value) => Math.sqrt(value) || 1)];
}

/** Solves A X = B for a positive definite A [size, size] and B [size, columns] by Cholesky's method; overwrites both. */
function solve(a: Float64Array, b: Float64Array, size: number, width: number): Float64Array {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * size + k]! * a[j * size + k]!;
      a[i * size + j] = i === j ? Math.sqrt(sum) : sum / a[j * size + j]!;
    }
  }
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) {
      const factor = a[i * size + k]!;
      for (let c = 0; c < width; c++) b[i * width + c]! -= factor * b[k * width + c]!;
    }
    for (let c = 0; c < width; c++) b[i * width + c]! /= a[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) {
      const factor = a[k * size + i]!;
      for (let c = 0; c < width; c++) b[i * width + c]! -= factor * b[k * width + c]!;
    }
    for (let c = 0; c < width; c++) b[i * width + c]! /= a[i * size + i]!;
  }
  return b;
}
