// What a simulated generator can infer from a view: the label of a text, what a text about a picture can
// say, and what a picture that misses its label shows. All of it follows from the view itself, except for
// real views of the training split.
import { SynthesisError } from "../base/errors.ts";
import type { RandomStream } from "../training/random.ts";
import { type Label, NONE, type Signature } from "./labels.ts";
import { recogniseText } from "./recognise.ts";
import { SCENES, type Scene, shownBy } from "./scenes.ts";
import type { PictureNote } from "./simulated-truth.ts";
import type { PostTruth } from "./truth.ts";
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

/** The label for a picture of this text; undefined if the text shows none. */
export function toldByText(
  prompt: string,
  post: PostTruth,
  signature: Signature,
  draws: RandomStream,
): Label | undefined {
  if (prompt === post.text) {
    return post.split === "train"
      ? post.label
      : drawFrom(new Map(post.textAllows.map(({ label, probability }) => [label, probability])), draws);
  }
  const { wording } = recogniseText(prompt, post);
  const allowed = allowedBy(wording, signature);
  return wording === "open" || allowed.length === 0 ? undefined : pick(draws, allowed);
}

/** What a text about this picture can say; undefined when the picture shows none of the pair's labels. */
export function toldByPicture(
  simulated: PictureNote | undefined,
  content: string,
  post: PostTruth,
  signature: Signature,
  draws: RandomStream,
): Label | WordingClass | undefined {
  const real = simulated === undefined;
  if (real && post.picture?.sha256 !== content) throw unknownPicture(post.id);
  const scene = real ? post.picture?.scene : (simulated.scene ?? undefined);
  if (scene === undefined) return undefined;
  const shown = shownBy(scene);
  if (real && post.split === "train" && shown.includes(post.label)) return post.label;
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

function unknownPicture(id: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/unknown-picture",
    message: `simulator: the picture given for instance ${id} is neither the post's own nor made by the simulator`,
    value: id,
    place: id,
    remedy: "Give the simulator unchanged pictures of its corpus, or pictures that it made.",
  });
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
