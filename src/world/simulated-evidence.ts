// What views show and what they fall back on: what a text about a scene can say, what a picture that misses
// its label shows, and what a text that does says instead.
import type { RandomStream } from "../training/random.ts";
import { type Label, NONE, type Signature } from "./labels.ts";
import { SCENES, type Scene, shownBy } from "./scenes.ts";
import { allowedBy, WORDING_CLASSES, type WordingClass } from "./wordings.ts";

/** Generic scenes first: pictures fall back on them in this order. */
const FREQUENT: readonly Scene[] = [
  "hills",
  "table",
  "skyline",
  "stage",
  "traffic",
  ...SCENES.filter((scene) => !["hills", "table", "skyline", "stage", "traffic"].includes(scene)),
];
/** Share of texts that stay as ambiguous as their picture, if the picture fits several labels of the pair. */
const BETWEEN_SHARE = 0.5;

/** A scene without people or signs may mean that there is no relation, or that there is nothing to say. */
const NEUTRAL_TELLS_NONE = 0.5;

/** What a text about a picture of this scene can say; undefined when it shows none of the pair's labels. */
export function toldByScene(
  scene: Scene,
  signature: Signature,
  draws: RandomStream,
): Label | WordingClass | undefined {
  const shown = shownBy(scene);
  const fitting = shown.filter((label) => label !== NONE && signature.relations.includes(label));
  if (fitting.length === 0)
    return shown.includes(NONE) && draws.uniform() < NEUTRAL_TELLS_NONE ? NONE : undefined;
  const between = WORDING_CLASSES.find(
    (wording) => wording.includes("|") && sameLabels(wording.split("|"), fitting),
  );
  return between !== undefined && draws.uniform() < BETWEEN_SHARE ? between : pick(draws, fitting);
}

function sameLabels(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((label) => b.includes(label));
}

/** What a picture that misses its label shows. */
export function fallback(
  missed: Label | undefined,
  settings: { readonly frequentScenes: number; readonly frequentShare: number },
  draws: RandomStream,
): Scene {
  const misses = (scene: Scene) => missed === undefined || !shownBy(scene).includes(missed);
  const frequent = FREQUENT.slice(0, settings.frequentScenes).filter(misses);
  const scenes =
    draws.uniform() < settings.frequentShare && frequent.length > 0 ? frequent : SCENES.filter(misses);
  return pick(draws, scenes);
}

/**
 * What a text that misses its label says: nothing, or the pair's most frequent relation, because captioners
 * fall back on what they saw most often.
 */
export function fallbackWording(
  missed: WordingClass | undefined,
  signature: Signature,
  { frequentShare }: { readonly frequentShare: number },
  draws: RandomStream,
): WordingClass {
  if (draws.uniform() >= frequentShare) return "open";
  const told = missed === undefined ? [] : allowedBy(missed, signature);
  return signature.relations.find((relation) => !told.includes(relation)) ?? "open";
}

/** Draws an item uniformly. */
export function pick<T>(draws: RandomStream, list: readonly T[]): T {
  return list[draws.integer(list.length)] as T; // never empty here
}

/** Draws a key with the probability in its value; the values add up to 1. */
export function drawFrom<T>(shares: ReadonlyMap<T, number>, draws: RandomStream): T {
  let left = draws.uniform();
  let last: T | undefined;
  for (const [key, probability] of shares) {
    last = key;
    left -= probability;
    if (left < 0) break;
  }
  return last as T; // never empty here
}
