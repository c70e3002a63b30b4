// What a region of the picture is called.
import type { Region } from "../api/types.ts";
import { percent } from "./share.tsx";

/** Says what a region is; `at` is its position among all regions. */
export function regionName({ kind, label, score }: Region, at: number, all: readonly Region[]): string {
  if (kind === "whole") return "Whole picture";
  const number = all.slice(0, at + 1).filter((region) => region.kind === "crop").length;
  const what = label === undefined ? `Crop ${number}` : `Crop ${number}: ${label}`;
  return score === undefined ? what : `${what}, ${percent(score)}`;
}
