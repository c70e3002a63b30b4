// Drift and diversity of a whole store, instance by instance, in constant memory.
//
// Texts and captioned pictures are compared as texts, pictures with pixels as pictures. If the real view is
// of the other modality, the first view of a chain is the origin.

import { SynthesisError } from "../../base/errors.ts";
import { inChunks } from "../../base/in-chunks.ts";
import { parseCaptionedPicture } from "../generators/captioned-picture.ts";
import { CAPTIONED_PICTURE } from "../generators/generator.ts";
import { storeLayout } from "../store/layout.ts";
import type { ContentRow, LedgerRow } from "../store/ledger-row.ts";
import { getObject } from "../store/object-store.ts";
import type { ViewStore } from "../store/open-store.ts";
import { readLedger } from "../store/read-ledger.ts";
import { distinctN, meanPairwiseDistance, vendiScore } from "./diversity.ts";
import { type DriftStep, SemanticDrift } from "./drift.ts";
import { Moments, type Summary } from "./moments.ts";

/** Embedding space: words or pixels. */
export type MeasureSpace = "words" | "pixels";

export interface MeasureSources {
  /** Embeddings of texts, in order. */
  readonly embedTexts: (texts: readonly string[]) => Promise<readonly Float32Array[]>;
  /**
   * Embedding of a picture file's bytes; undefined if it cannot be decoded. Absent: pixels are not
   * measured.
   */
  readonly embedPicture?: ((bytes: Uint8Array) => Promise<Float32Array | undefined>) | undefined;
  /** The real picture with this SHA-256, if pictures are real. */
  readonly realPicture?: ((hash: string) => Promise<Uint8Array | undefined>) | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

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
  readonly meanPairwiseDistance: Summary;
  /** Effective number of views. */
  readonly vendi: Summary;
  /** Share of distinct words and word pairs; texts and captions only. */
  readonly distinct1?: Summary;
  readonly distinct2?: Summary;
}

export interface StoreMeasures {
  readonly instances: number;
  /** Counts of candidate and intermediate views by outcome. */
  readonly views: { readonly measured: number; readonly rejected: number; readonly notMeasured: number };
  readonly drift: readonly DriftCurve[];
  readonly diversity: readonly DiversityRow[];
}

/** Instances whose texts are embedded together. */
const INSTANCES_AT_ONCE = 64;

/** A view or a real view with its embedding. */
interface Embedded {
  readonly space: MeasureSpace;
  readonly vector: Float32Array;
  readonly words: string | undefined;
}

/** Content to embed. */
type Content = { readonly words: string } | { readonly pixels: Uint8Array };

/**
 * Measures the accepted views of a complete store.
 *
 * @throws SynthesisError `synthesis/damaged-store`, `synthesis/nothing-to-measure` if no view could be embedded
 */
export async function measureStore(store: ViewStore, sources: MeasureSources): Promise<StoreMeasures> {
  const { folder, direction, manifest } = store;
  const account = new Account();
  let done = 0;
  for await (const instances of inChunks(instancesOf(storeLayout(folder).ledger), INSTANCES_AT_ONCE)) {
    sources.signal?.throwIfAborted();
    const rows = instances.flat().filter((row) => row.state === "generated");
    const origins = instances.map((group) => group.find((row) => "request" in row && row.step === 1));
    const real = await Promise.all(
      origins.map((row) =>
        row === undefined || !("request" in row)
          ? undefined
          : realContent(folder, direction, row.request, sources),
      ),
    );
    const contents = await Promise.all(rows.map((row) => contentOf(folder, row)));
    const embedded = await embed([...real, ...contents], sources);
    let next = instances.length;
    instances.forEach((group, i) => {
      const views = group.flatMap((row) =>
        row.state === "generated" ? [{ row, embedded: embedded[next++] }] : [],
      );
      account.add(embedded[i], views);
      account.rejected += group.filter(({ state }) => state === "rejected").length;
    });
    done += instances.length;
    sources.onProgress?.(done, manifest.instances);
  }
  return account.result(done, folder);
}

async function* instancesOf(ledger: string): AsyncGenerator<LedgerRow[]> {
  let group: LedgerRow[] = [];
  for await (const row of readLedger(ledger)) {
    if (group.length > 0 && group[0]!.instance !== row.instance) {
      yield group;
      group = [];
    }
    group.push(row);
  }
  if (group.length > 0) yield group;
}

async function realContent(
  folder: string,
  direction: ViewStore["direction"],
  hash: string,
  { realPicture }: MeasureSources,
): Promise<Content | undefined> {
  if (direction === "text") return { words: new TextDecoder().decode(await getObject(folder, hash)) };
  const pixels = await realPicture?.(hash);
  return pixels && { pixels };
}

async function contentOf(folder: string, row: ContentRow): Promise<Content> {
  if (row.kind === "text" && row.text !== undefined) return { words: row.text };
  const bytes = await getObject(folder, row.content);
  if (row.kind === "text") return { words: new TextDecoder().decode(bytes) };
  return row.mediaType === CAPTIONED_PICTURE
    ? { words: parseCaptionedPicture(bytes).caption }
    : { pixels: bytes };
}

async function embed(
  contents: readonly (Content | undefined)[],
  { embedTexts, embedPicture }: MeasureSources,
): Promise<readonly (Embedded | undefined)[]> {
  const texts = contents.flatMap((content) => (content && "words" in content ? [content.words] : []));
  const vectors = await embedTexts(texts);
  let next = 0;
  const embedded: (Embedded | undefined)[] = [];
  for (const content of contents) {
    if (content === undefined) embedded.push(undefined);
    else if ("words" in content)
      embedded.push({ space: "words", vector: vectors[next++]!, words: content.words });
    else {
      const vector = await embedPicture?.(content.pixels);
      embedded.push(vector && { space: "pixels", vector, words: undefined });
    }
  }
  return embedded;
}

interface EmbeddedView {
  readonly row: ContentRow;
  readonly embedded: Embedded | undefined;
}

/** Accumulates measures over instances. */
class Account {
  rejected = 0;
  #measured = 0;
  #notMeasured = 0;
  readonly #drift = new Map<
    string,
    { readonly about: Omit<DriftCurve, "steps">; readonly drift: SemanticDrift }
  >();
  readonly #diversity = new Map<string, DiversityMoments>();

  add(real: Embedded | undefined, views: readonly EmbeddedView[]): void {
    const firsts = new Map<string, Embedded>(); // by chain and space
    const candidates = new Map<
      string,
      { about: Pick<DiversityRow, "kind" | "space">; views: EmbeddedView[] }
    >();
    for (const view of views) {
      const { row, embedded } = view;
      if (embedded === undefined) {
        this.#notMeasured++;
        continue;
      }
      this.#measured++;
      const { kind, chain, step } = row;
      const { space } = embedded;
      const place = `${chain}/${space}`;
      const first = firsts.get(place);
      if (first === undefined) firsts.set(place, embedded);
      if (real?.space === space) this.#addDrift({ kind, space, origin: "real" }, step, real, embedded);
      else if (first) this.#addDrift({ kind, space, origin: "first" }, step, first, embedded);
      if (step % 2 === 0) continue;
      const group = candidates.get(space) ?? { about: { kind, space }, views: [] };
      candidates.set(space, group);
      group.views.push(view);
    }
    for (const { about, views: all } of candidates.values()) {
      this.#addDiversity({ ...about, round: "all" }, all);
      for (const [round, some] of byRound(all)) this.#addDiversity({ ...about, round }, some);
    }
  }

  #addDrift(about: Omit<DriftCurve, "steps">, step: number, origin: Embedded, view: Embedded): void {
    const key = JSON.stringify(about);
    const entry = this.#drift.get(key) ?? { about, drift: new SemanticDrift() };
    this.#drift.set(key, entry);
    entry.drift.add(step, origin.vector, view.vector);
  }

  #addDiversity(about: Pick<DiversityRow, "kind" | "space" | "round">, views: readonly EmbeddedView[]): void {
    if (views.length < 2) return;
    const key = JSON.stringify(about);
    const moments = this.#diversity.get(key) ?? new DiversityMoments(about);
    this.#diversity.set(key, moments);
    moments.add(views.flatMap(({ embedded }) => (embedded ? [embedded] : [])));
  }

  result(instances: number, folder: string): StoreMeasures {
    if (this.#measured === 0) throw nothingToMeasure(folder, this.#notMeasured);
    const order = (round: number | "all") => (round === "all" ? Number.POSITIVE_INFINITY : round);
    return {
      instances,
      views: { measured: this.#measured, rejected: this.rejected, notMeasured: this.#notMeasured },
      drift: [...this.#drift.values()].map(({ about, drift }) => ({ ...about, steps: drift.steps() })),
      diversity: [...this.#diversity.values()]
        .map((moments) => moments.row())
        .sort((a, b) => (a.space < b.space ? 1 : a.space > b.space ? -1 : order(a.round) - order(b.round))),
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
class DiversityMoments {
  readonly #about: Pick<DiversityRow, "kind" | "space" | "round">;
  readonly #views = new Moments();
  readonly #distance = new Moments();
  readonly #vendi = new Moments();
  readonly #distinct = [new Moments(), new Moments()] as const;

  constructor(about: Pick<DiversityRow, "kind" | "space" | "round">) {
    this.#about = about;
  }

  /** Two or more views of one instance. */
  add(views: readonly Embedded[]): void {
    const vectors = views.map(({ vector }) => vector);
    this.#views.add(views.length);
    this.#distance.add(meanPairwiseDistance(vectors)!); // two or more
    this.#vendi.add(vendiScore(vectors)!);
    const texts = views.flatMap(({ words }) => (words === undefined ? [] : [words]));
    this.#distinct.forEach((moments, i) => {
      const share = distinctN(texts, i + 1);
      if (share !== undefined) moments.add(share);
    });
  }

  row(): DiversityRow {
    const [distinct1, distinct2] = this.#distinct;
    const isWords = this.#about.space === "words";
    return {
      ...this.#about,
      views: this.#views.summary(),
      meanPairwiseDistance: this.#distance.summary(),
      vendi: this.#vendi.summary(),
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
