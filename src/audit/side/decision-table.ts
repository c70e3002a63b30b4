// The decision table of one feature, learnt from a whole split: what gives a label away, and how well it does on another split.
import { counted } from "../../base/counted.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import { countLabels, FOLDS, type Instances } from "./contingency.ts";
import type { MeasuredSplit } from "./measured-split.ts";
import type { FeaturePower, Predictability } from "./predictability.ts";
import type { Target } from "./targets.ts";
import { WORD_BINS, wordBins } from "./word-table.ts";

/** Instances from which a bin without exception is worth mentioning. */
const MIN_PURE = 20;

/** Values of a feature that a sentence names. */
const NAMED = 4;

/** Counts of labels by value of a feature, in words that can be looked up in another split. */
export class DecisionTable {
  readonly #instances: Instances;
  readonly #bin: Uint16Array;
  readonly #names: readonly string[];
  readonly #counts: Float64Array;

  private constructor(instances: Instances, bin: Uint16Array, names: readonly string[]) {
    this.#instances = instances;
    this.#bin = bin;
    this.#names = names;
    this.#counts = sum(countLabels(instances, bin, Math.max(names.length, WORD_BINS)));
  }

  /** Learns from all instances. */
  static learn(predictability: Predictability, column: number, instances: Instances): DecisionTable {
    const bins = predictability.bins(column);
    if (bins !== undefined) return new DecisionTable(instances, bins.of, bins.names);
    const { names } = predictability.columns[column]!; // an index of columns
    const { of, keys } = predictability.wordBins(column, instances, -1);
    return new DecisionTable(
      instances,
      of,
      keys.map((key) => wordKey(key, names)),
    );
  }

  /** For each instance: 1 if the table of the other folds is right where the commonest answer is wrong, -1 for the reverse, else 0. */
  static gains(predictability: Predictability, power: FeaturePower, instances: Instances): Int8Array {
    const { count, slot, label, fold, labels } = instances;
    const totals = new Float64Array(labels);
    for (let i = 0; i < count; i++) totals[label[i]!]!++;
    const major = totals.indexOf(Math.max(...totals));
    const gains = new Int8Array(count);
    const plain = predictability.bins(power.column);
    for (let of = 0; of < FOLDS; of++) {
      const bin = plain?.of ?? predictability.wordBins(power.column, instances, of).of;
      const held = countLabels(instances, bin, Math.max(plain?.names.length ?? 0, WORD_BINS));
      const training = sum(held.filter((_, i) => i !== of));
      for (let i = 0; i < count; i++) {
        if (fold[i] !== of) continue;
        const row = training.subarray(bin[slot[i]!]! * labels, (bin[slot[i]!]! + 1) * labels);
        gains[i] = gainOf(row, label[i]!, power.question, totals, major, count);
      }
    }
    return gains;
  }

  /** Documents whose value tells the question's rarer answer, in the order of slots. */
  tellingRows(question: number): number[] {
    const { count, slot, label, labels } = this.#instances;
    const totals = new Float64Array(labels);
    for (let i = 0; i < count; i++) totals[label[i]!]!++;
    const usual = totals.indexOf(Math.max(...totals));
    const rows = new Set<number>();
    for (let i = 0; i < count; i++) {
      const row = this.#row(this.#bin[slot[i]!]!);
      const best = row.indexOf(Math.max(...row));
      if (
        best === usual ||
        best !== label[i] ||
        (question >= 0 && labels > 2 && usual !== question && best !== question)
      )
        continue;
      rows.add(slot[i]!);
    }
    return [...rows];
  }

  /** A sentence on the values with which a label never or always occurs. */
  pureBins({ name, labels }: Target, question: number): string[] {
    const asked = question === -1 ? this.#commonest() : question;
    const never: string[] = [];
    let instances = 0;
    for (const [bin, value] of this.#names.entries()) {
      const row = this.#row(bin);
      const all = row.reduce((total, one) => total + one, 0);
      if (all < MIN_PURE || row[asked] !== 0) continue;
      never.push(value);
      instances += all;
    }
    if (never.length === 0) return [];
    const shown = never
      .slice(0, NAMED)
      .map((value) => JSON.stringify(value))
      .join(", ");
    const rest = never.length > NAMED ? ` and ${counted(never.length - NAMED, "other value")}` : "";
    const what = name.startsWith("has ")
      ? `"${name}" is never ${labels[asked]}`
      : `the ${name} is never ${labels[asked]}`;
    return [`With ${shown}${rest} (${instances.toLocaleString("en")}) ${what}.`];
  }

  /** A sentence on the table of the first split's score in another split. */
  transfer(feature: string, target: Target, from: MeasuredSplit, to: MeasuredSplit): string[] {
    const column = to.predictability.columns.findIndex(({ name }) => name === feature);
    const other = to.predictability.targets.findIndex(({ name }) => name === target.name);
    const all = to.predictability.targets[other];
    if (column === -1 || all === undefined) return [];
    const instances = to.predictability.instances(other);
    const answers = this.#answersFor(from, to, feature, column);
    let [right, predicted, gold, both] = [0, 0, 0, 0];
    for (let i = 0; i < instances.count; i++) {
      const answer = target.labels[answers(instances.slot[i]!)];
      const label = all.labels[instances.label[i]!];
      if (answer === label) right++;
      if (answer !== NONE_LABEL) predicted++;
      if (label !== NONE_LABEL) gold++;
      if (answer === label && label !== NONE_LABEL) both++;
    }
    const f1 =
      target.name === "relation"
        ? ` and ${((200 * both) / Math.max(1, predicted + gold)).toFixed(1)} micro-F1 without ${NONE_LABEL}`
        : "";
    return [
      `A table from it alone, made on ${from.split}, has ${((100 * right) / instances.count).toFixed(1)} % accuracy${f1} on ${to.split}.`,
    ];
  }

  /** The answer of the table for each document of another split: label indices of this one's. */
  #answersFor(
    from: MeasuredSplit,
    to: MeasuredSplit,
    feature: string,
    column: number,
  ): (slot: number) => number {
    const own = from.predictability.columns.find(({ name }) => name === feature);
    const usual = this.#commonest();
    const answerOf = (bin: number | undefined) => {
      if (bin === undefined) return usual;
      const row = this.#row(bin);
      const most = Math.max(...row);
      return most === 0 || row[usual] === most ? usual : row.indexOf(most);
    };
    const there = to.predictability.columns[column]!; // found
    if (own?.kind === "words") {
      const instances = this.#instances;
      const at = from.predictability.columns.indexOf(own);
      const chosen = new Set(from.predictability.words(at, instances, -1).map((word) => own.names[word]));
      const theirs = there.names.flatMap((name, i) => (chosen.has(name) ? [i] : []));
      const { of, keys } = wordBins(there.words, theirs);
      const names = keys.map((key) => wordKey(key, there.names));
      return (slot) => answerOf(this.#binNamed(names[of[slot]!]));
    }
    const theirs = to.predictability.bins(column);
    return (slot) => answerOf(this.#binNamed(theirs?.names[theirs.of[slot]!]));
  }

  #binNamed(name: string | undefined): number | undefined {
    const at = name === undefined ? -1 : this.#names.indexOf(name);
    return at === -1 ? undefined : at;
  }

  #row(bin: number): Float64Array {
    return this.#counts.subarray(bin * this.#instances.labels, (bin + 1) * this.#instances.labels);
  }

  #commonest(): number {
    const totals = new Float64Array(this.#instances.labels);
    for (let i = 0; i < this.#counts.length; i++) totals[i % totals.length]! += this.#counts[i]!;
    return totals.indexOf(Math.max(...totals));
  }
}

function gainOf(
  row: Float64Array,
  label: number,
  question: number,
  totals: Float64Array,
  major: number,
  count: number,
): number {
  const all = row.reduce((total, one) => total + one, 0);
  if (all < 3) return 0;
  if (question === -1 || totals.length === 2) {
    const best = row[major] === Math.max(...row) ? major : row.indexOf(Math.max(...row));
    return best === major ? 0 : Number(best === label) - Number(major === label);
  }
  const usual = totals[question]! * 2 > count;
  const answer = row[question]! * 2 === all ? usual : row[question]! * 2 > all;
  return answer === usual
    ? 0
    : Number(answer === (label === question)) - Number(usual === (label === question));
}

function wordKey(key: readonly number[], names: readonly string[]): string {
  return key.length === 0 ? "none of its words" : key.map((word) => names[word]).join(" ");
}

function sum(counts: readonly Float64Array[]): Float64Array {
  const total = new Float64Array(counts[0]?.length ?? 0);
  for (const one of counts) for (let i = 0; i < total.length; i++) total[i]! += one[i]!;
  return total;
}
