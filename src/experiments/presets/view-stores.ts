// The stores of generated views for MI2RAGE's presets: existing, to be made, or named by the configuration.
import type { Config } from "../../config/schema.ts";
import type { Overrides, PresetOptions, StoreFacts } from "../plan.ts";

/** Name of the training store, and of the one used only for teachers. */
export const MAIN = "main";
export const OTHER = "other";
/** A store and the fields that name it. */
export interface ViewStoreChoice {
  readonly name: string;
  readonly overrides: Overrides;
  readonly facts: StoreFacts | undefined;
}

/** Returns the shared stage that makes a store from a plan. */
export function storeStage(name: string): string {
  return `store-${name}`;
}

/** Returns a store that exists, that the experiment makes, or that the configuration names. */
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
