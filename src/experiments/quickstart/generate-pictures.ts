// The quickstart's second stage: the simulator makes pictures for the training texts, in chains, and keeps them in a store.

import { parsePlan } from "../../plan/load-plan.ts";
import { preparePlan } from "../../plan/run-plan.ts";
import type { RunCounts } from "../../synthesis/run-state.ts";
import { GENERATOR_ADAPTERS } from "../generator-adapters.ts";
import { planOf, type Setting } from "./settings.ts";

export interface GenerateOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Makes all views of the plan, like `relata synthesize`. @throws the signal's reason */
export async function generatePictures(
  setting: Setting,
  { signal, onProgress }: GenerateOptions,
): Promise<RunCounts> {
  const { layout, files } = setting;
  const prepared = await preparePlan(
    parsePlan(planOf(setting), "quickstart", files.folder, GENERATOR_ADAPTERS),
    {
      folder: layout.views,
      adapters: GENERATOR_ADAPTERS,
      variables: {},
      signal,
    },
  );
  try {
    const { planned } = prepared.estimate;
    const { counts } = await prepared.run({
      signal,
      onProgress: ({ done }) => onProgress?.(done, planned),
    });
    signal?.throwIfAborted();
    return counts;
  } finally {
    await prepared.dispose();
  }
}
