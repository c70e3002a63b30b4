// The steps of a chain: the modality, seed and identity of each call.

import { createHash } from "node:crypto";
import { sorted } from "../base/json.ts";
import { sha256 } from "../base/sha256.ts";
import type { GeneratorIdentity } from "./generators/generator.ts";
import type { Manifest } from "./store/manifest.ts";

/**
 * The modality of a step: odd steps make the missing modality (candidate views), even steps the real one. Stores of texts made from
 * texts hold only texts.
 */
export function kindOfStep(
  { direction, generators }: Pick<Manifest, "direction" | "generators">,
  step: number,
): "picture" | "text" {
  if (generators.textToText !== undefined) return "text";
  const isCandidate = step % 2 === 1;
  return (direction === "text") === isCandidate ? "picture" : "text";
}

/** Position of a call. */
export interface StepAddress {
  readonly instance: string;
  readonly chain: number;
  readonly step: number;
}

/** The seed of a call: the first 32 bits of SHA-256 over the plan's seed and the position of the call. */
export function seedOfStep(planSeed: number, { instance, chain, step }: StepAddress): number {
  const digest = createHash("sha256")
    .update(JSON.stringify([planSeed, instance, chain, step]))
    .digest();
  return digest.readUInt32BE(0);
}

export interface CallContent extends StepAddress {
  readonly generator: GeneratorIdentity;
  /** SHA-256 of the call's input. */
  readonly request: string;
  readonly mentions: readonly string[];
  readonly exclude: readonly string[];
  readonly seed: number;
}

/** Identity of a call: SHA-256 over everything that determines its result. */
export function callIdentity(call: CallContent): string {
  const { generator, request, mentions, exclude, seed, instance, chain, step } = call;
  const { adapter, model, settings } = generator;
  const value = [adapter, model, sorted(settings), request, mentions, exclude, seed, instance, chain, step];
  return sha256(JSON.stringify(value));
}
