// Hashes of texts: two different texts have the same one in about one of 10^16 pairs.

/** 53 bits of a text, as a number. Not for secrets: whoever wants to can make two texts with the same hash. */
export function hashOf(text: string): number {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 13;
  }
  return (mixed(a) >>> 11) * 2 ** 32 + mixed(b ^ a);
}

/** 32 well-mixed bits of a number (the finaliser of MurmurHash3). */
export function mixed(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
