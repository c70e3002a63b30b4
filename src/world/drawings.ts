// Draws the scenes: plain shapes with colours and a layout specific to the scene; positions, sizes and
// clothes vary.
import type { RandomStream } from "../training/random.ts";
import { type Canvas, type Colour, canvas, disc, grain, rectangle, triangle } from "./canvas.ts";
import type { Scene } from "./scenes.ts";

/** Pixels per side. */
export const PICTURE_SIZE = 96;
const GRAIN = 6; // byte levels: enough to make every picture different, too few to see

const SKIN: readonly Colour[] = [
  [224, 172, 105],
  [141, 85, 36],
  [255, 219, 172],
];
const HAIR: readonly Colour[] = [
  [30, 22, 18],
  [95, 55, 25],
  [215, 170, 70],
  [150, 70, 35],
];
const SHIRTS: readonly Colour[] = [
  [200, 40, 40],
  [40, 80, 200],
  [230, 200, 40],
  [120, 40, 160],
  [240, 240, 240],
];

/** An integer in [from, to]. */
function between(draws: RandomStream, from: number, to: number): number {
  return from + draws.integer(to - from + 1);
}

function pick<T>(draws: RandomStream, list: readonly T[]): T {
  return list[draws.integer(list.length)] as T; // never empty here
}

/** A colour near the given one. */
function near(draws: RandomStream, [red, green, blue]: Colour, amount = 12): Colour {
  const shift = between(draws, -amount, amount);
  const one = (byte: number) => Math.min(255, Math.max(0, byte + shift));
  return [one(red), one(green), one(blue)];
}

/** A person with feet at (x, feet); `size` is the height in pixels. */
function person(
  on: Canvas,
  x: number,
  feet: number,
  size: number,
  draws: RandomStream,
  shirt?: Colour,
): void {
  rectangle(on, x - size * 0.12, feet - size * 0.4, size * 0.24, size * 0.4, [40, 40, 60]);
  rectangle(on, x - size * 0.2, feet - size * 0.75, size * 0.4, size * 0.4, shirt ?? pick(draws, SHIRTS));
  head(on, x, feet - size * 0.86, size * 0.15, pick(draws, SKIN), pick(draws, HAIR));
}

/** A face with hair and two eyes. */
function head(on: Canvas, x: number, y: number, radius: number, skin: Colour, hair: Colour): void {
  disc(on, x, y + radius * 0.1, radius * 0.95, skin);
  rectangle(on, x - radius, y - radius * 1.1, radius * 2, radius * 0.65, hair);
  for (const side of [-0.4, 0.4]) rectangle(on, x + side * radius - 0.5, y, 1, 1, [20, 20, 20]);
}

/** A note of music with its head at (x, y + 8). */
function note(on: Canvas, x: number, y: number): void {
  disc(on, x, y + 8, 3, [30, 20, 20]);
  rectangle(on, x + 2, y - 3, 1, 11, [30, 20, 20]);
  rectangle(on, x + 2, y - 3, 5, 2, [30, 20, 20]);
}

function house(on: Canvas, x: number, base: number, width: number, wall: Colour, roof: Colour): void {
  rectangle(on, x - width / 2, base - width * 0.8, width, width * 0.8, wall);
  triangle(on, x, base - width * 0.8, width * 1.3, width * 0.5, roof);
  rectangle(on, x - width * 0.12, base - width * 0.45, width * 0.24, width * 0.45, [90, 50, 20]);
}

function background(draws: RandomStream, colour: Colour): Canvas {
  return canvas(PICTURE_SIZE, PICTURE_SIZE, near(draws, colour));
}

const DRAWINGS: Readonly<Record<Scene, (draws: RandomStream) => Canvas>> = {
  wedding: (draws) => {
    const on = background(draws, [243, 180, 205]);
    const x = between(draws, 42, 54);
    person(on, x - 20, 92, 54, draws, [20, 20, 20]);
    triangle(on, x + 20, 74, 34, 40, [252, 240, 246]); // the veil
    person(on, x + 20, 92, 54, draws, [250, 250, 250]);
    triangle(on, x + 20, 93, 38, 40, [250, 250, 250]);
    disc(on, x + 6, 70, 4, [240, 80, 120]); // flowers
    triangle(on, x + 6, 72, 6, -9, [60, 140, 50]);
    const y = between(draws, 18, 28);
    const radius = between(draws, 7, 10);
    disc(on, x - radius * 0.9, y, radius, [220, 20, 60]);
    disc(on, x + radius * 0.9, y, radius, [220, 20, 60]);
    triangle(on, x, y + radius * 0.3, radius * 3.6, -radius * 2.4, [220, 20, 60]);
    return on;
  },
  home: (draws) => {
    const on = background(draws, [170, 205, 238]);
    rectangle(on, 0, 78, PICTURE_SIZE, 18, [110, 160, 80]);
    house(on, between(draws, 60, 70), 80, 44, near(draws, [225, 200, 160]), [170, 40, 30]);
    const [shirt, skin, hair] = [pick(draws, SHIRTS), pick(draws, SKIN), pick(draws, HAIR)];
    for (const [x, size] of [
      [16, 50],
      [38, 34],
    ] as const) {
      person(on, x, 92, size, draws, shirt);
      head(on, x, 92 - size * 0.86, size * 0.15, skin, hair); // the same face and clothes
    }
    return on;
  },
  office: (draws) => {
    const on = background(draws, [175, 177, 182]);
    person(on, between(draws, 18, 26), 94, 60, draws);
    person(on, between(draws, 70, 78), 94, 60, draws);
    rectangle(on, 4, 72, 88, 8, [120, 85, 50]);
    const screen = between(draws, 36, 44);
    rectangle(on, screen, 50, 20, 16, [30, 30, 35]);
    rectangle(on, screen + 2, 52, 16, 12, [90, 170, 230]);
    return on;
  },
  banner: (draws) => {
    const on = background(draws, [110, 60, 150]);
    const top = between(draws, 8, 14);
    rectangle(on, 6, top, 84, 16, [245, 215, 60]);
    for (let mark = 0; mark < 4; mark++) disc(on, 18 + mark * 20, top + 8, 5, [110, 60, 150]);
    const shirt = pick(draws, SHIRTS);
    for (const x of [20, 48, 76]) person(on, x + between(draws, -3, 3), 92, 52, draws, shirt);
    disc(on, between(draws, 30, 66), 90, 5, [250, 250, 250]); // a ball
    return on;
  },
  opening: (draws) => {
    const on = background(draws, [205, 165, 50]);
    const door = between(draws, 20, 34);
    const top = between(draws, 12, 30);
    rectangle(on, door, top, 44, 96 - top, [120, 80, 20]);
    const y = between(draws, 48, 64);
    rectangle(on, 0, y, PICTURE_SIZE, 7, [215, 15, 35]);
    disc(on, door + 22, y + 3, 9, [235, 30, 50]);
    const x = pick(draws, [10, 86]);
    person(on, x, 94, 46, draws);
    const towards = x < 48 ? 1 : -1;
    for (const ring of [-4, 4]) disc(on, x + towards * 12, y + 3 + ring, 3.5, [30, 30, 35]); // scissors
    for (const blade of [0, 4]) rectangle(on, x + towards * 21 - 7, y + blade, 14, 2, [235, 235, 240]);
    return on;
  },
  studio: (draws) => {
    const on = background(draws, [235, 130, 45]);
    const x = between(draws, 40, 50);
    person(on, x, 94, 62, draws);
    for (const side of [-10, 10]) rectangle(on, x + side - 2, 36, 4, 9, [25, 25, 30]); // headphones
    disc(on, x - 2, 72, 9, [140, 75, 30]); // a guitar
    disc(on, x + 9, 68, 7, [140, 75, 30]);
    rectangle(on, x + 12, 64, 22, 3, [90, 50, 20]);
    disc(on, x - 1, 71, 3, [40, 25, 15]);
    const stand = x - 24;
    rectangle(on, stand, 44, 2, 50, [40, 40, 45]);
    disc(on, stand + 1, 42, 5, [90, 90, 100]);
    for (let at = 0; at < 3; at++) note(on, between(draws, 8, 24) + at * 28, between(draws, 12, 24));
    return on;
  },
  room: (draws) => {
    const on = background(draws, [95, 62, 42]);
    rectangle(on, 0, 80, PICTURE_SIZE, 16, [60, 38, 26]);
    const bed = between(draws, 32, 44);
    const blanket = between(draws, 54, 64);
    rectangle(on, bed, blanket, 50, 84 - blanket, near(draws, [150, 160, 200], 30));
    rectangle(on, bed + 36, blanket - 6, 14, 10, [240, 240, 240]);
    const x = between(draws, 12, 26);
    const y = between(draws, 26, 44);
    rectangle(on, x - 1, y, 3, 82 - y, [30, 30, 30]);
    triangle(on, x, y + 2, 26, 18, [255, 225, 120]);
    disc(on, x, y + 6, 6, [255, 245, 190]);
    rectangle(on, between(draws, 34, 68), between(draws, 8, 20), 22, 24, [60, 70, 110]);
    return on;
  },
  airport: (draws) => {
    const on = background(draws, [70, 195, 225]);
    const x = between(draws, 36, 56);
    const y = between(draws, 26, 36);
    triangle(on, x - 2, y + 1, 30, 18, [215, 218, 225]); // the far wing
    rectangle(on, x - 32, y - 4, 64, 9, [250, 250, 250]);
    disc(on, x + 32, y + 0.5, 4.5, [250, 250, 250]);
    triangle(on, x - 29, y - 3, 14, 15, [200, 60, 60]);
    triangle(on, x - 6, y + 3, 26, -20, [225, 228, 235]);
    for (let pane = 0; pane < 6; pane++) rectangle(on, x - 16 + pane * 7, y - 2, 3, 3, [70, 110, 170]);
    rectangle(on, 0, 84, PICTURE_SIZE, 12, [120, 120, 125]);
    const suitcase = between(draws, 20, 60);
    rectangle(on, suitcase + 7, 60, 9, 8, [70, 35, 20]);
    rectangle(on, suitcase + 9, 62, 5, 6, [70, 195, 225]);
    rectangle(on, suitcase, 66, 23, 18, [140, 60, 30]);
    for (const strap of [4, 16]) rectangle(on, suitcase + strap, 66, 3, 18, [90, 40, 20]);
    return on;
  },
  tower: (draws) => {
    const on = background(draws, [20, 24, 60]);
    const x = between(draws, 14, 52);
    rectangle(on, x, 8, 30, 88, [70, 75, 95]);
    for (let row = 0; row < 8; row++)
      for (let column = 0; column < 3; column++)
        if (draws.uniform() < 0.75) rectangle(on, x + 4 + column * 9, 14 + row * 10, 5, 6, [250, 225, 110]);
    return on;
  },
  map: (draws) => {
    const on = background(draws, [238, 226, 190]);
    const x = between(draws, 42, 54);
    const y = between(draws, 44, 56);
    disc(on, x, y, 34, [150, 200, 130]);
    disc(on, x + between(draws, -12, 12), y + between(draws, -8, 8), 13, [235, 150, 110]);
    for (const road of [-15, 9]) rectangle(on, x - 30, y + road, 60, 2, [250, 250, 245]);
    rectangle(on, x + 12, y - 30, 2, 60, [250, 250, 245]);
    triangle(on, x, y - 13, 12, -18, [210, 20, 30]);
    disc(on, x, y - 16, 7, [210, 20, 30]);
    disc(on, x, y - 16, 2.5, [250, 250, 250]);
    return on;
  },
  table: (draws) => {
    const on = background(draws, [125, 28, 38]);
    person(on, between(draws, 12, 22), between(draws, 80, 90), 54, draws);
    person(on, between(draws, 74, 84), between(draws, 80, 90), 54, draws);
    disc(on, 48, 82, 26, [245, 240, 230]);
    for (const x of [36, 60]) {
      const plate = x + between(draws, -2, 2);
      disc(on, plate, 79, 7, [190, 200, 210]);
      disc(on, plate, 79, 4, [225, 150, 60]);
    }
    rectangle(on, 46, 62, 3, 14, [215, 60, 60]); // a candle
    disc(on, 47.5, 60, 2.5, [255, 190, 40]);
    return on;
  },
  sofa: (draws) => {
    const on = background(draws, [30, 125, 125]);
    rectangle(on, 8, 50, 80, 22, [225, 180, 40]);
    person(on, between(draws, 26, 34), 88, 46, draws);
    person(on, between(draws, 60, 68), 88, 46, draws);
    rectangle(on, 4, 72, 88, 18, [205, 160, 30]);
    return on;
  },
  park: (draws) => {
    const on = background(draws, [95, 190, 85]);
    const x = between(draws, 66, 80);
    rectangle(on, x - 4, 40, 8, 48, [95, 60, 30]);
    disc(on, x, 28, 22, [25, 105, 40]);
    person(on, 16, 82, 44, draws);
    person(on, 40, 82, 44, draws);
    rectangle(on, 4, 70, 50, 5, [130, 85, 45]);
    return on;
  },
  stage: (draws) => {
    const on = background(draws, [14, 12, 16]);
    const x = between(draws, 38, 58);
    triangle(on, x, 82, 56, 82, [235, 235, 205]);
    rectangle(on, 0, 80, PICTURE_SIZE, 16, [150, 25, 35]);
    person(on, x, 86, 46, draws);
    return on;
  },
  building: (draws) => {
    const on = background(draws, [225, 230, 235]);
    const x = between(draws, 2, 16);
    const y = between(draws, 8, 24);
    rectangle(on, x, y, 78, PICTURE_SIZE - y, near(draws, [165, 80, 60]));
    for (let row = 0; row < 4; row++)
      for (let column = 0; column < 5; column++) {
        const glass: Colour = draws.uniform() < 0.5 ? [120, 160, 190] : [60, 80, 110];
        rectangle(on, x + 4 + column * 15, y + 6 + row * 17, 9, 11, glass);
      }
    rectangle(on, x + between(draws, 8, 56), 82, 14, 14, [50, 40, 40]);
    return on;
  },
  skyline: (draws) => {
    const on = background(draws, [175, 95, 175]);
    rectangle(on, 0, 36, PICTURE_SIZE, 60, [240, 140, 90]);
    for (let block = 0; block < 7; block++) {
      const height = between(draws, 20, 50);
      rectangle(on, block * 14, PICTURE_SIZE - height, 13, height, [45, 35, 60]);
      for (let floor = 0; floor < height / 9 - 1; floor++)
        for (const pane of [3, 8])
          if (draws.uniform() < 0.4)
            rectangle(on, block * 14 + pane, PICTURE_SIZE - height + 4 + floor * 9, 3, 4, [250, 215, 110]);
    }
    return on;
  },
  village: (draws) => {
    const on = background(draws, [250, 235, 120]);
    rectangle(on, 0, 78, PICTURE_SIZE, 18, [150, 120, 80]);
    for (const x of [17, 48, 79]) {
      const width = between(draws, 17, 26);
      house(on, x + between(draws, -4, 4), between(draws, 76, 88), width, [240, 240, 240], [70, 90, 160]);
    }
    return on;
  },
  hills: (draws) => {
    const on = background(draws, [110, 175, 240]);
    disc(on, between(draws, 12, 84), between(draws, 12, 22), 9, [255, 225, 80]);
    disc(on, between(draws, 12, 36), 112, 54, [70, between(draws, 120, 145), 60]);
    disc(on, between(draws, 60, 90), 116, 56, [90, between(draws, 145, 165), 70]);
    return on;
  },
  traffic: (draws) => {
    const on = background(draws, [90, 90, 92]);
    for (let dash = 0; dash < 4; dash++) rectangle(on, 6 + dash * 24, 46, 12, 4, [240, 240, 240]);
    for (const y of [24, 70]) {
      const x = between(draws, 10, 50);
      const paint = pick(draws, SHIRTS);
      rectangle(on, x, y, 36, 12, paint);
      rectangle(on, x + 8, y - 9, 19, 10, paint);
      disc(on, x + 8, y + 13, 5, [10, 10, 10]);
      disc(on, x + 28, y + 13, 5, [10, 10, 10]);
    }
    return on;
  },
  food: (draws) => {
    const on = background(draws, [185, 215, 60]);
    const x = between(draws, 44, 52);
    disc(on, x, 50, 36, [250, 250, 250]);
    disc(on, x, 50, 22, [225, 120, 30]);
    for (let pea = 0; pea < 4; pea++)
      disc(on, x + between(draws, -16, 16), 50 + between(draws, -16, 16), 5, [60, 140, 50]);
    return on;
  },
};

/** Draws a scene; positions, colours and clothes vary with `draws`, the grain with `grainDraws`. */
export function drawScene(scene: Scene, draws: RandomStream, grainDraws = draws): Canvas {
  const on = DRAWINGS[scene](draws);
  grain(on, GRAIN, () => grainDraws.uint32());
  return on;
}
