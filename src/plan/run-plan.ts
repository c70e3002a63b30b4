// Runs a plan into its store: opens data and generators, estimates work and cost, and makes the calls.
import { existsSync } from "node:fs";
import { type ExtensionsInput, extensionsWith } from "../extensions/load-extensions.ts";
import { type ChainPlan, generatorsNeeded, manifestOf } from "../synthesis/chain-plan.ts";
import { type Estimate, estimateOf } from "../synthesis/estimate.ts";
import type { ImageToText, TextToImage, TextToText } from "../synthesis/generators/generator.ts";
import { runChains, type SynthesisOutcome } from "../synthesis/run-chains.ts";
import type { FailureKind, RunCounts } from "../synthesis/run-state.ts";
import { requireSamePlan } from "../synthesis/store/create-store.ts";
import { storeLayout } from "../synthesis/store/layout.ts";
import { type Manifest, readManifest } from "../synthesis/store/manifest.ts";
import { type StoreSurvey, surveyStore } from "../synthesis/store/survey.ts";
import type { ShardChoice } from "../units/shard.ts";
import type { GeneratorAdapters, GeneratorEnvironment } from "./adapters.ts";
import { openImageToText, openTextToImage, openTextToText } from "./open-generators.ts";
import type { SynthesisPlan } from "./plan-schema.ts";
import { withRegistered } from "./registered-generators.ts";
import { type InstanceAccount, sourcesOf } from "./source-instances.ts";

/** A plan whose data and generators are open. */
export interface OpenedPlan {
  readonly plan: ChainPlan;
  /** That of the store, if there is one. */
  readonly manifest: Manifest;
  readonly account: InstanceAccount | undefined;
  dispose(): Promise<void>;
}

/** A plan that is ready to run. */
export interface PreparedPlan {
  readonly plan: ChainPlan;
  readonly manifest: Manifest;
  readonly account: InstanceAccount | undefined;
  readonly before: StoreSurvey;
  readonly estimate: Estimate;
  /** Generates the missing views. */
  run(options: RunOptions): Promise<SynthesisOutcome>;
  dispose(): Promise<void>;
}

export interface RunOptions {
  /** Process only this share of the store's shards. */
  readonly share?: ShardChoice | undefined;
  readonly budget?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((counts: RunCounts) => void) | undefined;
  readonly onFailure?: ((failure: FailureKind) => void) | undefined;
}

export interface PrepareOptions extends GeneratorEnvironment {
  /** The generators that the plan may name. */
  readonly adapters: GeneratorAdapters;
  /** Extensions in addition to those that the plan names. */
  readonly extensions?: ExtensionsInput | undefined;
  /** Folder of the store. */
  readonly folder: string;
  /** Process only this many instances in this run. */
  readonly limit?: number | undefined;
}

/**
 * Opens a plan's data and generators and checks what its store already holds.
 *
 * @throws what `openPlan` throws; SynthesisError `synthesis/damaged-store`
 */
export async function preparePlan(plan: SynthesisPlan, options: PrepareOptions): Promise<PreparedPlan> {
  const { folder, limit } = options;
  const { plan: chainPlan, manifest, account, dispose } = await openPlan(plan, options);
  try {
    const before = await surveyStore(folder, manifest);
    return {
      plan: chainPlan,
      ...{ manifest, account, before, dispose },
      estimate: estimateOf(manifest, before, chainPlan, limit),
      run: (run) => runChains({ folder, plan: chainPlan, manifest, before, limit, ...run }),
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/**
 * Opens a plan's data and generators.
 *
 * @throws ConfigError for the plan; SynthesisError `synthesis/other-plan` when the store belongs to another
 * one; the errors of data and generators
 */
export async function openPlan(
  plan: SynthesisPlan,
  options: Omit<PrepareOptions, "limit">,
): Promise<OpenedPlan> {
  const { folder } = options;
  const extensions = await extensionsWith(options.extensions, plan.extensions);
  const adapters = withRegistered(options.adapters, extensions);
  const sources = sourcesOf(plan, extensions);
  const { pictures: needsPictures, texts: needsTexts } = generatorsNeeded(
    plan.direction,
    plan.rounds,
    plan.closing,
  );
  let textToImage: TextToImage | undefined;
  let imageToText: ImageToText | undefined;
  let textToText: TextToText | undefined;
  const dispose = async () => {
    await textToImage?.dispose();
    await imageToText?.dispose();
    await textToText?.dispose();
  };
  try {
    if (needsPictures && plan.textToImage)
      textToImage = await openTextToImage(plan.textToImage, options, adapters);
    if (needsTexts && plan.imageToText)
      imageToText = await openImageToText(plan.imageToText, options, adapters);
    if (plan.textToText) textToText = await openTextToText(plan.textToText, options, adapters);
    const { direction, rounds, chains, closing, seed, checks } = plan;
    const duplicateLevels = checks.duplicateLevels === false ? null : checks.duplicateLevels;
    const { instances } = sources;
    const chainPlan: ChainPlan = {
      ...{ direction, rounds, chains, closing, seed, duplicateLevels },
      ...{ instances, textToImage, imageToText, textToText },
    };
    const wanted = await manifestOf(chainPlan);
    const account = sources.account();
    const { manifest: file } = storeLayout(folder);
    const manifest = existsSync(file) ? requireSamePlan(folder, await readManifest(folder), wanted) : wanted;
    return { plan: chainPlan, manifest, account, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
