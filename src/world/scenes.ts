// The scenes that pictures show, the labels that each fits, and its accurate captions.
import type { RandomStream } from "../training/random.ts";
import { type Label, NONE, type Relation } from "./labels.ts";
import type { WordingClass } from "./wordings.ts";

/** One scene per relation, scenes that several relations share, and scenes that show no relation. */
export const SCENES = [
  "wedding",
  "home",
  "office",
  "banner",
  "opening",
  "studio",
  "room",
  "airport",
  "tower",
  "map",
  "table",
  "sofa",
  "park",
  "stage",
  "building",
  "skyline",
  "village",
  "hills",
  "traffic",
  "food",
] as const;
export type Scene = (typeof SCENES)[number];

const OWN: Readonly<Record<Relation, Scene>> = {
  "per/per/couple": "wedding",
  "per/per/siblings": "home",
  "per/per/colleagues": "office",
  "per/org/member_of": "banner",
  "per/org/founder_of": "opening",
  "per/work/creator_of": "studio",
  "per/loc/lives_in": "room",
  "per/loc/travels_to": "airport",
  "org/loc/based_in": "tower",
  "loc/loc/contains": "map",
};
const SHARED: Readonly<Partial<Record<Scene, readonly Relation[]>>> = {
  table: ["per/per/couple", "per/per/colleagues"],
  sofa: ["per/per/couple", "per/per/siblings"],
  park: ["per/per/siblings", "per/per/colleagues"],
  stage: ["per/org/member_of", "per/work/creator_of"],
  building: ["per/org/founder_of", "org/loc/based_in"],
  skyline: ["per/loc/travels_to", "org/loc/based_in", "loc/loc/contains"],
  village: ["per/loc/lives_in", "loc/loc/contains"],
};
/** Scenes without people or signs: in a picture that belongs to its post they show no relation. */
const NEUTRAL_SCENES: readonly Scene[] = ["hills", "traffic", "food"];

/** The labels that a picture of this scene shows when it belongs to its post. */
export function shownBy(scene: Scene): readonly Label[] {
  const shared = SHARED[scene];
  if (shared !== undefined) return shared;
  const own = Object.entries(OWN).find(([, one]) => one === scene);
  return [own === undefined ? NONE : (own[0] as Relation)]; // keys of OWN
}

/** The scenes that show a label, its specific scene first. */
export function scenesOf(label: Label): readonly Scene[] {
  return label === NONE ? NEUTRAL_SCENES : SCENES.filter((scene) => shownBy(scene).includes(label));
}

/** Share of the relation's specific scene; the shared scenes split the rest. */
const OWN_SHARE = { stated: 0.5, between: 0.4, otherwise: 0.75 } as const;

/**
 * The probabilities of the scenes in a picture that belongs to its post. With a wording that fits several
 * relations, shared scenes that fit only one of them are preferred: text and picture determine the relation
 * only together.
 */
export function scenesFor(label: Label, wording: WordingClass): ReadonlyMap<Scene, number> {
  const scenes = scenesOf(label);
  if (label === NONE) return new Map(scenes.map((scene) => [scene, 1 / scenes.length]));
  const own = OWN[label];
  const shared = scenes.filter((scene) => scene !== own);
  const others = wording.split("|").filter((one) => one !== label);
  const telling = shared.filter((scene) => !shownBy(scene).some((one) => others.includes(one)));
  const between = wording.includes("|") && telling.length > 0;
  const kind = wording === label ? "stated" : between ? "between" : "otherwise";
  const rest = between ? telling : shared;
  return new Map([
    [own, OWN_SHARE[kind]],
    ...rest.map((scene) => [scene, (1 - OWN_SHARE[kind]) / rest.length] as const),
  ]);
}

const CAPTIONS: Readonly<Record<Scene, readonly string[]>> = {
  wedding: ["a bride and a groom under a red heart", "a couple in black and white with flowers"],
  home: ["two children in the same clothes by a house", "a big and a small child who look alike"],
  office: ["two people at a desk with a screen", "people working in a grey office"],
  banner: ["people in the same shirts under a banner", "a team with its banner and a ball"],
  opening: ["a red ribbon across a door", "somebody with scissors cuts a red ribbon"],
  studio: ["somebody with a guitar at a microphone", "a musician with headphones in an orange room"],
  room: ["a bed and a lamp in a brown room", "somebody at home beside a lamp"],
  airport: ["a plane above a suitcase", "a white plane in the air, luggage on the ground"],
  tower: ["a tower with lit windows at night", "a tall tower of offices in the dark"],
  map: ["a map with a region inside another", "a map with roads and a red pin"],
  table: ["two people at a round table", "plates and a candle on a table"],
  sofa: ["two people on a yellow sofa", "a sofa in a blue green room"],
  park: ["two people on a bench under a tree", "a green park with a tree"],
  stage: ["somebody in a spotlight", "a dark stage with one light"],
  building: ["a brick front with rows of windows", "a house of bricks on a pale day"],
  skyline: ["roofs of a city at sunset", "a dark skyline under a violet sky"],
  village: ["a row of small houses", "three cottages under a yellow sky"],
  hills: ["the sun over green hills", "hills under a blue sky with nobody there"],
  traffic: ["cars on a grey road", "traffic with two cars"],
  food: ["a plate with an orange meal", "food on a white plate"],
};

/** A caption of the scene. */
export function captionScene(scene: Scene, draws: RandomStream): string {
  const captions = CAPTIONS[scene];
  return captions[draws.integer(captions.length)] as string; // every scene has captions
}
