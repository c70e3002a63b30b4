// A small RGB canvas with the few shapes that the tiny corpus draws; plain pixel code with identical
// results on every machine.

export type Colour = readonly [red: number, green: number, blue: number];

export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** Row-major RGB, three bytes per pixel. */
  readonly data: Uint8Array;
}

/** A canvas of one colour. */
export function canvas(width: number, height: number, background: Colour): Canvas {
  const made = { width, height, data: new Uint8Array(width * height * 3) };
  rectangle(made, 0, 0, width, height, background);
  return made;
}

function paint(on: Canvas, x: number, y: number, colour: Colour): void {
  if (x < 0 || y < 0 || x >= on.width || y >= on.height) return;
  const at = (y * on.width + x) * 3;
  on.data[at] = colour[0]; // one by one: `set` of a small list is many times slower
  on.data[at + 1] = colour[1];
  on.data[at + 2] = colour[2];
}

/** Fills every pixel of the box whose centre is `inside`. */
function region(
  on: Canvas,
  box: readonly [left: number, top: number, right: number, bottom: number],
  colour: Colour,
  inside: (x: number, y: number) => boolean,
): void {
  for (let y = Math.floor(box[1]); y < Math.ceil(box[3]); y++) {
    for (let x = Math.floor(box[0]); x < Math.ceil(box[2]); x++) {
      if (inside(x + 0.5, y + 0.5)) paint(on, x, y, colour);
    }
  }
}

export function rectangle(
  on: Canvas,
  left: number,
  top: number,
  width: number,
  height: number,
  colour: Colour,
): void {
  region(on, [left, top, left + width, top + height], colour, () => true);
}

export function disc(on: Canvas, x: number, y: number, radius: number, colour: Colour): void {
  region(
    on,
    [x - radius, y - radius, x + radius, y + radius],
    colour,
    (px, py) => (px - x) ** 2 + (py - y) ** 2 <= radius ** 2,
  );
}

/** A triangle with its base at the bottom, or at the top with a negative height. */
export function triangle(
  on: Canvas,
  centre: number,
  base: number,
  width: number,
  height: number,
  colour: Colour,
): void {
  const top = Math.min(base, base - height);
  const bottom = Math.max(base, base - height);
  region(on, [centre - width / 2, top, centre + width / 2, bottom], colour, (px, py) => {
    const towardsBase = 1 - Math.abs(py - base) / Math.abs(height);
    return Math.abs(px - centre) <= (width / 2) * towardsBase;
  });
}

/**
 * Adds an integer in [-amount, amount] to every byte, so that no two pictures are alike; `random` returns
 * 32 random bits.
 */
export function grain(on: Canvas, amount: number, random: () => number): void {
  const { data } = on;
  let bits = 0;
  for (let at = 0; at < data.length; at++) {
    bits = at % 4 === 0 ? random() : bits >>> 8;
    const noise = (((bits & 255) * (2 * amount + 1)) >> 8) - amount;
    data[at] = Math.min(255, Math.max(0, (data[at] ?? 0) + noise));
  }
}
