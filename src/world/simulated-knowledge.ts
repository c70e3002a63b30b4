// What a simulated generator knows. "view": what can be recognised from the text or the picture that it is
// given, and how posts of the world are distributed. "label": an oracle, which also reads the gold label of
// training posts; no real generator can do that, so what it reaches is an upper bound.
import { SynthesisError } from "../base/errors.ts";
import { sha256 } from "../base/sha256.ts";
import type { TextRequest } from "../synthesis/generators/generator.ts";
import type { RandomStream } from "../training/random.ts";
import { bestReaders, labelsGiven } from "./ceilings.ts";
import { type Cell, cellsOf } from "./distribution.ts";
import { type Label, type Signature, type SignatureName, signatureOf } from "./labels.ts";
import type { NameKind } from "./names.ts";
import { kindOfMention, recogniseText } from "./recognise.ts";
import { type Scene, shownBy } from "./scenes.ts";
import { drawFrom, pick, toldByScene } from "./simulated-evidence.ts";
import { readNote } from "./simulated-truth.ts";
import type { PostTruth, WorldTruth } from "./truth.ts";
import { allowedBy, type WordingClass } from "./wordings.ts";

export const KNOWLEDGE = ["view", "label"] as const;

/** What a picture tells about the pair that a text is to mention. */
export interface PictureReading {
  readonly signature: Signature;
  /** Undefined when the picture shows none of the pair's labels. */
  readonly told: Label | WordingClass | undefined;
}

/** How a generator understands its requests. */
export interface Knowledge {
  /** Name of the noise for a view. */
  noise(view: string, instance: string): string;
  /** Name of the noise that all stock pictures for this text share. */
  stock(prompt: string, instance: string): string;
  /** The label that a picture of this text is to show; undefined if the text tells none. */
  ofText(prompt: string, instance: string, draws: RandomStream): Label | undefined;
  ofPicture(
    request: Pick<TextRequest, "picture" | "mentions" | "instance">,
    draws: RandomStream,
  ): PictureReading;
}

/** What can be seen of a post without knowing its label. */
type VisiblePost = {
  readonly head: Pick<PostTruth["head"], "type">;
  readonly tail: Pick<PostTruth["tail"], "type">;
  readonly picture?: Pick<NonNullable<PostTruth["picture"]>, "sha256" | "scene"> | undefined;
};

/**
 * Knowledge of views alone. Labels are not among its inputs: `posts` only give the pairs of types that the
 * world has and, for each of its pictures, the scene that can be recognised in it. The instance of a request
 * serves error messages.
 */
export function knowingViews(shares: WorldTruth["shares"], posts: readonly VisiblePost[]): Knowledge {
  const cells = cellsOf(shares, signatureNamesOf(posts));
  const { text } = bestReaders(cells);
  const scenes = new Map(
    posts.flatMap(({ picture }) => (picture ? [[picture.sha256, picture.scene] as const] : [])),
  );
  const signaturesGiven = signatureReader(cells);
  return {
    noise: (view) => view,
    stock: (prompt) => prompt,
    ofText(prompt, instance, draws) {
      const { wording, head, tail } = recogniseText(prompt, instance);
      const allowed = labelsGiven(text, [wording, head, tail].join(" & "));
      return drawFrom(new Map(allowed.map(({ label, probability }) => [label, probability])), draws);
    },
    ofPicture({ picture, mentions, instance }, draws) {
      const note = readNote(picture);
      const scene = note === undefined ? scenes.get(sha256(picture.bytes)) : (note.scene ?? undefined);
      if (note === undefined && scene === undefined) throw unknownPicture(instance);
      const signatures = signaturesGiven(scene, mentions.map(kindOfMention));
      if (signatures.size === 0) throw unknownPair(mentions, instance);
      const signature = drawFrom(signatures, draws);
      return { signature, told: scene && toldByScene(scene, signature, draws) };
    },
  };
}

/** The pairs of types that posts of a world are about. */
function signatureNamesOf(posts: readonly VisiblePost[]): readonly SignatureName[] {
  return [...new Set(posts.flatMap(({ head, tail }) => signatureOf(head.type, tail.type)?.name ?? []))];
}

/**
 * A function that tells how likely each pair of types is for a picture of this scene and these mentions: what
 * is not given, or reveals nothing, is summed over.
 */
function signatureReader(cells: readonly Cell[]) {
  const known = new Map<string, ReadonlyMap<Signature, number>>();
  return (scene: Scene | undefined, [head, tail]: readonly (NameKind | undefined)[]) => {
    const key = [scene, head, tail].join(" & ");
    const found = known.get(key);
    if (found !== undefined) return found;
    const shares = new Map<Signature, number>();
    let whole = 0;
    for (const cell of cells) {
      if (scene !== undefined && cell.picture.scene !== scene) continue;
      if ((head ?? cell.head) !== cell.head || (tail ?? cell.tail) !== cell.tail) continue;
      shares.set(cell.signature, (shares.get(cell.signature) ?? 0) + cell.probability);
      whole += cell.probability;
    }
    const posterior = new Map([...shares].map(([signature, share]) => [signature, share / whole]));
    known.set(key, posterior);
    return posterior;
  };
}

/**
 * The oracle: it finds the post of an instance and reads the label of training posts, like a generator that
 * knows the people in the news. Of other posts it knows only what their views say.
 */
export function knowingLabels(postOf: (instance: string) => PostTruth): Knowledge {
  return {
    noise: (view, instance) => `${instance}/${view}`,
    stock: (_, instance) => instance,
    ofText(prompt, instance, draws) {
      const post = postOf(instance);
      if (prompt === post.text) {
        return post.split === "train"
          ? post.label
          : drawFrom(new Map(post.textAllows.map(({ label, probability }) => [label, probability])), draws);
      }
      const { wording } = recogniseText(prompt, instance);
      const allowed = allowedBy(wording, pairOf(post));
      return wording === "open" || allowed.length === 0 ? undefined : pick(draws, allowed);
    },
    ofPicture({ picture, instance }, draws) {
      const post = postOf(instance);
      const signature = pairOf(post);
      const note = readNote(picture);
      if (note === undefined && post.picture?.sha256 !== sha256(picture.bytes))
        throw unknownPicture(instance);
      const scene = note === undefined ? post.picture?.scene : (note.scene ?? undefined);
      if (scene === undefined) return { signature, told: undefined };
      const knows = note === undefined && post.split === "train" && shownBy(scene).includes(post.label);
      return { signature, told: knows ? post.label : toldByScene(scene, signature, draws) };
    },
  };
}

/** The types of a post's pair; every post of the corpus has a pair with relations. */
function pairOf({ id, head, tail }: PostTruth): Signature {
  const signature = signatureOf(head.type, tail.type);
  if (signature === undefined) throw unknownPair([head.text, tail.text], id);
  return signature;
}

function unknownPicture(instance: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/unknown-picture",
    message: `simulator: the picture given for instance ${instance} is neither of the embedded corpus nor made by the simulator`,
    value: instance,
    place: instance,
    remedy: "Give the simulator unchanged pictures of its corpus, or pictures that it made.",
  });
}

function unknownPair(mentions: readonly string[], instance: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/unknown-text",
    message: `simulator: ${mentions.map((one) => JSON.stringify(one)).join(" and ")}, given for instance ${instance}, are not a pair of the embedded corpus`,
    value: mentions,
    place: instance,
    remedy: "Use the simulator for documents of the corpus that its setting `world` names.",
  });
}
