// Pools of generated views, what a selection keeps of them, and the scores of teachers that both share.
import { needsTeachers } from "../../extractors/student/teacher-rule.ts";
import { joinOverrides } from "../overrides.ts";
import type { Overrides, SharedStage } from "../plan.ts";
import type { SelectionRow } from "./selection-rows.ts";
import { MAIN, OTHER, storeNamed, storeStage } from "./view-stores.ts";
import { type Group, roundsOf, type Setting } from "./view-sweeps.ts";

/** Variants by selection of views; the configuration's own selection is the reference. */
export const SELECTIONS = {
  none: "no-teacher",
  random: "random",
  similarity: "similarity",
  teacher: "teacher",
  threshold: "threshold",
} as const;
/** Of the baselines, where the configuration's own share is not a number. */
const PLAIN_SHARE = 0.5;

/** The first rounds whose number of views a pool has; null for all views, absent for the configuration's own. */
type PoolSize = number | null | undefined;

/** The pools of a sweep of K are equal: each has as many views of a document as the fewest rounds gave. */
export function equalTo(first: number, rounds: number): PoolSize {
  return rounds === first ? null : first;
}

/** Views of the main store of this number of rounds. */
export function pool({ main, chains }: Setting, rounds: number, asManyAsRounds?: PoolSize): Overrides {
  return joinOverrides(main.overrides, {
    synthesis: {
      rounds,
      chains,
      ...(asManyAsRounds === undefined ? {} : { asManyAsRounds }),
      selection: { scores: null, teacherStore: null },
    },
  });
}

/** Those of them that a selection keeps, by default the configuration's own. */
export function selected(
  setting: Setting,
  rounds = setting.rounds,
  method: keyof typeof SELECTIONS = setting.base.synthesis.selection.method,
  size?: PoolSize,
): Overrides {
  const views = pool(setting, rounds, size);
  if (!needsTeachers(method))
    return joinOverrides(views, { synthesis: { selection: withoutTeachers(setting, method) } });
  const scores = { $stage: scoresName(setting.main.name, rounds, setting.chains, size) };
  return joinOverrides(views, { synthesis: { selection: { method, scores } } });
}

/** A selection that has no teachers: nothing to match a share to, and no gate. */
function withoutTeachers({ base }: Setting, method: string): Overrides {
  const { share, gate } = base.synthesis.selection;
  return {
    method,
    ...(share === "match" ? { share: PLAIN_SHARE } : {}),
    ...(gate.enabled ? { gate: { enabled: false } } : {}),
  };
}

/** Those that a row's selection keeps; a gate has teachers of its own. */
export function selectedAs(setting: Setting, { selection }: SelectionRow): Overrides {
  const { rounds, chains, main } = setting;
  const gated = { $stage: gatedName(scoresName(main.name, rounds, chains)) };
  return joinOverrides(selected(setting, rounds, selection.method), {
    synthesis: { selection: { ...selection, ...(selection.gate ? { scores: gated } : {}) } },
  });
}

/** Scores by two teachers for each fold. */
const gatedName = (scores: string): string => `${scores}-two-teachers`;

/** All students of one pool and seed share their teachers. */
function scoresName(store: string, rounds: number, chains: number | undefined, size?: PoolSize): string {
  const as = typeof size === "number" ? `-as-k${size}` : "";
  return `scores-${store}-k${rounds}${chains === undefined ? "" : `-r${chains}`}${as}`;
}

/** Scores by teachers that learn from the other store's views and score the main store's. */
export function swappedName({ rounds, chains }: Setting): string {
  return scoresName(`${MAIN}-by-${OTHER}`, rounds, chains);
}

/** Shared work that variants may request; work that no variant requests is not done. */
export function sharedOf(setting: Setting, groups: readonly Group[]): SharedStage[] {
  const { base, options, rounds } = setting;
  const other = storeNamed(OTHER, base, options)?.overrides.synthesis as Overrides | undefined;
  const scoring = (name: string, k: number, selection: Overrides, size?: PoolSize): SharedStage => ({
    kind: "score-views",
    name,
    perSeed: true,
    overrides: joinOverrides(pool(setting, k, size), {
      synthesis: { selection: { method: "teacher", ...selection } },
    }),
  });
  const swept = groups.includes("rounds") ? roundsOf(setting) : [];
  const first = Math.min(...swept);
  return [
    ...Object.entries(options.synthesisPlans).map(
      ([name, plan]): SharedStage => ({ kind: "synthesize", name: storeStage(name), perSeed: false, plan }),
    ),
    scoring(scoresName(MAIN, rounds, setting.chains), rounds, {}),
    ...(groups.includes("measured")
      ? [scoring(gatedName(scoresName(MAIN, rounds, setting.chains)), rounds, { gate: { enabled: true } })]
      : []),
    ...swept
      .filter((k) => k !== rounds || k !== first)
      .map((k) => {
        const size = equalTo(first, k);
        return scoring(scoresName(MAIN, k, setting.chains, size), k, {}, size);
      }),
    ...(other === undefined ? [] : [scoring(swappedName(setting), rounds, { teacherStore: other.store })]),
  ];
}
