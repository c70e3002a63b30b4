// Selects a network's boxes that become objects: they contain pixels, are large enough, and are not duplicates.
import { MAX_ASPECT } from "../pictures/limits.ts";
import { type Box, suppressOverlaps } from "./boxes.ts";
import type { DetectedObject, Detection } from "./detector.ts";
import { areaOf, comparePositions, type PixelBox, toPixelBox } from "./pixel-box.ts";

/** A box that passed the score threshold. */
export interface Candidate {
  /** In pixels of the picture, neither rounded nor clipped. */
  readonly box: Box;
  readonly score: number;
  readonly label: string | undefined;
}

export interface SelectionRules {
  readonly maxObjects: number;
  /** Minimum share of the picture's pixels. */
  readonly minAreaShare: number;
  /**
   * A box that overlaps a better one by more than this, of whatever class, counts as the same object; 1
   * keeps all.
   */
  readonly iouThreshold: number;
}

/**
 * The objects of a picture. Overlapping boxes are dropped regardless of class, because two names for the
 * same pixels would produce the same crop twice (our choice; published pipelines suppress per class).
 */
export function selectObjects(
  candidates: readonly Candidate[],
  picture: { readonly width: number; readonly height: number },
  { maxObjects, minAreaShare, iouThreshold }: SelectionRules,
): Detection {
  const usable: { readonly candidate: Candidate; readonly box: PixelBox }[] = [];
  let degenerate = 0;
  for (const candidate of candidates) {
    const box = toPixelBox(candidate.box, picture);
    if (box === undefined || isLine(box)) degenerate++;
    else if (areaOf(box) >= minAreaShare * picture.width * picture.height) usable.push({ candidate, box });
  }
  usable.sort(
    (a, b) =>
      b.candidate.score - a.candidate.score ||
      comparePositions(a.candidate.box, b.candidate.box) || // unclipped, because clipping may make two equal
      compareTexts(a.candidate.label ?? "", b.candidate.label ?? ""),
  );
  const kept = suppressOverlaps(
    usable.map(({ candidate }) => candidate.box),
    iouThreshold,
    maxObjects,
  );
  const objects = kept.map((i): DetectedObject => {
    const { candidate, box } = usable[i]!; // an index of `usable`
    return { box, score: candidate.score, label: candidate.label };
  });
  return { objects, degenerate };
}

/**
 * As for whole pictures: scaled by its shorter side, a line of pixels would become hundreds of millions of
 * pixels.
 */
function isLine({ left, top, right, bottom }: PixelBox): boolean {
  const [width, height] = [right - left, bottom - top];
  return Math.max(width, height) > MAX_ASPECT * Math.min(width, height);
}

/** By code units, independent of the locale. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
