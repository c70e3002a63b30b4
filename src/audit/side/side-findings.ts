// Puts what features tell into findings: one for each source, with its strongest feature, the values that give labels away, and rows.
import type { Finding, Severity } from "../finding.ts";
import { MAX_ROWS } from "../finding.ts";
import type { Instances } from "./contingency.ts";
import { DecisionTable } from "./decision-table.ts";
import { isOfText, sourceOf } from "./document-features.ts";
import type { MeasuredSplit } from "./measured-split.ts";
import type { FeaturePower } from "./predictability.ts";

/** Share of the majority's mistakes from which a feature is worth a finding. */
export const MIN_STRENGTH = 0.05;

/** From which share on it is a warning, and an error. Captions and other honest second views stay below the first. */
const WARNING_STRENGTH = 1 / 3;
const ERROR_STRENGTH = 0.5;

/** Other features of the same source that a sentence names. */
const OTHERS_NAMED = 4;

/** Findings of all splits, each source of features once. */
export function sideFindings(measured: readonly MeasuredSplit[]): Finding[] {
  const groups = new Map<string, { readonly split: MeasuredSplit; readonly powers: FeaturePower[] }[]>();
  for (const split of measured) {
    for (const power of split.powers) {
      if (power.score <= split.bar || power.strength < MIN_STRENGTH) continue;
      const source = sourceOf(nameOf(split, power));
      const group = groups.get(source) ?? [];
      groups.set(source, group);
      const own = group.find((one) => one.split === split);
      if (own === undefined) group.push({ split, powers: [power] });
      else own.powers.push(power);
    }
  }
  return [...groups.values()].map((group) => findingOf(group, measured));
}

/** Of the strongest powers, the one that answers most: a rare label that is told without exception is less than "None" that is. */
function mostTelling(powers: readonly FeaturePower[]): FeaturePower {
  const strongest = Math.max(...powers.map(({ strength }) => strength));
  const [best] = powers
    .filter(({ strength }) => strength >= 0.75 * strongest)
    .sort((a, b) => b.score - a.score) as [FeaturePower]; // the strongest is among them
  return best;
}

function nameOf({ predictability }: MeasuredSplit, { column }: FeaturePower): string {
  return predictability.columns[column]!.name; // powers are of columns
}

function findingOf(
  group: readonly { readonly split: MeasuredSplit; readonly powers: readonly FeaturePower[] }[],
  measured: readonly MeasuredSplit[],
): Finding {
  const [{ split, powers }] = [...group].sort((a, b) => b.split.places.length - a.split.places.length) as [
    (typeof group)[number], // a group has a member
  ];
  const best = mostTelling(powers);
  const feature = nameOf(split, best);
  const { predictability } = split;
  const target = predictability.targets[best.target]!;
  const instances = predictability.instances(best.target);
  const table = DecisionTable.learn(predictability, best.column, instances);
  const asked = questionOf(target, best.question);
  const others = [...new Set(powers.map((power) => nameOf(split, power)))].filter((name) => name !== feature);
  const interval = intervalOf(split, best, instances);
  const severity = severityOf(feature, best.strength);
  return {
    code: "leak/side-feature",
    severity,
    feature,
    split: group.map((one) => one.split.split).join(", "),
    strength: best.strength,
    interval,
    rows: table
      .tellingRows(best.question)
      .slice(0, MAX_ROWS)
      .map((slot) => split.places[slot]!),
    sentence: [
      `${feature} tells ${asked} in ${percent(best.accuracy)} of ${split.split}, where always giving the commonest answer is right in ${percent(best.majority)}: it removes ${percent(best.strength)} of the mistakes (95 % interval ${percent(interval[0])} to ${percent(interval[1])}).`,
      ...table.pureBins(target, best.question),
      ...measured
        .filter((other) => other !== split)
        .flatMap((other) => table.transfer(feature, target, split, other)),
      ...(others.length === 0
        ? []
        : [
            `So do, less well, ${others.slice(0, OTHERS_NAMED).join("; ")}${others.length > OTHERS_NAMED ? ` and ${others.length - OTHERS_NAMED} more features of it` : ""}.`,
          ]),
    ].join(" "),
    remedy: isOfText(feature)
      ? "Look at the texts: a template that gives labels away teaches a model the template."
      : feature === "order in the file"
        ? "Shuffle the rows before anything depends on their order, such as batches, splits by position or running numbers."
        : severity === "note"
          ? `Nothing, if ${sourceOf(feature)} says something about the post, as a caption does. A gain over a system without it may come from how the data were collected.`
          : `Leave ${sourceOf(feature)} out of models, prompts and filters, with everything made from it: counts, masks, order, lengths. Or make it again without looking at the labels.`,
  };
}

function severityOf(feature: string, strength: number): Severity {
  const leaks = !isOfText(feature) && feature !== "order in the file";
  if (strength >= ERROR_STRENGTH && leaks) return "error";
  return strength >= WARNING_STRENGTH ? "warning" : "note";
}

/** "whether relation is None", "relation", "has an entity PER". */
function questionOf(
  { name, labels }: { readonly name: string; readonly labels: readonly string[] },
  question: number,
): string {
  if (question === -1) return `the ${name}`;
  return name.startsWith("has ")
    ? `whether a document ${name}`
    : `whether the ${name} is ${labels[question]}`;
}

/** 95 % interval of the strength, from differences in right answers by cluster of documents. */
function intervalOf(
  { predictability, clusters }: MeasuredSplit,
  power: FeaturePower,
  instances: Instances,
): readonly [number, number] {
  const gains = DecisionTable.gains(predictability, power, instances);
  const sums = new Map<number, number>();
  let total = 0;
  for (let i = 0; i < instances.count; i++) {
    const cluster = clusters[instances.slot[i]!]!;
    sums.set(cluster, (sums.get(cluster) ?? 0) + gains[i]!);
    total += gains[i]!;
  }
  const mean = total / sums.size;
  let squares = 0;
  for (const sum of sums.values()) squares += (sum - mean) ** 2;
  const half = (1.96 * Math.sqrt((squares / Math.max(1, sums.size - 1)) * sums.size)) / instances.count;
  const gain = total / instances.count;
  const scale = 1 - power.majority;
  return [(gain - half) / scale, Math.min(1, (gain + half) / scale)];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
