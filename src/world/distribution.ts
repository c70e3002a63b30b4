// The distribution that posts are drawn from, as a list of cells with their probabilities: what the ceilings are computed from.
import {
  type EntityType,
  type Label,
  labelsOf,
  NONE,
  NONE_SHARE,
  SIGNATURE_NAMES,
  SIGNATURES,
  type Signature,
  type SignatureName,
} from "./labels.ts";
import type { NameKind } from "./names.ts";
import { SCENES, type Scene, scenesFor } from "./scenes.ts";
import { type WordingClass, wordingsFor } from "./wordings.ts";

/** Shares that define the world; everything else is in the tables of labels, wordings and scenes. */
export interface Shares {
  /** Posts whose picture has nothing to do with the text. */
  readonly unrelatedPicture: number;
  readonly withoutPicture: number;
  /** Mentions by a name that serves every type. */
  readonly ambiguousName: number;
  /** Shares of posts with no, one and two entities other than head and tail. */
  readonly distractors: readonly [number, number, number];
}

export const DEFAULT_SHARES: Shares = {
  unrelatedPicture: 0.12,
  withoutPicture: 0.08,
  ambiguousName: 0.12,
  distractors: [0.5, 0.33, 0.17],
};

/** Probability of each type for a distractor. */
export const DISTRACTOR_TYPES: Readonly<Record<EntityType, number>> = {
  person: 0.4,
  organization: 0.25,
  place: 0.2,
  work: 0.15,
};

/** The picture of a post: none, of a scene that belongs to the post, or of any scene. */
export interface CellPicture {
  readonly kind: "none" | "related" | "unrelated";
  readonly scene: Scene | undefined;
}

/** Everything about a post that its label depends on. */
export interface Cell {
  readonly signature: Signature;
  readonly label: Label;
  readonly wording: WordingClass;
  /** What the names of head and tail reveal about their types. */
  readonly head: NameKind;
  readonly tail: NameKind;
  readonly picture: CellPicture;
  readonly probability: number;
}

/**
 * All cells of posts about these pairs of types; their probabilities add up to 1.
 * The names and the picture are independent given signature, label and wording.
 */
export function cellsOf(shares: Shares, names: readonly SignatureName[] = SIGNATURE_NAMES): readonly Cell[] {
  const signatures = SIGNATURES.filter(({ name }) => names.includes(name));
  const whole = signatures.reduce((sum, signature) => sum + signature.share, 0);
  return signatures.flatMap((signature) =>
    labelsOf(signature).flatMap((label) =>
      [...wordingsFor(label)].flatMap(([wording, wordingShare]) => {
        const probability = (signature.share / whole) * labelShare(signature, label) * wordingShare;
        return picturesFor(label, wording, shares).flatMap(([picture, pictureShare]) =>
          namesFor(signature, shares).map(([head, tail, nameShare]) => ({
            signature,
            label,
            wording,
            head,
            tail,
            picture,
            probability: probability * pictureShare * nameShare,
          })),
        );
      }),
    ),
  );
}

function labelShare({ relations }: Signature, label: Label): number {
  return label === NONE ? NONE_SHARE : (1 - NONE_SHARE) / relations.length;
}

function picturesFor(label: Label, wording: WordingClass, shares: Shares): readonly [CellPicture, number][] {
  const { unrelatedPicture, withoutPicture } = shares;
  const related = 1 - unrelatedPicture - withoutPicture;
  return [
    [{ kind: "none", scene: undefined }, withoutPicture],
    ...[...scenesFor(label, wording)].map(([scene, share]): [CellPicture, number] => [
      { kind: "related", scene },
      related * share,
    ]),
    ...SCENES.map((scene): [CellPicture, number] => [
      { kind: "unrelated", scene },
      unrelatedPicture / SCENES.length,
    ]),
  ];
}

function namesFor(
  { head, tail }: Signature,
  { ambiguousName }: Shares,
): readonly [NameKind, NameKind, number][] {
  const kinds = (type: EntityType): readonly [NameKind, number][] => [
    [type, 1 - ambiguousName],
    ["any", ambiguousName],
  ];
  return kinds(head).flatMap(([headKind, headShare]) =>
    kinds(tail).map(([tailKind, tailShare]): [NameKind, NameKind, number] => [
      headKind,
      tailKind,
      headShare * tailShare,
    ]),
  );
}

/**
 * What a reader may see: the whole text, the picture, the picture and the names of both mentions, or
 * text and picture; and the text, or both, if the types of the two entities are given.
 */
export const VIEWS = ["text", "picture", "pictureAndNames", "joint", "typedText", "typedJoint"] as const;
export type ViewOfPost = (typeof VIEWS)[number];

/** A key of everything in this view that the label depends on. */
export function evidence(
  view: ViewOfPost,
  {
    signature,
    wording,
    head,
    tail,
    picture,
  }: Pick<Cell, "signature" | "wording" | "head" | "tail" | "picture">,
): string {
  const scene = picture.scene ?? "no picture";
  switch (view) {
    case "text":
      return [wording, head, tail].join(" & ");
    case "picture":
      return scene;
    case "pictureAndNames":
      return [scene, head, tail].join(" & ");
    case "joint":
      return [wording, head, tail, scene].join(" & ");
    case "typedText":
      return [wording, signature.name].join(" & ");
    case "typedJoint":
      return [wording, signature.name, scene].join(" & ");
    default:
      return view satisfies never;
  }
}
