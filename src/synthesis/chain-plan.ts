// The plan of a store's chains and their sources, shared by planning, running and resuming.

import { createHash } from "node:crypto";
import { counted } from "../base/counted.ts";
import { ConfigError, SynthesisError } from "../base/errors.ts";
import { StringIndex } from "../base/string-index.ts";
import type { ImageToText, TextToImage, TextToText } from "./generators/generator.ts";
import type { RealModality, SourceInstance } from "./instance.ts";
import { shardInstancesFor } from "./store/create-store.ts";
import { MANIFEST_FORMAT, MANIFEST_VERSION, type Manifest } from "./store/manifest.ts";

/** The instances, repeatable and always in the same order. */
export type InstanceSource = () => AsyncIterable<SourceInstance>;

/** K rounds of R chains per instance, in one direction. */
export interface ChainPlan {
  readonly direction: RealModality;
  /** K, 1 or more. */
  readonly rounds: number;
  /** R, 1 or more. */
  readonly chains: number;
  /** Turns the last view back into the real modality too, so that every view can be compared with the real one. Default false. */
  readonly closing?: boolean;
  readonly seed: number;
  readonly instances: InstanceSource;
  /** Required for direction "text", and for "picture" with two or more rounds or `closing`. */
  readonly textToImage?: TextToImage | undefined;
  /** Required for direction "picture", and for "text" with two or more rounds or `closing`. */
  readonly imageToText?: ImageToText | undefined;
  /** Makes texts from the real texts, in one step, instead of chains; then the only generator. */
  readonly textToText?: TextToText | undefined;
  /** Maximum difference of near duplicates in any cell, in levels of 255; null: no check. */
  readonly duplicateLevels: number | null;
}

/**
 * Makes the manifest of a plan. Reads the instances once and keeps only their ids in memory.
 *
 * @throws ConfigError `config/contradiction`; SynthesisError `synthesis/no-instances`, `synthesis/duplicate-instance`, `synthesis/no-generator`
 */
export async function manifestOf(plan: ChainPlan): Promise<Manifest> {
  const { direction, rounds, chains, closing = false, seed, duplicateLevels } = plan;
  const rewrites = plan.textToText !== undefined;
  if (rewrites) requireOneStep(plan);
  const { pictures: needsPictures, texts: needsTexts } = rewrites
    ? { pictures: false, texts: false }
    : generatorsNeeded(direction, rounds, closing);
  if (needsPictures && plan.textToImage === undefined) throw noGenerator("textToImage", plan);
  if (needsTexts && plan.imageToText === undefined) throw noGenerator("imageToText", plan);
  const hash = createHash("sha256");
  const ids = new StringIndex();
  for await (const { id, fingerprint, mentions, exclude, spans = [] } of plan.instances()) {
    if (ids.has(id)) throw duplicateInstance(id);
    ids.add(id);
    hash.update(`${JSON.stringify([id, fingerprint, mentions, exclude, ...(rewrites ? [spans] : [])])}\n`);
  }
  if (ids.size === 0) throw noInstances(direction);
  return {
    format: MANIFEST_FORMAT,
    version: MANIFEST_VERSION,
    direction,
    rounds,
    chains,
    closing,
    seed,
    generators: {
      ...(needsPictures && plan.textToImage ? { textToImage: plan.textToImage.identity } : {}),
      ...(needsTexts && plan.imageToText ? { imageToText: plan.imageToText.identity } : {}),
      ...(plan.textToText ? { textToText: plan.textToText.identity } : {}),
    },
    checks: { duplicateLevels },
    instances: ids.size,
    data: hash.digest("hex"),
    shardInstances: shardInstancesFor({ rounds, chains, closing, instances: ids.size }),
  };
}

/** The generators that a chain of this many rounds calls. */
export function generatorsNeeded(
  direction: RealModality,
  rounds: number,
  closing: boolean,
): { readonly pictures: boolean; readonly texts: boolean } {
  const both = rounds > 1 || closing;
  return { pictures: both || direction === "text", texts: both || direction === "picture" };
}

/** A text is made from a real text in one step: nothing is made from it in turn. @throws ConfigError */
function requireOneStep({ direction, rounds, closing = false, textToImage, imageToText }: ChainPlan): void {
  const faults = [
    ...(direction === "text" ? [] : [`direction is "${direction}"`]),
    ...(rounds === 1 ? [] : [`rounds is ${rounds}`]),
    ...(closing ? ["closing is true"] : []),
    ...(textToImage === undefined ? [] : ["textToImage is set"]),
    ...(imageToText === undefined ? [] : ["imageToText is set"]),
  ];
  if (faults.length === 0) return;
  throw new ConfigError({
    code: "config/contradiction",
    message: `textToText makes texts from real texts in one step, but ${faults.join(" and ")}`,
    place: "textToText",
    remedy:
      'With textToText, set direction to "text", leave out rounds and closing, and make pictures in another store.',
  });
}

function noGenerator(name: string, { direction, rounds }: ChainPlan): SynthesisError {
  return new SynthesisError({
    code: "synthesis/no-generator",
    message: `${counted(rounds, "round")} from real ${direction}s ${rounds === 1 ? "needs" : "need"} ${name}, which is not configured`,
    place: name,
    remedy: `Configure ${name}; docs/generators.md lists the generators.`,
  });
}

function duplicateInstance(id: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/duplicate-instance",
    message: `two instances have the id ${JSON.stringify(id)}`,
    value: id,
    remedy: "Give every document its own id.",
  });
}

function noInstances(direction: RealModality): SynthesisError {
  return new SynthesisError({
    code: "synthesis/no-instances",
    message: `there are no instances with a real ${direction}`,
    remedy:
      direction === "text"
        ? "Name a data file with documents."
        : "Name a data file whose documents have relations and pictures, and the folder of the pictures.",
  });
}
