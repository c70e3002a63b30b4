// Whether labels can be learnt and scored: one that dominates, rare ones, ones that only one split has, and shares that differ between splits.

import { counted } from "../../base/counted.ts";
import { someOf } from "../../base/some-of.ts";
import { wilsonInterval } from "../../evaluation/wilson.ts";
import type { AuditedFile, Check, CheckEntry, SeenDocument } from "../check.ts";
import type { Finding } from "../finding.ts";
import { MAX_ROWS } from "../finding.ts";
import { driftOf } from "./drift.ts";
import { KINDS, KindCounts } from "./label-counts.ts";

/** The balance of labels. */
export const labelBalance: CheckEntry = {
  name: "label-balance",
  about: "labels that dominate, are rare, are in one split only, or differ in their shares between splits",
  create: ({ files, seed }) => new LabelBalance(files, seed),
};

/** Share of the commonest label from which a majority answer looks like a result. */
const DOMINANT = 0.5;
const OVERWHELMING = 0.9;
/** Examples below which a label is hardly learnt: less than one for each fold of ten. */
const LEAST_LEARNT = 10;
/** Cases below which a recall of one half has an interval wider than 20 points to both sides (Wilson). */
const LEAST_SCORED = 20;
/** Of drift: the distance from which scores are affected, and the p value for all comparisons together. */
const MUCH_DRIFT = 0.05;
const LEVEL = 0.01;
const NAMES_SHOWN = 6;
/** Share of scored annotations from which a label that cannot be learnt costs half a point. */
const ERROR_SHARE = 0.01;

class LabelBalance implements Check {
  readonly #kinds = KINDS.map((kind) => new KindCounts(kind));
  readonly #files: readonly AuditedFile[];
  readonly #seed: number;
  readonly #said: string[] = [];

  constructor(files: readonly AuditedFile[], seed: number) {
    this.#files = files;
    this.#seed = seed;
  }

  see(seen: SeenDocument): void {
    const { entities, relations, category } = seen.document;
    const labels = [entities, relations, category === undefined ? [] : [category]];
    for (const [i, kind] of this.#kinds.entries())
      kind.see(
        (labels[i] ?? []).map(({ label }) => label),
        seen,
      );
  }

  findings(): Finding[] {
    const pairs = comparedSplits(this.#files);
    const tests = pairs.length * this.#kinds.filter(({ splits }) => splits.size > 1).length;
    return this.#kinds.flatMap((kind) => [
      ...this.#files.flatMap((file) => [...dominant(kind, file), ...rare(kind, file)]),
      ...pairs.flatMap(([first, second]) => [
        ...unseen(kind, first, second),
        ...this.#drift(kind, first, second, LEVEL / Math.max(1, tests)),
      ]),
    ]);
  }

  account(): readonly string[] {
    return this.#said;
  }

  #drift(kind: KindCounts, first: AuditedFile, second: AuditedFile, level: number): Finding[] {
    if (!kind.splits.has(first.split) || !kind.splits.has(second.split)) return [];
    const name = `${first.split} / ${second.split}`;
    if (kind.combinations === undefined) {
      this.#said.push(`The ${kind.kind} labels of ${name} were not tested for drift: too many combinations.`);
      return [];
    }
    const combinations = [...kind.combinations].flatMap(([key, counts]) => {
      const [a, b] = [counts.get(first.split) ?? 0, counts.get(second.split) ?? 0];
      return a + b === 0 ? [] : [{ labels: JSON.parse(key) as string[], first: a, second: b }];
    });
    if (new Set(combinations.flatMap(({ labels }) => labels)).size < 2) return [];
    const { distance, byChance, pValue, label, shares } = driftOf(combinations, this.#seed);
    const numbers = `${points(distance)} points (${points(byChance)} by chance, p ${pValue < 0.01 ? "< 0.01" : `= ${pValue.toFixed(2)}`})`;
    this.#said.push(`Shares of ${kind.kind} labels of ${name} differ by ${numbers}.`);
    if (pValue > Math.max(level, 1 / 400) || distance < 2 * byChance) return []; // 500 deals show no smaller p
    return [
      {
        code: "balance/label-drift",
        severity: distance >= MUCH_DRIFT ? "warning" : "note",
        feature: `${kind.kind} labels`,
        split: name,
        strength: distance,
        interval: null,
        rows: [],
        sentence: `The shares of ${kind.kind} labels in ${first.split} and ${second.split} differ by ${numbers}, most for ${label}: ${percent(shares[0])} and ${percent(shares[1])}.`,
        remedy:
          "Split again at random (`relata import --split`) if both should be alike. If not, say so beside the score, and choose thresholds on data like those to be read.",
      },
    ];
  }
}

/** Training against each scored split; without a training split all pairs. */
function comparedSplits(files: readonly AuditedFile[]): [AuditedFile, AuditedFile][] {
  const training = files.filter(({ role }) => role === "train");
  const pairs = files.flatMap((first, i) =>
    files.slice(i + 1).map((second): [AuditedFile, AuditedFile] => [first, second]),
  );
  if (training.length === 0) return pairs;
  return training.flatMap((first) =>
    files
      .filter((second) => second.role !== "train" && datasetOf(second) === datasetOf(first))
      .map((second): [AuditedFile, AuditedFile] => [first, second]),
  );
}

/** With several data sets, split names begin with that of theirs: `mnre/train`. */
function datasetOf({ split }: AuditedFile): string {
  return split.includes("/") ? split.slice(0, split.lastIndexOf("/")) : "";
}

function dominant(kind: KindCounts, { split }: AuditedFile): Finding[] {
  const labels = [...(kind.splits.get(split) ?? [])].sort(([, a], [, b]) => b.count - a.count);
  const [first] = labels;
  if (first === undefined || labels.length < 2) return [];
  const total = kind.total(split);
  const [label, { count }] = first;
  const share = count / total;
  if (share < DOMINANT) return [];
  const interval = wilsonInterval(count, total);
  return [
    {
      code: "balance/dominant-label",
      severity: share >= OVERWHELMING ? "warning" : "note",
      feature: `${kind.kind} labels`,
      split,
      strength: share,
      interval,
      rows: [],
      sentence: `${label} is ${percent(share)} of ${total.toLocaleString("en")} ${kind.plural} in ${split} (95 % interval ${percent(interval[0])} to ${percent(interval[1])}), so answering it always is right that often.`,
      remedy: "Report F1 by label or macro-F1 beside any accuracy, and compare with this share.",
    },
  ];
}

function rare(kind: KindCounts, { split, role }: AuditedFile): Finding[] {
  const labels = [...(kind.splits.get(split) ?? [])].sort(([, a], [, b]) => a.count - b.count);
  if (labels.length < 2) return [];
  const learns = role === "train" || role === "other";
  const least = learns ? LEAST_LEARNT : LEAST_SCORED;
  const few = labels.filter(([, { count }]) => count < least);
  const [rarest] = few;
  if (rarest === undefined) return [];
  const [low, high] = wilsonInterval(rarest[1].count / 2, rarest[1].count);
  const names = listed(few.map(([label, { count }]) => `${label} ${count.toLocaleString("en")}`));
  const has = few.length === 1 ? "has" : "have";
  return [
    {
      code: learns ? "balance/rare-label" : "balance/unscorable-label",
      severity: learns ? "warning" : "note",
      feature: `${kind.kind} labels`,
      split,
      strength: few.length / labels.length,
      interval: null,
      rows: few.flatMap(([, { rows }]) => rows).slice(0, MAX_ROWS),
      sentence: learns
        ? `${few.length} of ${counted(labels.length, `${kind.kind} label`)} of ${split} ${has} fewer than ${least} examples, too few to learn: ${names}.`
        : `${few.length} of ${counted(labels.length, `${kind.kind} label`)} of ${split} ${has} fewer than ${least} cases: a recall of one half on the ${counted(rarest[1].count, "case")} of ${rarest[0]} has the 95 % interval ${percent(low)} to ${percent(high)} (${names}).`,
      remedy: learns
        ? "Annotate more of them, join them with a related label, or leave them out; macro-F1 weighs each as much as the commonest."
        : "Do not compare systems by these labels alone, nor by macro-F1 without an interval; score on more documents.",
    },
  ];
}

/** Labels of a scored split that training lacks, and the other way round. */
function unseen(kind: KindCounts, first: AuditedFile, second: AuditedFile): Finding[] {
  const [here, there] = [kind.splits.get(first.split), kind.splits.get(second.split)];
  if (here === undefined || there === undefined) return [];
  const trains = first.role === "train";
  const total = kind.total(second.split);
  const unlearnt = [...there].filter(([label]) => !here.has(label));
  const unscored = [...here].filter(([label]) => !there.has(label));
  const cases = unlearnt.reduce((sum, [, { count }]) => sum + count, 0);
  const name = `${first.split} / ${second.split}`;
  const findings: Finding[] = [];
  if (unlearnt.length > 0)
    findings.push({
      code: "balance/unlearnt-label",
      severity: trains && cases / total >= ERROR_SHARE ? "error" : "warning",
      feature: `${kind.kind} labels`,
      split: name,
      strength: cases / total,
      interval: null,
      rows: unlearnt.flatMap(([, { rows }]) => rows).slice(0, MAX_ROWS),
      sentence: `${counted(unlearnt.length, `${kind.kind} label`)} of ${second.split} ${unlearnt.length === 1 ? "is" : "are"} not in ${first.split}, ${percent(cases / total)} of its ${kind.plural}${trains ? ", which no model can get right" : ""}: ${listed(unlearnt.map(([label, { count }]) => `${label} ${count.toLocaleString("en")}`))}.`,
      remedy:
        "Split again so that training has every label, or leave these cases out of the score and say so.",
    });
  if (unscored.length > 0)
    findings.push({
      code: "balance/unscored-label",
      severity: "note",
      feature: `${kind.kind} labels`,
      split: name,
      strength: unscored.length / here.size,
      interval: null,
      rows: [],
      sentence: `${unscored.length} of ${counted(here.size, `${kind.kind} label`)} of ${first.split} ${unscored.length === 1 ? "is" : "are"} not in ${second.split}, so nothing is known of how well ${unscored.length === 1 ? "it is" : "they are"} found: ${listed(unscored.map(([label, { count }]) => `${label} ${count.toLocaleString("en")}`))}.`,
      remedy: "Score on documents that have them, or say that the score is not about them.",
    });
  return findings;
}

const listed = (names: readonly string[]): string => someOf(names, NAMES_SHOWN);

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const points = (share: number) => (100 * share).toFixed(1);
