// Completes what a user gives to a preset: looks into the stores of views and the encoders, once, before anything is planned.
import type { ConfigError } from "../base/errors.ts";
import type { Config } from "../config/schema.ts";
import { openTextEncoder } from "../encoders/text-encoder.ts";
import { loadExtensions } from "../extensions/load-extensions.ts";
import { loadPlan } from "../plan/load-plan.ts";
import { openViewStore } from "../synthesis/store/open-store.ts";
import { countStages } from "../visual/picture-encoder.ts";
import { GENERATOR_ADAPTERS } from "./generator-adapters.ts";
import { type Preset, type PresetOptions, presetError, type StoreFacts } from "./plan.ts";
import { MAIN, OTHER } from "./presets/view-stores.ts";

/** What a user gives; paths are absolute. */
export type GivenOptions = Omit<PresetOptions, "storeFacts" | "layers" | "stages">;

/**
 * Returns a preset's input besides the base configuration.
 *
 * @throws ConfigError `experiment/bad-option` for stores that nothing would use, fields that the preset does not sweep, and data sets of one
 * name; the codes of `openViewStore`, `loadPlan` and `openTextEncoder`
 */
export async function completeOptions(
  preset: Preset,
  base: Config,
  given: GivenOptions,
): Promise<PresetOptions> {
  const names = given.datasets.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw badOption("data set", twice, "Give each data set a name of its own.");
  requireNames("store", Object.keys(given.stores), [MAIN, OTHER, ...names]);
  requireNames("plan of a store", Object.keys(given.synthesisPlans), [MAIN, OTHER]);
  requireSwept(preset, given);
  return {
    ...given,
    storeFacts: await storeFacts(base, given),
    layers: preset.needsLayers === true ? (await openTextEncoder(base.encoder)).config.layers : 0,
    ...(preset.needsStages === true ? { stages: await stagesOf(base) } : {}),
  };
}

function requireNames(what: string, names: readonly string[], known: readonly string[]): void {
  const foreign = names.find((name) => !known.includes(name));
  if (foreign !== undefined) throw badOption(what, foreign, `Name one of: ${known.join(", ")}.`);
}

/** Refuses fields that a preset would ignore. */
function requireSwept({ name, sweeps }: Preset, { fields = [], cross = false }: GivenOptions): void {
  if (sweeps === "any") return;
  const foreign = fields.find(({ field }) => sweeps?.includes(field) !== true);
  if (foreign !== undefined) {
    throw badOption(
      "field",
      foreign.field,
      `The preset ${name} sweeps ${sweeps?.join(" and ") ?? "no fields"}; use the preset sweep for others.`,
    );
  }
  if (cross && sweeps === undefined)
    throw badOption("cross", "true", `The preset ${name} sweeps no fields: leave it out.`);
}

function badOption(what: string, value: string, remedy: string): ConfigError {
  return presetError("experiment/bad-option", `the ${what} "${value}" cannot be used`, remedy, value);
}

/** The number of stages of the configuration's picture encoder; undefined if it names none. */
async function stagesOf({ visual, extensions }: Config): Promise<number | undefined> {
  if (visual.kind !== "pictures" || visual.encoder === undefined) return undefined;
  return countStages(visual.encoder, await loadExtensions(extensions));
}

/** Returns rounds and chains of every store, from its manifest or its plan. */
async function storeFacts(
  { synthesis, extensions }: Config,
  { stores, synthesisPlans, datasets }: GivenOptions,
): Promise<Record<string, StoreFacts>> {
  const facts: Record<string, StoreFacts> = {};
  for (const [name, file] of Object.entries(synthesisPlans)) {
    const { rounds, chains } = await loadPlan(file, GENERATOR_ADAPTERS, extensions);
    facts[name] = { rounds, chains };
  }
  const configured = datasets.length > 0 ? datasets : [{ name: MAIN, config: { synthesis } }];
  const folders = new Map<string, string>();
  for (const { name, config } of configured) {
    const { store } = config.synthesis;
    if (store !== undefined && synthesisPlans[name] === undefined) folders.set(name, store);
  }
  for (const [name, folder] of Object.entries(stores)) folders.set(name, folder);
  for (const [name, folder] of folders) {
    const { rounds, chains } = await openViewStore(folder);
    facts[name] = { rounds, chains };
  }
  return facts;
}
