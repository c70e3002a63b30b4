// Damaged pictures through the decoder: bytes changed, cut, repeated and put together. RELATA_FUZZ sets how many; `npm test` tries a few.
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodePicture } from "./decode.ts";
import { isPictureFault, MAX_PIXELS } from "./limits.ts";
import { tiff } from "./testing/crafted.ts";

const RUNS = Number(process.env.RELATA_FUZZ ?? 60);
/** Above what the largest picture that may be decoded takes, with its copy. */
const MAX_RSS = 2_000_000_000;

const noise = Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * 7919) % 251);
const drawn = (pageHeight?: number) =>
  sharp(noise, { raw: { width: 24, height: 16, channels: 3, ...(pageHeight ? { pageHeight } : {}) } });
const SEEDS = await Promise.all([
  drawn().jpeg().toBuffer(),
  drawn().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
  drawn().png().toBuffer(),
  drawn().png({ palette: true, progressive: true }).toBuffer(),
  drawn(4).gif().toBuffer(),
  drawn().webp().toBuffer(),
  drawn(4).webp({ lossless: true }).toBuffer(),
  drawn().avif().toBuffer(),
  drawn().tiff({ compression: "lzw" }).toBuffer(),
  drawn().tiff({ tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
  tiff(),
]);

// Anywhere alike: without `noBias` most would be at the beginning, and no change would get past the signature.
const place = fc.noBias(fc.nat(9_999)).map((n) => n / 10_000);
const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), place, value: fc.nat(255) }) },
  {
    weight: 4,
    // Numbers of four bytes at the beginning, where sizes and counts stand.
    arbitrary: fc.record({ kind: fc.constant("number" as const), place, value: fc.nat(0xffffffff) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const), place, value: fc.nat(255) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("repeat" as const), place, value: fc.nat(255) }) },
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(file: Buffer, { kind, place, value }: Change): Buffer {
  const at = Math.floor(place * file.length);
  const copy = Buffer.from(file);
  switch (kind) {
    case "set":
      if (at < copy.length) copy[at] = value;
      return copy;
    case "number": {
      const near = 8 + Math.floor(place * Math.min(file.length, 200));
      if (near + 4 <= copy.length) copy.writeUInt32BE(value, near);
      return copy;
    }
    case "cut":
      return copy.subarray(0, at);
    case "repeat":
      return Buffer.concat([
        copy.subarray(0, at),
        ...new Array<Buffer>(value).fill(copy.subarray(at, at + 40)),
      ]);
    default:
      return kind satisfies never;
  }
}

describe("a damaged picture", () => {
  it("is decoded, or refused with a code of its own, in bounded memory", async () => {
    const counts = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SEEDS),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (seed, changes) => {
          let outcome = "decoded";
          try {
            const { width, height, data } = await decodePicture(changes.reduce(changed, seed));
            expect(data.length).toBe(3 * width * height);
            expect(width * height).toBeLessThanOrEqual(MAX_PIXELS);
          } catch (error) {
            if (!isPictureFault(error)) throw error;
            outcome = error.code;
          }
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
          expect(process.memoryUsage().rss).toBeLessThan(MAX_RSS);
        },
      ),
      { numRuns: RUNS },
    );
    if (RUNS > 1000) console.log(Object.fromEntries(counts), `${process.memoryUsage().rss / 1e6} MB`);
  }, 600_000);
});
