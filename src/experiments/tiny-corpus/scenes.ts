// The pictures of the tiny corpus: one kind of scene per relation, and scenes that say nothing about the two people.
import { type Canvas, type Colour, canvas, disc, grain, rectangle, triangle } from "./canvas.ts";

export const SCENES = ["wedding", "home", "pitch", "office", "landscape", "street"] as const;
export type Scene = (typeof SCENES)[number];

/** Pixels per side. */
export const PICTURE_SIZE = 64;

/** What a careful viewer would write under each scene; the corpus's captions. */
export const SCENE_CAPTIONS: Readonly<Record<Scene, readonly string[]>> = {
  wedding: ["two people with a red heart between them", "a couple in front of a pink wall with a heart"],
  home: ["a tall and a small person in front of a house", "two people of one family by their house"],
  pitch: ["two players with a ball on a green pitch", "two people in the same shirts playing football"],
  office: ["two people at a desk with a screen", "two people working in a grey office"],
  landscape: ["a hill under a blue sky", "the sun over green hills with nobody there"],
  street: ["a car on an empty road", "a car in the street at night"],
};

type Random = () => number;

const SKIN: readonly Colour[] = [
  [224, 172, 105],
  [141, 85, 36],
  [255, 219, 172],
];
const SHIRTS: readonly Colour[] = [
  [200, 40, 40],
  [40, 80, 200],
  [230, 200, 40],
  [120, 40, 160],
  [240, 240, 240],
];

/** An integer in [from, to]. */
function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T; // never empty here
}

function person(on: Canvas, x: number, feet: number, size: number, shirt: Colour, skin: Colour): void {
  rectangle(on, x - size * 0.12, feet - size * 0.4, size * 0.24, size * 0.4, [40, 40, 60]);
  rectangle(on, x - size * 0.2, feet - size * 0.75, size * 0.4, size * 0.4, shirt);
  disc(on, x, feet - size * 0.86, size * 0.15, skin);
}

const DRAWINGS: Readonly<Record<Scene, (random: Random) => Canvas>> = {
  wedding: (random) => {
    const on = canvas(PICTURE_SIZE, PICTURE_SIZE, [245, between(random, 180, 205), 215]);
    const x = 32 + between(random, -4, 4);
    person(on, x - 15, 60, 36, [20, 20, 20], pick(random, SKIN));
    person(on, x + 15, 60, 36, [250, 250, 250], pick(random, SKIN));
    const y = between(random, 14, 22);
    const radius = between(random, 4, 6);
    disc(on, x - radius * 0.9, y, radius, [220, 20, 60]);
    disc(on, x + radius * 0.9, y, radius, [220, 20, 60]);
    triangle(on, x, y + radius * 0.3, radius * 3.6, -radius * 2.4, [220, 20, 60]);
    return on;
  },
  home: (random) => {
    const on = canvas(PICTURE_SIZE, PICTURE_SIZE, [170, 205, between(random, 225, 250)]);
    rectangle(on, 0, 52, PICTURE_SIZE, 12, [110, 160, 80]);
    const x = between(random, 36, 44);
    rectangle(on, x - 16, 24, 32, 30, [200, between(random, 140, 165), 110]);
    triangle(on, x, 24, 42, 16, [150, 50, 30]);
    rectangle(on, x - 4, 38, 8, 16, [90, 50, 20]);
    const skin = pick(random, SKIN);
    person(on, 12, 60, 32, pick(random, SHIRTS), skin);
    person(on, 26, 60, 20, pick(random, SHIRTS), skin);
    return on;
  },
  pitch: (random) => {
    const on = canvas(PICTURE_SIZE, PICTURE_SIZE, [40, between(random, 130, 165), 50]);
    for (let stripe = 0; stripe < 4; stripe++)
      rectangle(on, stripe * 16, 0, 8, PICTURE_SIZE, [55, between(random, 150, 175), 60]);
    rectangle(on, 0, between(random, 44, 50), PICTURE_SIZE, 1, [240, 240, 240]);
    const shirt = pick(random, SHIRTS);
    person(on, between(random, 12, 20), 50, 34, shirt, pick(random, SKIN));
    person(on, between(random, 42, 52), 54, 34, shirt, pick(random, SKIN));
    disc(on, between(random, 26, 38), 57, 4, [250, 250, 250]);
    return on;
  },
  office: (random) => {
    const wall = between(random, 165, 190);
    const on = canvas(PICTURE_SIZE, PICTURE_SIZE, [wall, wall, wall + 5]);
    person(on, between(random, 12, 18), 62, 40, pick(random, SHIRTS), pick(random, SKIN));
    person(on, between(random, 46, 52), 62, 40, pick(random, SHIRTS), pick(random, SKIN));
    rectangle(on, 4, 48, 56, 5, [120, 85, 50]);
    const screen = between(random, 25, 29);
    rectangle(on, screen, 34, 12, 10, [30, 30, 35]);
    rectangle(on, screen + 1, 35, 10, 8, [90, 170, 230]);
    return on;
  },
  landscape: (random) => {
    const on = canvas(PICTURE_SIZE, PICTURE_SIZE, [120, 180, between(random, 225, 250)]);
    disc(on, between(random, 8, 56), between(random, 8, 16), 6, [255, 225, 80]);
    disc(on, between(random, 8, 24), 74, 36, [70, between(random, 120, 145), 60]);
    disc(on, between(random, 40, 60), 78, 38, [90, between(random, 145, 165), 70]);
    return on;
  },
  street: (random) => {
    const on = canvas(PICTURE_SIZE, PICTURE_SIZE, [30, 30, between(random, 50, 75)]);
    rectangle(on, 0, 44, PICTURE_SIZE, 20, [70, 70, 75]);
    for (let dash = 0; dash < 4; dash++) rectangle(on, 4 + dash * 16, 54, 8, 2, [230, 230, 200]);
    const x = between(random, 12, 36);
    const paintwork = pick(random, SHIRTS);
    rectangle(on, x, 38, 24, 8, paintwork);
    rectangle(on, x + 5, 32, 13, 7, paintwork);
    disc(on, x + 5, 47, 3, [10, 10, 10]);
    disc(on, x + 19, 47, 3, [10, 10, 10]);
    return on;
  },
};

/** Draws a scene; positions, colours and grain vary with `random`. */
export function drawScene(scene: Scene, random: Random): Canvas {
  const on = DRAWINGS[scene](random);
  grain(on, 6, random);
  return on;
}

/** A caption of the scene. */
export function captionScene(scene: Scene, random: Random): string {
  return pick(random, SCENE_CAPTIONS[scene]);
}
