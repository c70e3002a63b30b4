// Realistic posts in plain English: persons, organisations, products and places, with only true relations, and
// many posts without any. They share no word list with the embedded corpus.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { Document } from "../src/data/index.ts";

type Kind = "PERSON" | "ORG" | "PRODUCT" | "PLACE";
type Scene = keyof typeof CAPTIONS;

const FIRST =
  "Ada Bram Clara Dmitri Elin Farid Greta Hugo Ines Jonas Katya Liam Mina Noor Oskar Petra Quinn Rosa Samir Tess Umar Vera Wout Yuki Zofia";
const LAST =
  "Novak Okafor Lindqvist Marchetti Haddad Brandt Sorensen Castillo Ivanova Fischer Murphy Tanaka Duarte Kowalski Ahmed Bergström";
const FIRM =
  "Lumen Northgate Basalt Maple Quarry Harbor Juniper Cobalt Driftwood Falcon Orchard Saffron Tundra Vector Willow Zephyr";
const TRADE = "Labs|Works|Foods|Robotics|Press|Motors|Studio|Energy";
const THING =
  "Nimbus Pebble Comet Lantern Otter Sprout Ember Kestrel Ripple Acorn Beacon Marble Tempo Violet";
const MODEL = "Drone|2|Speaker|Bike|Pro|Watch|Kettle|X1";
const TOWN =
  "Rotterdam Malmö Cork Lisbon Ghent Tartu Porto Bergen Leipzig Graz Turin Seville Aarhus Split Kraków Nantes";
const REGION = "Portugal|Sweden|Ireland|the Alps|Flanders|Norway|New Zealand|South Korea";

const CAPTIONS = {
  office: "people at desks in a bright office",
  shop: "a new product on a shelf in a shop",
  map: "a map with a red pin in it",
  home: "a house with a garden and a blue door",
  street: "a street with some people walking",
} as const;

/** Sentences: `{KIND n}` is a mention, `head>tail:label` a relation between two of them, numbered from 0 in text order. */
const SAYINGS: readonly (readonly [scene: Scene, text: string, relations?: string])[] = [
  ["office", "{PERSON} works for {ORG} now", "0>1:works_for"],
  ["office", "So proud of {PERSON}, who started at {ORG} this week!", "0>1:works_for"],
  ["office", "{ORG} hired {PERSON} as its new head of design", "1>0:works_for"],
  ["office", "{PERSON} left {ORG} in spring and joined {ORG}", "0>2:works_for"],
  ["office", "{PERSON} of {ORG} met {PERSON} of {ORG} today", "0>1:works_for 2>3:works_for"],
  ["office", "{PERSON} visited {ORG} but still works at {ORG}", "0>2:works_for"],
  ["shop", "{ORG} just announced the {PRODUCT}", "0>1:makes"],
  ["shop", "the new {PRODUCT} by {ORG} is out, and it is so light", "1>0:makes"],
  ["shop", "Unboxing my {PRODUCT}. {ORG} really knows how to build them", "1>0:makes"],
  ["shop", "{PERSON} says {ORG} will ship the {PRODUCT} in May", "1>2:makes"],
  ["map", "{ORG} opens its head office in {PLACE}", "0>1:based_in"],
  ["map", "Greetings from {PLACE}, home of {ORG}", "1>0:based_in"],
  ["map", "{ORG} moved from {PLACE} to {PLACE} last year", "0>2:based_in"],
  ["home", "{PERSON} lives in {PLACE} with two cats", "0>1:lives_in"],
  ["home", "After ten years {PERSON} is back home in {PLACE}", "0>1:lives_in"],
  ["home", "{PERSON} and {PERSON} bought a small flat in {PLACE}", "0>2:lives_in 1>2:lives_in"],
  ["street", "{PERSON} toured the {ORG} factory yesterday"],
  ["street", "{PERSON} and {PERSON} had coffee together"],
  ["street", "my {PRODUCT} broke in {PLACE}, any repair shop there?"],
  ["street", "{PERSON} complained about the {PRODUCT} again"],
  ["street", "{ORG} and {ORG} played a friendly match in {PLACE}"],
  ["street", "Rain all day in {PLACE}. {PERSON} was only passing through"],
  ["street", "{PERSON} thinks the {PRODUCT} is nothing for {PERSON}"],
  ["street", "what a sunny morning, nothing else to report"],
];
const OPENINGS = ["", "", "", "RT ", "Breaking: ", "ok so ", "Hey folks, ", "🎉 "];
const CLOSINGS = ["", "", ".", "!", " #news", " 😀", " ... more soon", " https://example.org/a1"];

export interface OwnPostsOptions {
  readonly count: number;
  readonly seed?: number;
  /** Prefix of the ids, so that those of several files differ. */
  readonly name?: string;
  /** Gives every post but every tenth the name of a picture; default false. */
  readonly pictures?: boolean;
}

/** Returns posts in a fixed pseudo-random order: the same options give the same posts. */
export function ownPosts({ count, seed = 1, name = "post", pictures = false }: OwnPostsOptions): Document[] {
  const draw = drawing(seed);
  return Array.from({ length: count }, (_, i) => {
    const [scene, saying, relations] = draw(SAYINGS);
    const used = new Set<string>();
    const entities: { start: number; end: number; label: Kind }[] = [];
    let text: string = draw(OPENINGS);
    for (const part of `${saying}${draw(CLOSINGS)}`.split(/(\{[A-Z]+\})/)) {
      if (!/^\{[A-Z]+\}$/.test(part)) {
        text += part;
        continue;
      }
      const label = part.slice(1, -1) as Kind;
      let mention = nameOf(label, draw);
      while (used.has(mention)) mention = nameOf(label, draw);
      used.add(mention);
      entities.push({ start: text.length, end: text.length + mention.length, label });
      text += mention;
    }
    const hasPicture = pictures && i % 10 !== 9;
    return {
      id: `${name}-${i}`,
      text,
      ...(hasPicture && { image: `${name}-${i}-${scene}.png` }),
      entities,
      relations: (relations ?? "").split(" ").flatMap((relation) => {
        const [, head, tail, label] = /^(\d)>(\d):(\w+)$/.exec(relation) ?? [];
        return label === undefined ? [] : [{ head: Number(head), tail: Number(tail), label }];
      }),
    };
  });
}

/** Returns a vocabulary for posts: their words, and single characters for all others. */
export function vocabularyOf(posts: readonly { readonly text: string }[]): string[] {
  const words = posts.flatMap(({ text }) => text.toLowerCase().match(/\p{L}+/gu) ?? []);
  const characters = [..."abcdefghijklmnopqrstuvwxyz0123456789.,!?#@:/'-"].flatMap((c) => [c, `##${c}`]);
  return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...new Set([...words, ...characters])];
}

/** Paths of a written corpus. */
export interface OwnCorpus {
  readonly train: string;
  readonly validation: string;
  readonly test: string;
  /** With `pictures`: their folder, and a file of {"image", "caption"} for all of them. */
  readonly pictures: string;
  readonly captions: string;
}

/** Writes train.jsonl (two thirds of `count`), validation.jsonl and test.jsonl to a folder, and with `pictures` the files they name. */
export async function writeOwnCorpus(
  folder: string,
  { count = 190, seed = 1, pictures = false }: Partial<OwnPostsOptions> = {},
): Promise<OwnCorpus> {
  const at = (name: string) => join(folder, name);
  await mkdir(folder, { recursive: true });
  const [held, train] = [Math.floor(count / 6), count - 2 * Math.floor(count / 6)];
  const parts = { train, validation: held, test: held };
  const images: string[] = [];
  for (const [i, [name, size]] of Object.entries(parts).entries()) {
    const posts = ownPosts({ count: size, seed: 3 * seed + i, name, pictures });
    await writeFile(at(`${name}.jsonl`), posts.map((post) => `${JSON.stringify(post)}\n`).join(""));
    images.push(...posts.flatMap(({ image }) => image ?? []));
  }
  if (pictures) await writePictures(images, at("pictures"), at("captions.jsonl"));
  return {
    train: at("train.jsonl"),
    validation: at("validation.jsonl"),
    test: at("test.jsonl"),
    pictures: at("pictures"),
    captions: at("captions.jsonl"),
  };
}

const SHAPES: Readonly<Record<Scene, string>> = {
  office:
    '<rect x="8" y="20" width="48" height="36" fill="#555"/><rect x="14" y="26" width="10" height="8"/>',
  shop: '<circle cx="32" cy="30" r="14" fill="#c33"/><rect x="4" y="46" width="56" height="5" fill="#853"/>',
  map: '<path d="M4 10 L60 20 L52 58 L10 50 Z" fill="#8b8"/><circle cx="34" cy="34" r="5" fill="#e00"/>',
  home: '<path d="M8 30 L32 8 L56 30 V58 H8 Z" fill="#ca7"/><rect x="27" y="42" width="10" height="16"/>',
  street:
    '<rect x="0" y="40" width="64" height="24" fill="#999"/><rect x="20" y="28" width="4" height="14"/>',
};

/** Makes a small drawing of the scene named at the end of each picture's name, with its own background and caption. */
export async function writePictures(
  images: readonly string[],
  folder: string,
  captions: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const lines: string[] = [];
  for (const [i, image] of images.entries()) {
    const scene = /-([a-z]+)\.png$/.exec(image)?.[1] as Scene; // names from ownPosts
    const ground = `hsl(${(i * 37) % 360} 60% ${75 + (i % 20)}%)`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="${ground}"/>${SHAPES[scene]}</svg>`;
    await sharp(Buffer.from(svg)).png().toFile(join(folder, image));
    lines.push(`${JSON.stringify({ image, caption: CAPTIONS[scene] })}\n`);
  }
  await writeFile(captions, lines.join(""));
}

type Draw = <T>(choices: readonly T[]) => T;

function nameOf(kind: Kind, draw: Draw): string {
  const word = (list: string) => draw(list.split(list.includes("|") ? "|" : " "));
  switch (kind) {
    case "PERSON":
      return draw([0, 1, 2]) === 0 ? word(FIRST) : `${word(FIRST)} ${word(LAST)}`;
    case "ORG":
      return draw([0, 1, 2]) === 0 ? word(FIRM) : `${word(FIRM)} ${word(TRADE)}`;
    case "PRODUCT":
      return `${word(THING)} ${word(MODEL)}`;
    case "PLACE":
      return draw([0, 1, 2]) === 0 ? word(REGION) : word(TOWN);
    default:
      return kind satisfies never;
  }
}

/** Draws from lists by a 32-bit counter, scrambled (the finaliser of MurmurHash3). */
function drawing(seed: number): Draw {
  let state = seed * 7919;
  return (choices) => {
    state = (state + 0x9e3779b9) >>> 0;
    let bits = state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    const share = ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
    return choices[Math.floor(share * choices.length)]!; // less than the length
  };
}
