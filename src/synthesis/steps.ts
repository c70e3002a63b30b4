// How a chain runs: which kind each of its calls makes, the seed and the identity of a call.

import { createHash } from "node:crypto";
import { sorted } from "../base/json.ts";
import { sha256 } from "../base/sha256.ts";
import type { GeneratorIdentity } from "./generators/generator.ts";
import type { RealModality } from "./instance.ts";

/** What a step makes: odd steps the modality that is missing (candidate views), even steps the one that is real. */
export function kindOfStep(direction: RealModality, step: number): "picture" | "text" {
  const isCandidate = step % 2 === 1;
  return (direction === "text") === isCandidate ? "picture" : "text";
}

/** Place of a call. */
export interface StepAddress {
  readonly instance: string;
  readonly chain: number;
  readonly step: number;
}

/** The seed of a call: the first 32 bits of SHA-256 over the plan's seed and the place of the call. */
export function seedOfStep(planSeed: number, { instance, chain, step }: StepAddress): number {
  const digest = createHash("sha256")
    .update(JSON.stringify([planSeed, instance, chain, step]))
    .digest();
  return digest.readUInt32BE(0);
}

export interface CallContent extends StepAddress {
  readonly generator: GeneratorIdentity;
  /** SHA-256 of the content that the call is given. */
  readonly request: string;
  readonly mentions: readonly string[];
  readonly exclude: readonly string[];
  readonly seed: number;
}

/** Identity of a call: SHA-256 over all that decides what comes out. */
export function callIdentity(call: CallContent): string {
  const { generator, request, mentions, exclude, seed, instance, chain, step } = call;
  const { adapter, model, settings } = generator;
  const value = [adapter, model, sorted(settings), request, mentions, exclude, seed, instance, chain, step];
  return sha256(JSON.stringify(value));
}
