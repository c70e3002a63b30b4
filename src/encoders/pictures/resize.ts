// Resampling exactly as PIL does it: two separable passes with filters widened by the shrinking ratio, coefficients and
// sums in fixed point, so that pixels equal those of the published models' training. sharp's kernels differ.
import type { RgbPicture } from "./rgb-picture.ts";

/** Filter of a resize, as Pillow names them. */
export type Resample = "nearest" | "box" | "bilinear" | "hamming" | "bicubic" | "lanczos";

interface Filter {
  readonly support: number;
  readonly weight: (x: number) => number;
}

const FILTERS: Readonly<Record<Exclude<Resample, "nearest">, Filter>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weight: hamming },
  bicubic: { support: 2, weight: bicubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

// 8 bits for the pixel and 2 for overshoot leave 22 of 32 for a coefficient's fraction.
const PRECISION_BITS = 32 - 8 - 2;
const CHANNELS = 3;
const HAMMING_BASE = Math.fround(0.54);
const HAMMING_WAVE = Math.fround(0.46);

/** Resizes `picture` to `width` x `height` pixels. */
export function resizePicture(
  picture: RgbPicture,
  width: number,
  height: number,
  resample: Resample,
): RgbPicture {
  if (picture.width === width && picture.height === height) return picture;
  if (resample === "nearest") return resizeNearest(picture, width, height);
  const filter = FILTERS[resample];
  // Rounding between the passes makes their order matter (by 1 in 255, by more where bicubic overshoots).
  // Pillow 13 starts with the columns if they lose more than twice as many pixels as the rows (found by
  // testing 3000 sizes).
  const lost = picture.height - height;
  if (lost > 0 && lost > 2 * (picture.width - width)) {
    return resizeRows(resizeColumns(picture, height, filter), width, filter);
  }
  return resizeColumns(resizeRows(picture, width, filter), height, filter);
}

/** For every output position, its first input position and the fixed-point weights from there. */
interface Coefficients {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  /** Weights per output position. */
  readonly stride: number;
}

function coefficients(inputSize: number, outputSize: number, filter: Filter): Coefficients {
  const scale = inputSize / outputSize;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outputSize);
  const count = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * stride);
  const raw = new Float64Array(stride);
  for (let out = 0; out < outputSize; out++) {
    const center = (out + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support + 0.5));
    const to = Math.min(inputSize, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let i = 0; i < to - from; i++) {
      const weight = filter.weight((i + from - center + 0.5) * (1 / stretch));
      raw[i] = weight;
      sum += weight;
    }
    first[out] = from;
    count[out] = to - from;
    for (let i = 0; i < to - from; i++) {
      const weight = sum === 0 ? (raw[i] ?? 0) : (raw[i] ?? 0) / sum;
      weights[out * stride + i] = Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION_BITS));
    }
  }
  return { first, count, weights, stride };
}

function resizeRows(picture: RgbPicture, width: number, filter: Filter): RgbPicture {
  if (picture.width === width) return picture;
  const { first, count, weights, stride } = coefficients(picture.width, width, filter);
  const { data, height } = picture;
  const out = new Uint8Array(width * height * CHANNELS);
  for (let y = 0; y < height; y++) {
    const row = y * picture.width * CHANNELS;
    let to = y * width * CHANNELS;
    for (let x = 0; x < width; x++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let at = row + (first[x] as number) * CHANNELS;
      const end = x * stride + (count[x] as number);
      for (let k = x * stride; k < end; k++) {
        const weight = weights[k] as number;
        red += (data[at] as number) * weight;
        green += (data[at + 1] as number) * weight;
        blue += (data[at + 2] as number) * weight;
        at += CHANNELS;
      }
      out[to++] = toByte(red);
      out[to++] = toByte(green);
      out[to++] = toByte(blue);
    }
  }
  return { width, height, data: out };
}

function resizeColumns(picture: RgbPicture, height: number, filter: Filter): RgbPicture {
  if (picture.height === height) return picture;
  const { first, count, weights, stride } = coefficients(picture.height, height, filter);
  const rowLength = picture.width * CHANNELS;
  const { data } = picture;
  const out = new Uint8Array(rowLength * height);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let k = 0; k < (count[y] as number); k++) {
      const weight = weights[y * stride + k] as number;
      const row = ((first[y] as number) + k) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i] = (sums[i] as number) + (data[row + i] as number) * weight;
    }
    const to = y * rowLength;
    for (let i = 0; i < rowLength; i++) out[to + i] = toByte(sums[i] as number);
  }
  return { width: picture.width, height, data: out };
}

const HALF = 1 << (PRECISION_BITS - 1);

function toByte(sum: number): number {
  const value = sum >> PRECISION_BITS;
  if (value < 0) return 0;
  return Math.min(value, 255);
}

function resizeNearest(picture: RgbPicture, width: number, height: number): RgbPicture {
  const out = new Uint8Array(width * height * CHANNELS);
  const columns = nearestPositions(picture.width, width);
  const rows = nearestPositions(picture.height, height);
  for (let y = 0; y < height; y++) {
    const row = (rows[y] ?? 0) * picture.width;
    for (let x = 0; x < width; x++) {
      const from = (row + (columns[x] ?? 0)) * CHANNELS;
      out.set(picture.data.subarray(from, from + CHANNELS), (y * width + x) * CHANNELS);
    }
  }
  return { width, height, data: out };
}

/** PIL accumulates the steps, and so its rounding errors. */
function nearestPositions(inputSize: number, outputSize: number): number[] {
  const step = inputSize / outputSize;
  let at = step * 0.5;
  return Array.from({ length: outputSize }, () => {
    const position = Math.floor(at);
    at += step;
    return position;
  });
}

/** Keys' cubic with a = -0.5. */
function bicubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}

/** PIL stores its constants in single precision. */
function hamming(x: number): number {
  const d = Math.abs(x);
  if (d === 0) return 1;
  return d < 1
    ? (Math.sin(d * Math.PI) / (d * Math.PI)) * (HAMMING_BASE + HAMMING_WAVE * Math.cos(d * Math.PI))
    : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
