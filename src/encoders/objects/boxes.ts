// Geometry of real-valued boxes: conversion from centre and size to corners, overlap, and non-maximum
// suppression.

/** Corners; the unit is the caller's. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A box from its centre and size. */
export function boxAround(centerX: number, centerY: number, width: number, height: number): Box {
  return {
    left: centerX - width / 2,
    top: centerY - height / 2,
    right: centerX + width / 2,
    bottom: centerY + height / 2,
  };
}

/** Intersection over union, 0..1; 0 if both are empty. Scaling both along an axis does not change it. */
export function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (areaOf(a) + areaOf(b) - shared);
}

function areaOf({ left, top, right, bottom }: Box): number {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}

/**
 * Greedy non-maximum suppression over boxes sorted by score, best first: drops a box that overlaps a kept
 * one by more than `threshold`, until `limit` boxes are kept.
 *
 * @returns indices of the kept boxes, ascending
 */
export function suppressOverlaps(boxes: readonly Box[], threshold: number, limit: number): number[] {
  const kept: number[] = [];
  for (const [i, box] of boxes.entries()) {
    if (kept.length >= limit) break;
    if (kept.every((k) => overlapOf(boxes[k] as Box, box) <= threshold)) kept.push(i);
  }
  return kept;
}
