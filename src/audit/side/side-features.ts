// Labels that can be told from something other than the post: the check of side files, names, fields, order and missing parts.
import { documentClusters } from "../../data/document-clusters.ts";
import { wilsonInterval } from "../../evaluation/wilson.ts";
import type { Check, CheckEntry, CheckSetting, SeenDocument } from "../check.ts";
import type { Finding, RowReference } from "../finding.ts";
import { documentFeatures } from "./document-features.ts";
import { FeatureStore } from "./feature-store.ts";
import type { MeasuredSplit } from "./measured-split.ts";
import { pictureFeatures } from "./picture-facts.ts";
import { NULL_PERMUTATIONS, Predictability } from "./predictability.ts";
import { MIN_STRENGTH, sideFindings } from "./side-findings.ts";
import { type DocumentLabels, labelsOf, targetsOf } from "./targets.ts";

/** Labels that side information tells. */
export const sideFeatures: CheckEntry = {
  name: "side-features",
  about: "labels that can be told from side files, names, fields, order, or what is missing",
  create: (setting) => new SideFeatures(setting),
};

/** The documents of one split that are looked at, by slot. */
interface Sample {
  readonly split: string;
  readonly store: FeatureStore;
  readonly labels: DocumentLabels[];
  readonly posts: { readonly text: string; readonly image?: string }[];
  readonly places: RowReference[];
  seen: number;
}

class SideFeatures implements Check {
  readonly #setting: CheckSetting;
  readonly #samples = new Map<string, Sample>();
  readonly #said: string[] = [];
  #falseAlarms: FalseAlarms | undefined;

  constructor(setting: CheckSetting) {
    this.#setting = setting;
  }

  see(seen: SeenDocument): void {
    const sample = this.#samples.get(seen.split) ?? this.#newSample(seen.split);
    sample.seen++;
    const slot = sample.store.next();
    if (slot === undefined) return;
    const { document, place } = seen;
    sample.labels[slot] = labelsOf(document);
    sample.posts[slot] = {
      text: document.text,
      ...(document.image !== undefined && { image: document.image }),
    };
    sample.places[slot] = place;
    documentFeatures(seen, sample.store.sink(slot));
  }

  #newSample(split: string): Sample {
    const store = new FeatureStore(this.#setting.seed);
    const sample = { split, store, labels: [], posts: [], places: [], seen: 0 };
    this.#samples.set(split, sample);
    return sample;
  }

  async findings(): Promise<Finding[]> {
    const { pictures, seed, permutations, signal, onProgress } = this.#setting;
    const measured: MeasuredSplit[] = [];
    const alarms: number[] = [];
    for (const sample of this.#samples.values()) {
      const { split, store, posts, places } = sample;
      if (pictures !== undefined)
        for (const [slot, { image }] of posts.entries()) {
          signal?.throwIfAborted();
          await pictureFeatures(pictures, image, store.sink(slot));
        }
      const targets = targetsOf(sample.labels);
      const columns = store.columns();
      this.#describe(sample, targets.length, columns.length);
      if (targets.length === 0 || columns.length === 0) continue;
      const clusters = documentClusters(posts);
      const predictability = new Predictability(columns, targets, clusters, signal);
      onProgress?.(`features of ${split}`, 0, NULL_PERMUTATIONS);
      const scores = predictability.nullScores({ count: NULL_PERMUTATIONS, seed }, (done) =>
        onProgress?.(`features of ${split}`, done, NULL_PERMUTATIONS),
      );
      const bar = Math.max(...scores);
      const powers = predictability.measure();
      measured.push({ split, predictability, powers, bar, places, clusters });
      if (permutations > 0)
        for (const [i, score] of predictability
          .nullScores({ count: permutations, seed: seed + 1, strength: MIN_STRENGTH }, (done) =>
            onProgress?.(`permutations of ${split}`, done, permutations),
          )
          .entries())
          alarms[i] = (alarms[i] ?? 0) + Number(score > bar);
    }
    if (permutations > 0 && measured.length > 0) this.#falseAlarms = falseAlarmsOf(alarms);
    return sideFindings(measured);
  }

  #describe({ split, store, seen }: Sample, targets: number, columns: number): void {
    const share = store.size < seen ? ` (a random sample of ${seen.toLocaleString("en")})` : "";
    const left = store.leftOut > 0 ? "; further features were left out" : "";
    this.#said.push(
      `${split}: ${columns.toLocaleString("en")} features against ${targets} kinds of labels in ${store.size.toLocaleString("en")} documents${share}${left}.`,
    );
  }

  account(): string[] {
    const rate = this.#falseAlarms;
    return [
      ...this.#said,
      `A feature is reported if it tells labels better than the best of all features on each of ${NULL_PERMUTATIONS} permutations of the labels, which happens by chance in 1 of ${NULL_PERMUTATIONS + 1} splits, and removes at least ${100 * MIN_STRENGTH} % of the mistakes of always giving the commonest answer.`,
      ...(rate === undefined
        ? []
        : [
            `On ${rate.permutations} further permutations, ${rate.alarms} had a false alarm: ${(100 * rate.rate).toFixed(1)} % (95 % interval ${(100 * rate.interval[0]).toFixed(1)} to ${(100 * rate.interval[1]).toFixed(1)} %).`,
          ]),
    ];
  }

  numbers() {
    return { falseAlarms: this.#falseAlarms ?? null };
  }
}

/** How often an audit of permuted labels reports something. */
interface FalseAlarms {
  readonly permutations: number;
  readonly alarms: number;
  readonly rate: number;
  readonly interval: readonly [number, number];
}

function falseAlarmsOf(alarms: readonly number[]): FalseAlarms {
  const count = alarms.filter((one) => one > 0).length;
  return {
    permutations: alarms.length,
    alarms: count,
    rate: count / alarms.length,
    interval: wilsonInterval(count, alarms.length),
  };
}
