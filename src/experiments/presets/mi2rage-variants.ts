// The variants of each comparison of generated views.
import { counted } from "../../base/counted.ts";
import type { Config } from "../../config/schema.ts";
import { joinOverrides } from "../overrides.ts";
import {
  allSets,
  type Evaluation,
  type EvaluationSet,
  type Overrides,
  type PresetOptions,
  presetError,
  usualEvaluations,
  type Variant,
} from "../plan.ts";
import { augmentationRows, TEXT_ONLY } from "./augmentation-rows.ts";
import { methodRows } from "./method-rows.ts";
import { MEASURED_ROWS, marginRows, shareRows } from "./selection-rows.ts";
import { equalTo, pool, SELECTIONS, selected, selectedAs, swappedName } from "./view-pools.ts";
import { OTHER, storeNamed, type ViewStoreChoice } from "./view-stores.ts";
import { type Group, roundsOf, type Setting, viewsOf } from "./view-sweeps.ts";

export function variantsOf(group: Group, setting: Setting): Variant[] {
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

export function variant(
  { options }: Setting,
  name: string,
  group: Group,
  description: string,
  overrides: Overrides,
): Variant {
  return { name, group, description, overrides, evaluations: usualEvaluations(options) };
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
