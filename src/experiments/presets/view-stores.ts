// The stores of generated views that presets of MI2RAGE work with: there already, to be made, or named by the configuration.
import type { Config } from "../../config/schema.ts";
import type { Overrides, PresetOptions, StoreFacts } from "../plan.ts";

/** Name of the store that is trained with, and of the one that only teaches. */
export const MAIN = "main";
export const OTHER = "other";
/** A store and the fields that name it. */
export interface ViewStoreChoice {
  readonly name: string;
  readonly overrides: Overrides;
  readonly facts: StoreFacts | undefined;
}

/** The shared stage that makes a store from a plan. */
export function storeStage(name: string): string {
  return `store-${name}`;
}

/** A store that is there, that the experiment makes, or that the configuration names. */
export function storeNamed(
  name: string,
  { synthesis }: Config,
  options: PresetOptions,
): ViewStoreChoice | undefined {
  const facts = options.storeFacts[name];
  const path = options.stores[name];
  if (path !== undefined) return { name, facts, overrides: { synthesis: { store: path } } };
  if (options.synthesisPlans[name] !== undefined)
    return { name, facts, overrides: { synthesis: { store: { $stage: storeStage(name) } } } };
  if (name === MAIN && synthesis.store !== undefined) return { name, facts, overrides: {} };
  return undefined;
}
