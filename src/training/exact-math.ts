// Logarithm and exponential from additions and multiplications only, for identical bits on every machine: Math.log and
// Math.exp are implementation-defined, IEEE 754 arithmetic is not.

const LN2_HIGH = 0.6931471803691238; // the upper 33 bits of ln 2: times an exponent it is exact
const LN2_LOW = 1.9082149292705877e-10; // the remainder of ln 2
const SERIES_TERMS = 12; // (0.1716 ** 2) ** 12 is below 2 ** -60, the rounding of a double
const EXPONENTIAL_TERMS = 14; // (ln(2) / 2) ** 15 / 15! is below 2 ** -60

const bits = new DataView(new ArrayBuffer(8));

/** 2 ** exponent for exponents from -1022 to 1023. */
function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** Natural logarithm of a positive, finite, normal number; correct to about one unit in the last place. */
export function exactLog(x: number): number {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0x000f_ffff) | 0x3ff0_0000);
  let mantissa = bits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  // ln m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.1716
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let series = 0;
  for (let k = SERIES_TERMS; k >= 1; k--) series = square * (series + 1 / (2 * k + 1));
  return exponent * LN2_HIGH + (2 * s + (2 * s * series + exponent * LN2_LOW));
}

/** e ** x; 0 below -745 and Infinity above 709.7, as in double precision. */
export function exactExp(x: number): number {
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  const exponent = Math.round(x / Math.LN2);
  const rest = x - exponent * LN2_HIGH - exponent * LN2_LOW;
  let sum = 1;
  for (let k = EXPONENTIAL_TERMS; k >= 1; k--) sum = 1 + (sum * rest) / k;
  const half = Math.trunc(exponent / 2); // two factors, so that results below 2 ** -1022 are possible
  return sum * powerOfTwo(half) * powerOfTwo(exponent - half);
}
