// Counts the pairs of a split without keeping its documents: what `pairSetOf` would add, in two readings of a file.
import { HashedKeys } from "../../base/hashed-keys.ts";
import type { NegativesSetting } from "../../config/negatives.ts";
import type { Document } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import { candidatePairs, MAX_PAIRS } from "./candidate-pairs.ts";
import { byTypesOf, lotOf, type NegativeCounts, type Negatives, questionKeys } from "./negatives.ts";
import { constraintsOfRule, type PairRule, resolveByLabels } from "./pair-rule.ts";
import { type PairAccount, type PairUse, resolvePairs, severalLabelsOf } from "./pair-set.ts";
import { TypePairCounter } from "./type-constraints.ts";

/** The first reading of a file: its labels, the types that its relations join, and the questions that they answer. */
export class PairSurvey {
  readonly labels = new Map<string, number>();
  readonly answered = new HashedKeys();
  severalLabels = 0;
  readonly #types = new Set<string>();
  readonly #pairs = new TypePairCounter();

  see(document: Document): void {
    const { entities, relations } = document;
    for (const { label } of entities) this.#types.add(label);
    if (relations.length === 0) return;
    const keyOf = questionKeys(document);
    for (const { head, tail, label } of relations) {
      this.labels.set(label, (this.labels.get(label) ?? 0) + 1);
      if (label !== NONE_LABEL) this.#pairs.add(entities[head]!.label, entities[tail]!.label, label); // readers refuse relations to entities that do not exist
      this.answered.add(keyOf({ head, tail }));
    }
    this.severalLabels += severalLabelsOf(document);
  }

  /** The rule that training on the file would have. */
  rule(setting: NegativesSetting, seed: number, format: string): PairRule {
    return {
      setting,
      negatives: resolveByLabels(setting, this.labels, format).negatives,
      seed,
      types: [...this.#types].sort(),
      pairs: this.#pairs.pairs(),
    };
  }
}

/** The second reading: counts the pairs that would become "None". A ratio keeps 12 bytes for each candidate, other settings nothing. */
export class PairCounter {
  readonly #survey: PairSurvey;
  readonly #use: PairUse;
  readonly #resolved: ReturnType<typeof resolvePairs>;
  readonly #constraints: ReturnType<typeof constraintsOfRule> | undefined;
  readonly #byTypes = new Map<string, { head: string; tail: string; count: number }>();
  readonly #lots: { readonly lot: number; readonly types: string }[] = [];
  #made = 0;
  #beyondMaxPairs = 0;

  constructor(survey: PairSurvey, format: string, use: PairUse) {
    this.#survey = survey;
    this.#use = use;
    this.#resolved = resolvePairs({ labels: survey.labels, format }, use);
    this.#constraints = this.#negatives === "all" ? undefined : constraintsOfRule(use.rule);
  }

  get #negatives(): Negatives {
    return this.#resolved.negatives;
  }

  /** Whether the file must be read a second time: without a pair to add the account is complete. */
  get needsDocuments(): boolean {
    return this.#negatives !== "none";
  }

  see(document: Document): void {
    const { entities } = document;
    const asked = candidatePairs(entities, MAX_PAIRS, this.#constraints);
    this.#beyondMaxPairs += asked.leftOut;
    if (asked.pairs.length === 0) return;
    const keyOf = questionKeys(document);
    const own = new Set<string>();
    for (const { head, tail } of asked.pairs) {
      const key = keyOf({ head, tail });
      if (own.has(key) || this.#survey.answered.has(key)) continue;
      own.add(key);
      const [a, b] = [entities[head]!.label, entities[tail]!.label]; // candidates are pairs of its entities
      if (typeof this.#negatives === "number") {
        this.#lots.push({ lot: lotOf(this.#use.rule.seed, key), types: JSON.stringify([a, b]) });
      } else this.#count(JSON.stringify([a, b]));
    }
  }

  account(): PairAccount {
    if (typeof this.#negatives === "number") {
      const annotated = this.#survey.labels.get(NONE_LABEL) ?? 0;
      const positives = [...this.#survey.labels.values()].reduce((sum, count) => sum + count, 0) - annotated;
      const wanted = Math.max(0, Math.round(this.#negatives * positives) - annotated);
      this.#lots.sort((a, b) => a.lot - b.lot);
      for (const { types } of this.#lots.splice(0).slice(0, wanted)) this.#count(types);
    }
    const counts: NegativeCounts = {
      made: this.#made,
      byTypes: byTypesOf(this.#byTypes.values()),
      beyondMaxPairs: this.#beyondMaxPairs,
    };
    return { ...counts, ...this.#resolved, unaskable: 0, severalLabels: this.#survey.severalLabels };
  }

  #count(types: string): void {
    this.#made++;
    const entry = this.#byTypes.get(types);
    if (entry) {
      entry.count++;
      return;
    }
    const [head, tail] = JSON.parse(types) as [string, string]; // written above
    this.#byTypes.set(types, { head, tail, count: 1 });
  }
}
