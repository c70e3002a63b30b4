// Drift, diversity and similarity between modalities of a whole store, instance by instance, in bounded memory.
//
// Texts and captioned pictures are compared as texts, pictures with pixels as pictures. If the real view is
// of the other modality, the first view of a chain is the origin. Only a joint space compares words with pixels.

import type { ViewStore } from "../store/open-store.ts";
import { Controls } from "./controls.ts";
import { shiftRows } from "./shift-rows.ts";
import { StoreAccount, type StoreMeasures } from "./store-account.ts";
import { centredInstance, embeddedInstances, type MeasureSources, sampleStore } from "./store-contents.ts";

/**
 * Measures the accepted views of a complete store: first a sample, for the means and the controls, then all instances.
 *
 * @throws SynthesisError `synthesis/damaged-store`, `synthesis/nothing-to-measure` if no view could be embedded
 */
export async function measureStore(store: ViewStore, sources: MeasureSources): Promise<StoreMeasures> {
  const sample = await sampleStore(store, sources);
  const { centres, instances: sampled } = sample;
  const account = new StoreAccount(new Controls(sample));
  for (const instance of sampled.values()) account.add(instance);
  let done = sampled.size;
  for await (const others of embeddedInstances(store, sources, (index) => !sampled.has(index))) {
    for (const instance of others) account.add(centredInstance(instance, centres));
    done += others.length;
    sources.onProgress?.(done, store.manifest.instances);
  }
  const measures = account.result(store.folder, [...centres.keys()]);
  const { second } = sources;
  return second === undefined ? measures : { ...measures, shift: shiftRows(sample, second) };
}
