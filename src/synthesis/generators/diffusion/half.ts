// Floats as IEEE 754 binary16, for networks that were exported in halves; the way back is the engine's toFloat32.

const INFINITY = 0x7c00;
const QUIET_NAN = 0x7e00;

/** The nearest halves, ties to even; beyond 65,504 infinity. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = halfOfWord(words[i] as number);
  return halves;
}

function halfOfWord(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const exponent = (word >>> 23) & 0xff;
  const fraction = word & 0x7fffff;
  if (exponent === 0xff) return sign | (fraction === 0 ? INFINITY : QUIET_NAN);
  const wanted = exponent - 127 + 15;
  if (wanted >= 0x1f) return sign | INFINITY;
  if (wanted > 0) return sign | shifted((wanted << 23) | fraction, 13); // a carry moves on into the exponent, as it should
  if (wanted < -10) return sign; // less than half of the smallest subnormal
  return sign | shifted(fraction | 0x800000, 14 - wanted);
}

/** `bits` without its lowest `count`, rounded to nearest, ties to even. */
function shifted(bits: number, count: number): number {
  const kept = bits >>> count;
  const rest = bits & ((1 << count) - 1);
  const tie = 1 << (count - 1);
  return rest > tie || (rest === tie && (kept & 1) === 1) ? kept + 1 : kept;
}
