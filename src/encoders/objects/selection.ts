// Which of a network's boxes become objects: those that hold pixels, are large enough, and are not another one again.
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
  /** Least share of the picture's pixels. */
  readonly minAreaShare: number;
  /** A box that overlaps a better one by more than this, whatever the classes, is taken for the same object; 1 keeps all. */
  readonly iouThreshold: number;
}

/**
 * The objects of a picture. Classes are not told apart when overlapping boxes are dropped: a crop shows pixels, and two names for the same
 * pixels would make the same crop twice (ours; published pipelines suppress per class).
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
      comparePositions(a.candidate.box, b.candidate.box) || // as found: clipping may make two alike
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

/** As for whole pictures: scaled by its shorter side, a line of pixels becomes a picture of hundreds of millions. */
function isLine({ left, top, right, bottom }: PixelBox): boolean {
  const [width, height] = [right - left, bottom - top];
  return Math.max(width, height) > MAX_ASPECT * Math.min(width, height);
}

/** By code units: the same everywhere, whatever the locale. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
