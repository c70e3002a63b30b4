// Reads a store instance by instance and embeds what it holds: real views and accepted generated ones.

import { inChunks } from "../../base/in-chunks.ts";
import { parseCaptionedPicture } from "../generators/captioned-picture.ts";
import { CAPTIONED_PICTURE } from "../generators/generator.ts";
import { ContentReader } from "../store/content-reader.ts";
import { storeLayout } from "../store/layout.ts";
import type { ContentRow, LedgerRow } from "../store/ledger-row.ts";
import type { ViewStore } from "../store/open-store.ts";
import { readLedger } from "../store/read-ledger.ts";
import { type Centre, CentreOf, centred } from "./centring.ts";
import type { Sample } from "./shift.ts";

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
  /** A space of texts and pictures, to compare one with the other. Absent: words are not compared with pixels. */
  readonly joint?: JointSpace | undefined;
  /** Real views of the modality that is generated, to compare the generated ones with. */
  readonly second?: (Sample & { readonly space: MeasureSpace }) | undefined;
  /** False: compare embeddings as they are. Default: less the mean of their space. */
  readonly centre?: boolean | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Embeddings of texts and pictures that can be compared with each other, as of CLIP. */
export interface JointSpace {
  readonly embedTexts: (texts: readonly string[]) => Promise<readonly Float32Array[]>;
  readonly embedPicture: (bytes: Uint8Array) => Promise<Float32Array | undefined>;
}

/** A view or a real view with its embedding. */
export interface Embedded {
  readonly space: MeasureSpace;
  readonly vector: Float32Array;
  /** Its embedding in the joint space, if there is one; never centred. */
  readonly joint: Float32Array | undefined;
  readonly words: string | undefined;
}

export interface EmbeddedView {
  readonly row: ContentRow;
  /** Undefined if there is no encoder for it, or its picture cannot be decoded. */
  readonly embedded: Embedded | undefined;
}

/** The accepted views of one instance. */
export interface EmbeddedInstance {
  /** Place in the store's order. */
  readonly index: number;
  /** SHA-256 of the real view; instances that share it depend on each other. */
  readonly origin: string;
  readonly real: Embedded | undefined;
  readonly views: readonly EmbeddedView[];
  readonly rejected: number;
}

/** Instances whose texts are embedded together. */
const INSTANCES_AT_ONCE = 64;
/** Instances whose embeddings are kept in memory: 150 MB for 24 views each of 768 numbers. */
const MOST_SAMPLED = 2048;

/** Content to embed. */
type Content = { readonly words: string } | { readonly pixels: Uint8Array };

/** Evenly spaced instances, all of a small store, and the means of their embeddings. */
export interface StoreSample {
  readonly instances: ReadonlyMap<number, EmbeddedInstance>;
  readonly centres: ReadonlyMap<MeasureSpace, Centre>;
}

/** Embeds the sample, whose vectors are centred if `centre` says so. `total` is the store's number of instances. */
export async function sampleStore(store: ViewStore, sources: MeasureSources): Promise<StoreSample> {
  const every = Math.max(1, Math.ceil(store.manifest.instances / MOST_SAMPLED));
  const sampled: EmbeddedInstance[] = [];
  for await (const some of embeddedInstances(store, sources, (index) => index % every === 0)) {
    sampled.push(...some);
    sources.onProgress?.(sampled.length, store.manifest.instances);
  }
  const centres = sources.centre === false ? new Map<MeasureSpace, Centre>() : centresOf(sampled);
  return {
    instances: new Map(sampled.map((instance) => [instance.index, centredInstance(instance, centres)])),
    centres,
  };
}

function centresOf(instances: readonly EmbeddedInstance[]): Map<MeasureSpace, Centre> {
  const sums = new Map<MeasureSpace, CentreOf>();
  for (const { real, views } of instances) {
    for (const embedded of [real, ...views.map((view) => view.embedded)]) {
      if (embedded === undefined) continue;
      const sum = sums.get(embedded.space) ?? new CentreOf();
      sums.set(embedded.space, sum);
      sum.add(embedded.vector);
    }
  }
  return new Map(
    [...sums].flatMap(([space, sum]) => {
      const centre = sum.centre();
      return centre === undefined ? [] : [[space, centre] as const];
    }),
  );
}

/** The same instance with centred embeddings. */
export function centredInstance(
  instance: EmbeddedInstance,
  centres: ReadonlyMap<MeasureSpace, Centre>,
): EmbeddedInstance {
  const moved = (one: Embedded | undefined) =>
    one && { ...one, vector: centred(one.vector, centres.get(one.space)) };
  return {
    ...instance,
    real: moved(instance.real),
    views: instance.views.map(({ row, embedded }) => ({ row, embedded: moved(embedded) })),
  };
}

/** The wanted instances in the store's order, some at a time; those without any made call are left out. */
export async function* embeddedInstances(
  { folder, direction }: ViewStore,
  sources: MeasureSources,
  wanted: (index: number) => boolean,
): AsyncGenerator<readonly EmbeddedInstance[]> {
  await using store = await ContentReader.open(folder);
  for await (const groups of inChunks(
    wantedInstances(storeLayout(folder).ledger, wanted),
    INSTANCES_AT_ONCE,
  )) {
    sources.signal?.throwIfAborted();
    const origins = groups.map(({ rows }) => originOf(rows));
    const accepted = groups.map(({ rows }) => rows.filter((row) => row.state === "generated"));
    const real = await Promise.all(origins.map((origin) => realContent(store, direction, origin, sources)));
    const contents = await Promise.all(accepted.flat().map((row) => contentOf(store, row)));
    const embedded = await embed([...real, ...contents], sources);
    let next = groups.length;
    yield groups.map(({ index, rows }, i) => ({
      index,
      origin: origins[i] ?? `instance ${index}`,
      real: embedded[i],
      views: accepted[i]!.map((row) => ({ row, embedded: embedded[next++] })), // one list per group
      rejected: rows.filter(({ state }) => state === "rejected").length,
    }));
  }
}

interface InstanceRows {
  readonly index: number;
  readonly rows: LedgerRow[];
}

async function* wantedInstances(
  ledger: string,
  wanted: (index: number) => boolean,
): AsyncGenerator<InstanceRows> {
  let index = 0;
  let rows: LedgerRow[] = [];
  for await (const row of readLedger(ledger)) {
    if (rows.length > 0 && rows[0]!.instance !== row.instance) {
      if (wanted(index)) yield { index, rows };
      index++;
      rows = [];
    }
    rows.push(row);
  }
  if (rows.length > 0 && wanted(index)) yield { index, rows };
}

/** SHA-256 of the real view: the input of a first call. */
function originOf(rows: readonly LedgerRow[]): string | undefined {
  for (const row of rows) if ("request" in row && row.step === 1) return row.request;
  return undefined;
}

async function realContent(
  store: ContentReader,
  direction: ViewStore["direction"],
  hash: string | undefined,
  { realPicture }: MeasureSources,
): Promise<Content | undefined> {
  if (hash === undefined) return undefined;
  if (direction === "text") return { words: new TextDecoder().decode(await store.get(hash)) };
  const pixels = await realPicture?.(hash);
  return pixels && { pixels };
}

async function contentOf(store: ContentReader, row: ContentRow): Promise<Content> {
  if (row.kind === "text" && row.text !== undefined) return { words: row.text };
  const bytes = await store.get(row.content);
  if (row.kind === "text") return { words: new TextDecoder().decode(bytes) };
  return row.mediaType === CAPTIONED_PICTURE
    ? { words: parseCaptionedPicture(bytes).caption }
    : { pixels: bytes };
}

async function embed(
  contents: readonly (Content | undefined)[],
  { embedTexts, embedPicture, joint }: MeasureSources,
): Promise<readonly (Embedded | undefined)[]> {
  const texts = contents.flatMap((content) => (content && "words" in content ? [content.words] : []));
  const vectors = await embedTexts(texts);
  const joined = await joint?.embedTexts(texts);
  let next = 0;
  const embedded: (Embedded | undefined)[] = [];
  for (const content of contents) {
    if (content === undefined) embedded.push(undefined);
    else if ("words" in content) {
      const { words } = content;
      embedded.push({ space: "words", vector: vectors[next]!, joint: joined?.[next], words });
      next++;
    } else {
      const vector = await embedPicture?.(content.pixels);
      const same = joint?.embedPicture === embedPicture;
      const beside = vector && !same ? await joint?.embedPicture(content.pixels) : vector;
      embedded.push(
        vector && { space: "pixels", vector, joint: joint ? beside : undefined, words: undefined },
      );
    }
  }
  return embedded;
}
