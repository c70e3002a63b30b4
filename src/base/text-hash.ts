// A 64-bit hash of a string, as two 32-bit halves: for sets of millions of texts that would not fit into memory. It is not cryptographic.

/** The two halves of the last hash; a fresh object for each of a million texts would cost more than the hash. */
export interface TextHash {
  low: number;
  high: number;
}

/**
 * Hashes the UTF-16 code units of a string into `into`. Two different strings have the same hash with a chance of 2^-64: among a million
 * texts, two collide with a chance of about 3 in 10^8.
 *
 * Two multiplicative hashes with different odd constants run over the same code units and are mixed at the end. Ours.
 */
export function hashText(text: string, into: TextHash): void {
  let a = 0x9e3779b9 ^ text.length;
  let b = 0x7f4a7c15 + text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x85ebca6b);
    a ^= a >>> 15;
    b = Math.imul((b << 7) | (b >>> 25), 0x27d4eb2f) ^ Math.imul(unit + 1, 0x165667b1);
  }
  into.low = mixed(a ^ (b >>> 11)) >>> 0;
  into.high = mixed(b ^ Math.imul(a, 0x2545f491)) >>> 0;
}

function mixed(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}
