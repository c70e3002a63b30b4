// Presets for training from one modality: the effect of generated views, their rounds, their number and their selection.
import { counted } from "../../base/counted.ts";
import type { Config } from "../../config/schema.ts";
import { needsTeachers } from "../../extractors/student/teacher-rule.ts";
import { joinOverrides } from "../overrides.ts";
import {
  allSets,
  type Evaluation,
  type EvaluationSet,
  type Overrides,
  type Plan,
  type Preset,
  type PresetOptions,
  presetError,
  type SharedStage,
  usualEvaluations,
  type Variant,
} from "../plan.ts";
import { AUGMENTATION_STORES, augmentationRows, TEXT_ONLY } from "./augmentation-rows.ts";
import { methodRows } from "./method-rows.ts";
import { MEASURED_ROWS, marginRows, type SelectionRow, shareRows } from "./selection-rows.ts";
import { MAIN, OTHER, storeNamed, storeStage, type ViewStoreChoice } from "./view-stores.ts";
import { type Group, limitsOf, roundsOf, type Setting, viewsOf } from "./view-sweeps.ts";

/** Variants by selection of views; the configuration's own selection is the reference. */
const SELECTIONS = {
  none: "no-teacher",
  random: "random",
  similarity: "similarity",
  teacher: "teacher",
  threshold: "threshold",
} as const;
/** Of the baselines, where the configuration's own share is not a number. */
const PLAIN_SHARE = 0.5;
const STORES =
  "--store main=folder, other=folder, or --plan main=plan.json: stores of views (default: synthesis.store); --evaluate test=file,views=store: views at inference";

/** Selection and its baselines. */
export const mi2rage = preset(
  "mi2rage",
  ["selection"],
  "texts only; one view; and no, random, similarity and teacher selection of views",
);
/** The number of rounds of the chains. */
export const mi2rageRounds = preset(
  "mi2rage-rounds",
  ["rounds"],
  "views of 1 to 3 rounds (K)",
  "--rounds: other K",
);
/** The number of views that an example shows. */
export const mi2rageViews = preset(
  "mi2rage-views",
  ["views"],
  "1 to 10 views in training (N), and the same number at inference for sets with a store",
  "--views: other N",
);
/** Attention over views against the mean of the answers to each single view. */
export const mi2rageAveraging = preset(
  "mi2rage-averaging",
  ["averaging"],
  "views at inference, fused or averaged (test-time augmentation)",
);
/** Views of one generator, selected by teachers of another. */
export const mi2rageGeneratorSwap = preset(
  "mi2rage-generator-swap",
  ["generator-swap"],
  "views of one store, selected by teachers of the other",
);
/** Trained on real pairs. */
export const mi2rageUpperBound = preset(
  "mi2rage-upper-bound",
  ["upper-bound"],
  "trained on real pairs, and on real and generated ones",
);
/** How a student combines its views with the real one, and how far it trusts them. */
export const mi2rageMethod = preset(
  "mi2rage-method",
  ["method", "upper-bound"],
  "views read together with the real view or apart, trusted as trained or as fitted, and real pairs",
);
/** The share of the views that teachers keep. */
export const mi2rageShare = preset(
  "mi2rage-share",
  ["shares"],
  "shares of the views, from the teachers' best (rho)",
  "--values: other shares",
);
/** How much a view may argue against the label. */
export const mi2rageThreshold = preset(
  "mi2rage-threshold",
  ["margins"],
  "views within a margin of the label's log-probability without them (t, nats)",
  "--values: other margins",
);
/** Selections by teachers and their controls. */
export const mi2rageSelection = preset(
  "mi2rage-selection",
  ["selection", "margins", "measured", "upper-bound"],
  "selections by teachers beside no views, all views, a random share and real pairs",
);
/** Generated pictures beside other augmentation of the same texts. */
export const mi2rageAugmentation = preset(
  "mi2rage-augmentation",
  ["augmentation"],
  "texts alone, mixup, changed words, back-translation, another generator, chains with and without teachers, real pairs",
  `--store or --plan with the names ${AUGMENTATION_STORES.join(", ")}: rows of other stores`,
);
/** All of MI2RAGE's other presets in one table, without the sweeps of its selection. */
export const mi2rageAblation = preset(
  "mi2rage-ablation",
  ["selection", "rounds", "views", "averaging", "generator-swap", "upper-bound"],
  "parts, rounds, numbers of views, averaging, generators and real pairs in one table",
);

function preset(name: string, groups: readonly Group[], description: string, more?: string): Preset {
  return {
    name,
    description: `MI2RAGE: ${description}`,
    options: more === undefined ? STORES : `${STORES}; ${more}`,
    plan: (base, options) => planOf(name, groups, base, options),
  };
}

function planOf(name: string, groups: readonly Group[], base: Config, options: PresetOptions): Plan {
  if (base.method !== "mi2rage") {
    throw presetError(
      "experiment/needs-mi2rage",
      `the preset ${name} compares generated views, but method is "${base.method}"`,
      'Set method to "mi2rage" in the configuration.',
      base.method,
    );
  }
  const main = storeNamed(MAIN, base, options);
  if (main === undefined) {
    throw presetError(
      "experiment/needs-store",
      `the preset ${name} needs a store of generated views`,
      "Set synthesis.store, or give --store main=<folder> or --plan main=<plan.json>.",
    );
  }
  if (groups.every((group) => group === "generator-swap") && storeNamed(OTHER, base, options) === undefined) {
    throw presetError(
      "experiment/needs-store",
      `the preset ${name} needs a second store of generated views, on which the other teachers are trained`,
      "Give --store other=<folder> or --plan other=<plan.json>.",
    );
  }
  const { synthesis } = base;
  if (groups.includes("augmentation") && synthesis.real !== "text") {
    throw presetError(
      "config/contradiction",
      `the preset ${name} compares augmentation of texts, but synthesis.real is "${synthesis.real}"`,
      'Set synthesis.real to "text", and name a store that was made from texts.',
      synthesis.real,
    );
  }
  const setting: Setting = {
    base,
    options,
    main,
    rounds: synthesis.rounds ?? main.facts?.rounds ?? 2,
    chains: synthesis.chains ?? main.facts?.chains,
  };
  const { method } = synthesis.selection;
  const reference = variant(
    setting,
    SELECTIONS[method],
    "selection",
    method === "none" ? "all accepted views" : `the share of the views by ${method}`,
    selected(setting),
  );
  const made = groups.flatMap((group) => variantsOf(group, setting));
  // A sweep of K alone compares pools of one size: the configuration's own, which may be larger, is left out.
  const first = groups.every((group) => group === "rounds" || group === "augmentation")
    ? made[0]?.reference
    : undefined;
  const isThere = first !== undefined || made.some(({ name: known }) => known === reference.name);
  const variants = isThere ? made : [reference, ...made];
  const views = groups.includes("augmentation")
    ? "texts, alone, augmented or with generated pictures"
    : `${synthesis.real}s and generated ${synthesis.real === "text" ? "pictures" : "texts"}`;
  return {
    title: name === "mi2rage-ablation" ? "MI2RAGE: the effect of its parts" : `MI2RAGE: ${groups.join(", ")}`,
    description: `Students trained on real ${views}, scored on documents with both.${limitsOf(setting, groups)}`,
    reference: first ?? reference.name,
    variants,
    shared: sharedOf(setting, groups),
  };
}

/** The teachers learn from the pool of the other store: as many rounds and chains as that of the main one. */
function requireAsLarge({ facts }: ViewStoreChoice, { rounds, chains = 0 }: Setting): void {
  if (facts === undefined || (facts.rounds >= rounds && facts.chains >= chains)) return;
  const has = `${counted(facts.rounds, "round")} of ${counted(facts.chains, "chain")}`;
  throw presetError(
    "experiment/value-too-large",
    `the store "${OTHER}" has ${has}, but the configuration's views are ${counted(rounds, "round")} of ${counted(chains, "chain")}`,
    `Use as many of both stores: --set synthesis.rounds=${Math.min(rounds, facts.rounds)} synthesis.chains=${Math.min(chains, facts.chains)}, or make a larger store.`,
  );
}

function variantsOf(group: Group, setting: Setting): Variant[] {
  const { base, options, rounds } = setting;
  const make = (name: string, description: string, overrides: Overrides, value?: number): Variant => ({
    ...variant(setting, name, group, description, overrides),
    ...(value === undefined ? {} : { value }),
  });
  switch (group) {
    case "selection":
      return [
        ...(base.synthesis.real === "text"
          ? [make("text-only", "no views at all (K = 0): a student that reads only texts", TEXT_ONLY)]
          : [
              make(
                "picture-only",
                "no views at all (K = 0): a student that reads only pictures and the two mentions",
                {
                  synthesis: { store: null, rounds: 0, selection: { method: "none", scores: null } },
                },
              ),
            ]),
        make(
          "naive",
          "one generated view per document: one round, one chain, no selection",
          joinOverrides(pool(setting, 1, null), {
            synthesis: { chains: 1, views: 1, selection: { method: "none" } },
          }),
        ),
        make(SELECTIONS.none, "all accepted views", selected(setting, rounds, "none")),
        make(SELECTIONS.random, "a random share of the views", selected(setting, rounds, "random")),
        make(
          SELECTIONS.similarity,
          "the share of views nearest to the real one",
          selected(setting, rounds, "similarity"),
        ),
        make(
          SELECTIONS.teacher,
          "the share of views with the teachers' best scores",
          selected(setting, rounds, "teacher"),
        ),
      ];
    case "method":
      return methodRows(base).map(({ name, description, synthesis, keepsAll }) =>
        make(
          name,
          description,
          joinOverrides(selected(setting, rounds, keepsAll ? "none" : undefined), { synthesis }),
        ),
      );
    case "augmentation":
      return [
        ...augmentationRows(base, options).map((row) => make(row.name, row.description, row.overrides)),
        make(SELECTIONS.none, "all accepted views of the main store", selected(setting, rounds, "none")),
        make(
          SELECTIONS.teacher,
          "the views with the teachers' best scores",
          selected(setting, rounds, "teacher"),
        ),
        ...variantsOf("upper-bound", setting).slice(0, 1),
      ].map((row) => ({ ...row, group, reference: "text-only" }));
    case "rounds": {
      const first = Math.min(...roundsOf(setting));
      return roundsOf(setting).map((k) => {
        const drawn = k === first ? "" : `, as many as ${counted(first, "round")} gave`;
        const overrides = selected(setting, k, undefined, equalTo(first, k));
        const row = make(`rounds-${k}`, `views of ${counted(k, "round")}${drawn}`, overrides, k);
        return { ...row, reference: `rounds-${first}` };
      });
    }
    case "views":
      return viewsOf(setting).map((n) => ({
        ...make(
          `views-${n}`,
          `${counted(n, "view")} in training`,
          joinOverrides(selected(setting), { synthesis: { views: n } }),
          n,
        ),
        evaluations: [...usualEvaluations(options), ...withViews(options, n, "fusion")],
      }));
    case "shares":
    case "margins":
    case "measured":
      return { shares: shareRows(options), margins: marginRows(options), measured: MEASURED_ROWS }[group].map(
        (row) => make(row.name, row.description, selectedAs(setting, row), row.value),
      );
    case "averaging": {
      const { views } = base.synthesis;
      const evaluations = [...withViews(options, views, "fusion"), ...withViews(options, views, "average")];
      if (evaluations.length === 0) return [];
      const averaged = make(
        "averaging",
        "the reference with generated views at inference",
        selected(setting),
      );
      return [{ ...averaged, evaluations }];
    }
    case "generator-swap": {
      const other = storeNamed(OTHER, base, options);
      if (other === undefined) return [];
      requireAsLarge(other, setting);
      const scores = { $stage: swappedName(setting) };
      return [
        make(
          "swapped-teacher",
          "views of the main store, selected by teachers that were trained on the other store",
          joinOverrides(pool(setting, rounds), { synthesis: { selection: { method: "teacher", scores } } }),
        ),
      ];
    }
    case "upper-bound":
      return hasPairs(base)
        ? [
            make("real-pairs", "trained on real pairs, which is what generated views stand in for", {
              synthesis: { use: "real", selection: { method: "none", scores: null } },
            }),
            make("real-and-generated", "trained on real pairs and generated views", {
              ...joinOverrides(selected(setting), { synthesis: { use: "both" } }),
            }),
          ]
        : [];
    default:
      return group satisfies never;
  }
}

function variant(
  { options }: Setting,
  name: string,
  group: Group,
  description: string,
  overrides: Overrides,
): Variant {
  return { name, group, description, overrides, evaluations: usualEvaluations(options) };
}

/** The first rounds whose number of views a pool has; null for all views, absent for the configuration's own. */
type PoolSize = number | null | undefined;

/** The pools of a sweep of K are equal: each has as many views of a document as the fewest rounds gave. */
function equalTo(first: number, rounds: number): PoolSize {
  return rounds === first ? null : first;
}

/** Views of the main store of this number of rounds. */
function pool({ main, chains }: Setting, rounds: number, asManyAsRounds?: PoolSize): Overrides {
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
function selected(
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
function selectedAs(setting: Setting, { selection }: SelectionRow): Overrides {
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
function swappedName({ rounds, chains }: Setting): string {
  return scoresName(`${MAIN}-by-${OTHER}`, rounds, chains);
}

/** Shared work that variants may request; work that no variant requests is not done. */
function sharedOf(setting: Setting, groups: readonly Group[]): SharedStage[] {
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

/** Evaluations with this many generated views of the documents, on the sets that have some. */
function withViews(options: PresetOptions, count: number, aggregate: "fusion" | "average"): Evaluation[] {
  const stored = allSets(options).filter(
    (set): set is EvaluationSet & { views: string } => set.views !== undefined,
  );
  return stored.map(({ name, views }) => ({
    set: name,
    condition: `${counted(count, "generated view")} ${aggregate === "fusion" ? "fused" : "averaged"}`,
    arguments: ["--views", views, "--view-count", String(count), "--aggregate", aggregate],
  }));
}

/** Tells whether the training documents have both modalities. */
function hasPairs({ synthesis, visual, data }: Config): boolean {
  if (synthesis.real === "picture") return true;
  return visual.kind === "captions" ? data.captions.train !== undefined : data.pictures !== undefined;
}
