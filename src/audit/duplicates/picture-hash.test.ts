import { describe, expect, it } from "vitest";
import type { RgbPicture } from "../../encoders/pictures/rgb-picture.ts";
import { areCopies, pictureHash, resemblesMirrored } from "./picture-hash.ts";

const SIDE = 96;

function painted(colourAt: (x: number, y: number) => readonly [number, number, number]): RgbPicture {
  const data = new Uint8Array(SIDE * SIDE * 3);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) data.set(colourAt(x / SIDE, y / SIDE), (y * SIDE + x) * 3);
  return { width: SIDE, height: SIDE, data };
}

/** Waves of several frequencies, like a photograph. */
const photo = (phase: number, gain = 1) =>
  painted((x, y) => {
    const value = 128 + 40 * Math.sin(9 * x + 5 * y + phase) + 40 * Math.sin(23 * x * y + 3 * phase);
    return [value * gain, value * gain, 255 - value * gain];
  });

/** A scene in which a patch of another colour, but as bright, stands somewhere. */
const scene = (left: number) =>
  painted((x, y) => {
    const value = 128 + 40 * Math.sin(9 * x + 5 * y) + 40 * Math.sin(23 * x * y);
    const isPatch = x > left && x < left + 0.2 && y > 0.5 && y < 0.7;
    return isPatch ? [Math.min(255, value + 40), value - 20, value - 2] : [value, value, value];
  });

/** Half as wide and high: every other pixel. */
function half({ data }: RgbPicture): RgbPicture {
  const small = SIDE / 2;
  const kept = new Uint8Array(small * small * 3);
  for (let y = 0; y < small; y++)
    for (let x = 0; x < small; x++) {
      const from = (2 * y * SIDE + 2 * x) * 3;
      kept.set(data.subarray(from, from + 3), (y * small + x) * 3);
    }
  return { width: small, height: small, data: kept };
}

function mirror({ width, height, data }: RgbPicture): RgbPicture {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      turned.set(data.subarray(from, from + 3), (y * width + width - 1 - x) * 3);
    }
  return { width, height, data: turned };
}

describe("the hash of a picture", () => {
  it("knows scaled and slightly brighter copies, and no other picture", () => {
    const one = pictureHash(photo(1));
    for (const kind of ["close", "cut"] as const) {
      expect(areCopies(one, pictureHash(half(photo(1))), kind)).toBe(true);
      expect(areCopies(one, pictureHash(photo(1, 1.05)), kind)).toBe(true);
      expect(areCopies(one, pictureHash(photo(2.5)), kind)).toBe(false);
    }
  });

  it("takes scenes with a moved part for copies only where copies may be cut", () => {
    const [here, there] = [pictureHash(scene(0.2)), pictureHash(scene(0.3))];
    expect(areCopies(here, there, "cut")).toBe(true);
    expect(areCopies(here, there, "close")).toBe(false);
    expect(areCopies(here, pictureHash(half(scene(0.2))), "close")).toBe(true);
  });

  it("sees that a picture resembles the mirror image of another", () => {
    const one = pictureHash(photo(1));
    expect(resemblesMirrored(one, pictureHash(mirror(photo(1))))).toBe(true);
    expect(resemblesMirrored(one, one)).toBe(false);
  });
});
