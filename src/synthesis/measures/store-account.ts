// Accumulates drift, diversity and similarity between modalities over the instances of a store.

import { SynthesisError } from "../../base/errors.ts";
import { ClusteredMean, type Estimate } from "./clustered-mean.ts";
import type { Controls } from "./controls.ts";
import { CrossModalSimilarity, type CrossModalStep } from "./cross-modal.ts";
import { distinctN, meanPairwiseDistance, vendiScore } from "./diversity.ts";
import { type DriftStep, SemanticDrift } from "./drift.ts";
import { Moments, type Summary } from "./moments.ts";
import type { ShiftRow } from "./shift-rows.ts";
import type { Embedded, EmbeddedInstance, EmbeddedView, MeasureSpace } from "./store-contents.ts";

/** Distances of views of one modality from their origin. */
export interface DriftCurve {
  readonly kind: "picture" | "text";
  readonly space: MeasureSpace;
  /**
   * `real`: the instance's real view. `first`: the chain's first view in this space, which itself has no
   * distance.
   */
  readonly origin: "real" | "first";
  readonly steps: readonly DriftStep[];
}

/** Diversity of the candidate views of an instance, over the instances that have two or more. */
export interface DiversityRow {
  readonly kind: "picture" | "text";
  readonly space: MeasureSpace;
  /** Views of this round of all chains; `all`: views of all rounds. */
  readonly round: number | "all";
  readonly views: Summary;
  readonly meanPairwiseDistance: Estimate;
  /** Effective number of views. */
  readonly vendi: Estimate;
  /** The same numbers of views of the same rounds, each of another instance: the most that this generator's views can differ. */
  readonly unrelated?: { readonly meanPairwiseDistance: Estimate; readonly vendi: Estimate };
  /** Share of distinct words and word pairs; texts and captions only. */
  readonly distinct1?: Summary;
  readonly distinct2?: Summary;
}

export interface StoreMeasures {
  readonly instances: number;
  /** Counts of candidate and intermediate views by outcome. */
  readonly views: { readonly measured: number; readonly rejected: number; readonly notMeasured: number };
  /** Spaces whose embeddings were compared less their mean; others had one direction, or were to be compared as they are. */
  readonly centred: readonly MeasureSpace[];
  readonly drift: readonly DriftCurve[];
  readonly diversity: readonly DiversityRow[];
  /** Generated views against real ones of their modality, by round, if there are any. */
  readonly shift?: readonly ShiftRow[];
  /** Cosines between texts and pictures, if there is a joint space. */
  readonly crossModal?: readonly CrossModalStep[];
}

type AboutDiversity = Pick<DiversityRow, "kind" | "space" | "round">;

export class StoreAccount {
  #instances = 0;
  #rejected = 0;
  #measured = 0;
  #notMeasured = 0;
  readonly #controls: Controls;
  readonly #drift = new Map<
    string,
    { readonly about: Omit<DriftCurve, "steps">; readonly drift: SemanticDrift }
  >();
  readonly #diversity = new Map<string, DiversityMeans>();
  readonly #crossModal = new CrossModalSimilarity();

  constructor(controls: Controls) {
    this.#controls = controls;
  }

  add(instance: EmbeddedInstance): void {
    this.#instances++;
    this.#rejected += instance.rejected;
    const firsts = new Map<string, Embedded>(); // by chain and space
    const byCall = new Map<string, Embedded>();
    const candidates = new Map<MeasureSpace, { kind: "picture" | "text"; views: EmbeddedView[] }>();
    for (const view of instance.views) {
      const { row, embedded } = view;
      if (embedded === undefined) {
        this.#notMeasured++;
        continue;
      }
      this.#measured++;
      const { space } = embedded;
      const place = `${row.chain}/${space}`;
      this.#addDrift(instance, view, embedded, firsts.get(place));
      if (!firsts.has(place)) firsts.set(place, embedded);
      this.#addCrossModal(instance, view, embedded, byCall);
      byCall.set(row.call, embedded);
      if (row.step % 2 === 0) continue;
      const group = candidates.get(space) ?? { kind: row.kind, views: [] };
      candidates.set(space, group);
      group.views.push(view);
    }
    for (const [space, { kind, views }] of candidates) {
      this.#addDiversity(instance, { kind, space, round: "all" }, views);
      for (const [round, some] of byRound(views)) this.#addDiversity(instance, { kind, space, round }, some);
    }
  }

  #addDrift(
    instance: EmbeddedInstance,
    { row: { kind, step, chain } }: EmbeddedView,
    view: Embedded,
    first: Embedded | undefined,
  ): void {
    const { space } = view;
    const isReal = instance.real?.space === space;
    const origin = isReal ? instance.real : first;
    if (origin === undefined) return;
    const about = { kind, space, origin: isReal ? ("real" as const) : ("first" as const) };
    const key = JSON.stringify(about);
    const entry = this.#drift.get(key) ?? { about, drift: new SemanticDrift() };
    this.#drift.set(key, entry);
    const firstOf = ({ views }: EmbeddedInstance) =>
      views.find((one) => one.embedded?.space === space)?.embedded;
    const unrelated = this.#controls.other(instance, `${key}/${chain}/${step}`, (other) =>
      isReal ? other.real : firstOf(other),
    );
    entry.drift.add({
      step,
      cluster: instance.origin,
      view: view.vector,
      origin: origin.vector,
      unrelated: unrelated?.vector,
    });
  }

  #addCrossModal(
    instance: EmbeddedInstance,
    { row: { kind, step, chain, parent } }: EmbeddedView,
    view: Embedded,
    byCall: ReadonlyMap<string, Embedded>,
  ): void {
    if (view.joint === undefined) return;
    const isOther = (one: Embedded | undefined): one is Embedded & { joint: Float32Array } =>
      one?.joint !== undefined && one.space !== view.space;
    const { real } = instance;
    const pairs = [
      ["real", real],
      ["parent", parent === null ? real : byCall.get(parent)],
    ] as const;
    for (const [origin, other] of pairs) {
      if (!isOther(other)) continue;
      const unrelated = this.#controls.other(instance, `${origin}/${chain}/${step}`, (drawn) => {
        const one =
          origin === "real" || parent === null
            ? drawn.real
            : drawn.views.find((own) => own.row.step === step - 1)?.embedded;
        return isOther(one) ? one : undefined;
      });
      this.#crossModal.add({
        kind,
        origin,
        step,
        cluster: instance.origin,
        view: view.joint,
        other: other.joint,
        unrelated: unrelated?.joint,
      });
    }
  }

  #addDiversity(instance: EmbeddedInstance, about: AboutDiversity, views: readonly EmbeddedView[]): void {
    if (views.length < 2) return;
    const key = JSON.stringify(about);
    const means = this.#diversity.get(key) ?? new DiversityMeans(about);
    this.#diversity.set(key, means);
    const steps = views.map(({ row }) => row.step);
    means.add(
      instance.origin,
      views.flatMap(({ embedded }) => (embedded ? [embedded] : [])),
      this.#controls.group(instance, about.space, steps, key),
    );
  }

  /** @throws SynthesisError `synthesis/nothing-to-measure` if no view could be embedded */
  result(folder: string, centred: readonly MeasureSpace[]): StoreMeasures {
    if (this.#measured === 0) throw nothingToMeasure(folder, this.#notMeasured);
    const order = (round: number | "all") => (round === "all" ? Number.POSITIVE_INFINITY : round);
    const crossModal = this.#crossModal.steps();
    return {
      instances: this.#instances,
      views: { measured: this.#measured, rejected: this.#rejected, notMeasured: this.#notMeasured },
      centred,
      drift: [...this.#drift.values()].map(({ about, drift }) => ({ ...about, steps: drift.steps() })),
      diversity: [...this.#diversity.values()]
        .map((means) => means.row())
        .sort((a, b) => (a.space < b.space ? 1 : a.space > b.space ? -1 : order(a.round) - order(b.round))),
      ...(crossModal.length > 0 ? { crossModal } : {}),
    };
  }
}

function byRound(views: readonly EmbeddedView[]): Map<number, EmbeddedView[]> {
  const rounds = new Map<number, EmbeddedView[]>();
  for (const view of views) {
    const round = Math.ceil(view.row.step / 2);
    rounds.set(round, [...(rounds.get(round) ?? []), view]);
  }
  return rounds;
}

/** Diversity over instances. */
class DiversityMeans {
  readonly #about: AboutDiversity;
  readonly #views = new Moments();
  readonly #distance = new ClusteredMean();
  readonly #vendi = new ClusteredMean();
  readonly #unrelatedDistance = new ClusteredMean();
  readonly #unrelatedVendi = new ClusteredMean();
  readonly #distinct = [new Moments(), new Moments()] as const;

  constructor(about: AboutDiversity) {
    this.#about = about;
  }

  /** Two or more views of one instance, and as many of others. */
  add(cluster: string, views: readonly Embedded[], unrelated: readonly Float32Array[] | undefined): void {
    const vectors = views.map(({ vector }) => vector);
    this.#views.add(views.length);
    this.#distance.add(cluster, meanPairwiseDistance(vectors)!); // two or more
    this.#vendi.add(cluster, vendiScore(vectors)!);
    if (unrelated !== undefined) {
      this.#unrelatedDistance.add(cluster, meanPairwiseDistance(unrelated)!);
      this.#unrelatedVendi.add(cluster, vendiScore(unrelated)!);
    }
    const texts = views.flatMap(({ words }) => (words === undefined ? [] : [words]));
    this.#distinct.forEach((moments, i) => {
      const share = distinctN(texts, i + 1);
      if (share !== undefined) moments.add(share);
    });
  }

  row(): DiversityRow {
    const [distinct1, distinct2] = this.#distinct;
    const isWords = this.#about.space === "words";
    const isControlled = this.#unrelatedVendi.count > 0;
    return {
      ...this.#about,
      views: this.#views.summary(),
      meanPairwiseDistance: this.#distance.result(),
      vendi: this.#vendi.result(),
      ...(isControlled
        ? {
            unrelated: {
              meanPairwiseDistance: this.#unrelatedDistance.result(),
              vendi: this.#unrelatedVendi.result(),
            },
          }
        : {}),
      ...(isWords ? { distinct1: distinct1.summary(), distinct2: distinct2.summary() } : {}),
    };
  }
}

function nothingToMeasure(folder: string, notMeasured: number): SynthesisError {
  return new SynthesisError({
    code: "synthesis/nothing-to-measure",
    message: `no accepted view of ${folder} could be measured; ${notMeasured} are pictures for which no encoder is given, or that cannot be decoded`,
    place: folder,
    value: notMeasured,
    remedy: "Name a picture encoder (--picture-encoder) for views that are pictures.",
  });
}
