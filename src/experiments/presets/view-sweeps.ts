// The values of K and N that MI2RAGE's sweeps compare: as many as the store of views and its selection allow.
import { counted } from "../../base/counted.ts";
import type { Config } from "../../config/schema.ts";
import { keptCount } from "../../extractors/student/selection.ts";
import { type PresetOptions, presetError } from "../plan.ts";
import type { ViewStoreChoice } from "./view-stores.ts";

/** The usual numbers of rounds (K). */
const ROUNDS = [1, 2, 3];
/** The usual numbers of views (N). */
const VIEWS = [1, 2, 4, 6, 8, 10];

/** What a row of MI2RAGE's presets is about. */
export type Group =
  | "selection"
  | "method"
  | "shares"
  | "margins"
  | "measured"
  | "rounds"
  | "views"
  | "averaging"
  | "generator-swap"
  | "augmentation"
  | "upper-bound";

/** The common data of all groups. */
export interface Setting {
  readonly base: Config;
  readonly options: PresetOptions;
  /** The training store. */
  readonly main: ViewStoreChoice;
  /** The pool of the reference: K and R. */
  readonly rounds: number;
  readonly chains: number | undefined;
}

/** Values of K: those asked for, all of which the store must have, or the usual ones that it has. */
export function roundsOf({ options, main }: Setting): readonly number[] {
  const most = main.facts?.rounds ?? Number.POSITIVE_INFINITY;
  const asked = options.rounds ?? options.values;
  return valuesUpTo(most, asked, ROUNDS, (k) => ({
    message: `${counted(k, "round")} of views are asked for, but the store has only ${most}`,
    remedy: `Name at most ${most} with --rounds, or make a store with more.`,
  }));
}

/** Values of N, in the same way: no document has more views than selection leaves, so a larger N would train the same model again. */
export function viewsOf(setting: Setting): readonly number[] {
  const { all, kept } = mostViews(setting);
  const { options } = setting;
  return valuesUpTo(kept, options.views ?? options.values, VIEWS, (n) => ({
    message: `${counted(n, "view")} per document are asked for, but ${all === kept ? "there are" : "selection leaves"} at most ${kept}${all === kept ? "" : ` of ${all}`}`,
    remedy: `Name at most ${kept} with --views, make a store with more chains, or keep more (synthesis.selection).`,
  }));
}

/** The most views of a document, and the most that a selection of the configuration's kind keeps; infinite if the store is unknown. */
function mostViews({ base, rounds, chains }: Setting): { readonly all: number; readonly kept: number } {
  const { use, selection } = base.synthesis;
  const generated = use === "real" ? 0 : rounds * (chains ?? Number.POSITIVE_INFINITY);
  const all = generated + (use === "synthetic" ? 0 : 1);
  const { method, share } = selection;
  const mayKeepAll = method === "none" || method === "threshold" || share === "match";
  return { all, kept: mayKeepAll ? all : keptCount(all, share) };
}

function valuesUpTo(
  most: number,
  asked: readonly number[] | undefined,
  usual: readonly number[],
  refusal: (value: number) => { readonly message: string; readonly remedy: string },
): readonly number[] {
  const beyond = asked?.find((value) => value > most);
  if (beyond !== undefined) {
    const { message, remedy } = refusal(beyond);
    throw presetError("experiment/value-too-large", message, remedy, beyond);
  }
  return asked ?? usual.filter((value) => value <= most);
}

/** Where the usual values end because there are no more rounds or views. */
export function limitsOf(setting: Setting, groups: readonly Group[]): string {
  const { all, kept } = mostViews(setting);
  const rounds = setting.main.facts?.rounds ?? Number.POSITIVE_INFINITY;
  const isCut = (usual: readonly number[], most: number) => usual.some((value) => value > most);
  const asked = setting.options.values !== undefined;
  return [
    groups.includes("rounds") && !asked && setting.options.rounds === undefined && isCut(ROUNDS, rounds)
      ? ` K ends at ${rounds}: the store has no more rounds.`
      : "",
    groups.includes("views") && !asked && setting.options.views === undefined && isCut(VIEWS, kept)
      ? ` N ends at ${kept}: ${all === kept ? "there are" : "selection leaves"} no more views of a document.`
      : "",
  ].join("");
}
