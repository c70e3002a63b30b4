// Measures how near a generated view is to the real one: in the real one's modality, by what the view was turned back into, or, with a CLIP
// model, in a space of both.

import { mapConcurrently } from "../../base/concurrently.ts";
import { ConfigError, EncoderError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import { readWholeFile } from "../../base/whole-file.ts";
import { PictureFolder } from "../../data/pictures.ts";
import { decodePicture } from "../../encoders/pictures/decode.ts";
import type { RgbPicture } from "../../encoders/pictures/rgb-picture.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { CAPTIONED_PICTURE } from "../../synthesis/generators/generator.ts";
import { CentreOf, centred } from "../../synthesis/measures/centring.ts";
import { ContentReader } from "../../synthesis/store/content-reader.ts";
import type { PictureView, View } from "../../synthesis/view.ts";
import { isJointSpace, JointSpace } from "../../visual/joint-space.ts";
import type { VisualInput } from "../../visual/visual-channel.ts";
import { openPictureEmbedder, openTextEmbedder } from "../embedding/open-embedders.ts";
import type { StudentSet } from "./prepare-students.ts";
import type { ViewNumber } from "./selection.ts";
import { CONTENTS_AT_ONCE, captionOf, featuresOfPictures, placeOf } from "./store-views.ts";

/** Similarity of a view that cannot be compared: the step that was to turn it back was refused, failed or rejected, or its picture is broken. */
const LEAST = -1;

export interface Similarities {
  /** Cosine, in [-1, 1]. */
  readonly similarityOf: ViewNumber;
  /** Views that cannot be compared; they count as the least similar. */
  readonly withoutCounterpart: number;
}

/** What compares. */
export interface ComparisonOptions {
  readonly runtime: Runtime;
  /** The run's text encoder. */
  readonly encoder: string;
  readonly visual: VisualInput;
  /** Another encoder, a trained model or a CLIP model; absent: the run's own encoders. */
  readonly embedder: string | undefined;
  readonly onPreparation: OnPreparation;
}

/** Embeddings of real views, by instance, and of what stands for generated ones, by view. */
interface Embedded {
  readonly origins: ReadonlyMap<string, Float32Array>;
  readonly counterparts: ReadonlyMap<string, Float32Array>;
  /** Both are of one modality, so that their mean can be taken out. */
  readonly oneModality: boolean;
}

/**
 * Returns cosine similarity by example and view. A picture is compared with a real text by its caption: its own if it has one, otherwise the
 * text that the chain generated from it. A text made from a real text is compared with that. A text made from a picture is compared with a real picture by the picture that the chain generated from it, in the
 * features of the picture encoder. Embeddings are compared less their mean over all that are compared. With a CLIP model, a view is compared
 * with the real view itself (Hessel et al. 2021).
 *
 * @throws ConfigError `config/view-without-counterpart` when chains end with the views, `config/views-without-pixels` for captions with a CLIP
 * model; the codes of the embedder
 */
export async function similarities(
  set: StudentSet,
  real: "text" | "picture",
  options: ComparisonOptions,
): Promise<Similarities> {
  const views = [...set.stored!.byInstance.values()].flat(); // needed only if there is a store
  const { embedder } = options;
  const { origins, counterparts, oneModality } =
    embedder !== undefined && (await isJointSpace(embedder))
      ? await inOneSpace(set, real, views, embedder, options)
      : real === "text"
        ? await byTexts(set, views, options)
        : await byPictures(set, views, options);
  const centre = oneModality ? centreOf([...origins.values(), ...counterparts.values()]) : undefined;
  return {
    similarityOf(example, view) {
      const origin = origins.get(set.instanceOf.get(example)!);
      const made = counterparts.get(view);
      return origin && made ? cosine(centred(origin, centre), centred(made, centre)) : LEAST;
    },
    withoutCounterpart: views.filter(({ id }) => !counterparts.has(id)).length,
  };
}

function centreOf(vectors: readonly Float32Array[]) {
  const sum = new CentreOf();
  for (const vector of vectors) sum.add(vector);
  return sum.centre();
}

async function byTexts(
  set: StudentSet,
  views: readonly View[],
  { runtime, encoder, embedder: named = encoder, onPreparation }: ComparisonOptions,
): Promise<Embedded> {
  const found = await readingContents(views, (contents) =>
    mapConcurrently(views, CONTENTS_AT_ONCE, (view) => textOfView(view, set, contents)),
  );
  const [compared, texts] = presentOf(views, found);
  const documents = set.documents.map(({ text }) => text);
  const embedder = await openTextEmbedder(runtime, named);
  try {
    const rows = await embedder.embed([...documents, ...texts], (done, total) =>
      onPreparation?.({ what: "comparing views", done, total }),
    );
    const row = (i: number) => rows.subarray(i * embedder.width, (i + 1) * embedder.width);
    return {
      origins: new Map(set.documents.map(({ id }, i) => [id, row(i)])),
      counterparts: new Map(compared.map(({ id }, i) => [id, row(documents.length + i)])),
      oneModality: true,
    };
  } finally {
    await embedder.dispose();
  }
}

async function byPictures(
  set: StudentSet,
  views: readonly View[],
  options: ComparisonOptions,
): Promise<Embedded> {
  const { runtime, visual, embedder, onPreparation } = options;
  const [compared, next] = presentOf(
    views,
    views.map((view) => counterpart(view, set) as PictureView | undefined),
  );
  if (embedder !== undefined) {
    const encoder = await openPictureEmbedder(runtime, embedder);
    const embed = async (picture: RgbPicture) => (await encoder.encode(picture)).logits;
    try {
      return {
        origins: await realPictures(set, options, embed),
        counterparts: mapOf(compared, await embedViews(next, embed, onPreparation)),
        oneModality: true,
      };
    } finally {
      await encoder.dispose();
    }
  }
  const features = await featuresOfPictures(next, visual.channel, onPreparation);
  const origins = new Map<string, Float32Array>();
  for (const { id, visual: own } of set.examples) if (own) origins.set(set.instanceOf.get(id)!, own.pooled);
  const pooled = next.map(({ content }) => features.get(content)?.pooled);
  return { origins, counterparts: mapOf(compared, pooled), oneModality: true };
}

/** Views and real views themselves, in a CLIP model's space. */
async function inOneSpace(
  set: StudentSet,
  real: "text" | "picture",
  views: readonly View[],
  place: string,
  options: ComparisonOptions,
): Promise<Embedded> {
  const { runtime, onPreparation } = options;
  if (real === "text") requirePixels(views);
  else if (options.visual.sources.pictures === undefined) throw withoutPictures();
  const space = await JointSpace.open(runtime, place);
  const embedTexts = (texts: readonly string[]) =>
    space.embedTexts(texts, (done, total) => onPreparation?.({ what: "comparing views", done, total }));
  const embedPicture = (picture: RgbPicture) => space.embedPicture(picture);
  try {
    if (real === "picture") {
      const texts = await readingContents(views, (contents) =>
        mapConcurrently(views, CONTENTS_AT_ONCE, (view) => storedText(view, contents)),
      );
      return {
        origins: await realPictures(set, options, embedPicture),
        counterparts: mapOf(views, await embedTexts(texts)),
        oneModality: false,
      };
    }
    const texts = await embedTexts(set.documents.map(({ text }) => text));
    return {
      origins: new Map(set.documents.map(({ id }, i) => [id, texts[i]!])),
      counterparts: mapOf(views, await embedViews(views, embedPicture, onPreparation)),
      oneModality: false,
    };
  } finally {
    await space.dispose();
  }
}

/** The embeddings of the examples' own pictures, by instance. */
async function realPictures(
  set: StudentSet,
  { visual, onPreparation }: ComparisonOptions,
  embed: (picture: RgbPicture) => Promise<Float32Array>,
): Promise<ReadonlyMap<string, Float32Array>> {
  const folder = await PictureFolder.open(visual.sources.pictures!); // real pictures come from a folder
  const images = set.documents.flatMap(({ image, relations }) => relations.map(() => image)); // one example per relation, in order
  const states = images.map((image) => folder.find(image));
  const paths = [...new Set(states.flatMap((state) => (state.state === "found" ? [state.path] : [])))];
  const vectors = await embedDistinct(paths, (path) => readWholeFile(path), embed, onPreparation);
  const byPath = new Map(paths.map((path, i) => [path, vectors[i]]));
  return new Map(
    set.examples.flatMap(({ id }, i) => {
      const state = states[i];
      const vector = state?.state === "found" ? byPath.get(state.path) : undefined;
      return vector === undefined ? [] : [[set.instanceOf.get(id)!, vector] as const];
    }),
  );
}

function embedViews(
  views: readonly View[],
  embed: (picture: RgbPicture) => Promise<Float32Array>,
  onPreparation: OnPreparation,
): Promise<readonly (Float32Array | undefined)[]> {
  const hashes = views.map(({ content }) => content);
  return readingContents(views, (contents) =>
    embedDistinct(hashes, (hash) => contents.get(hash), embed, onPreparation),
  );
}

/** Runs code that reads contents of views, which are all of one store. */
async function readingContents<T>(
  views: readonly View[],
  read: (contents: ContentReader) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const [first] = views;
  if (first === undefined) return [];
  await using contents = await ContentReader.open(first.store);
  return await read(contents);
}

/** Embeds each distinct picture once; undefined for one that cannot be decoded. */
async function embedDistinct(
  names: readonly string[],
  read: (name: string) => Promise<Uint8Array>,
  embed: (picture: RgbPicture) => Promise<Float32Array>,
  onPreparation: OnPreparation,
): Promise<readonly (Float32Array | undefined)[]> {
  const distinct = [...new Set(names)];
  const byName = new Map<string, Float32Array | undefined>();
  for (const name of distinct) {
    byName.set(name, await embedPicture(await read(name), embed));
    onPreparation?.({ what: "encoding pictures", done: byName.size, total: distinct.length });
  }
  return names.map((name) => byName.get(name));
}

async function embedPicture(
  bytes: Uint8Array,
  embed: (picture: RgbPicture) => Promise<Float32Array>,
): Promise<Float32Array | undefined> {
  let picture: RgbPicture;
  try {
    picture = await decodePicture(bytes);
  } catch (error) {
    if (error instanceof EncoderError) return undefined; // counted: it cannot be compared
    throw error;
  }
  return embed(picture);
}

function mapOf(
  views: readonly View[],
  vectors: readonly (Float32Array | undefined)[],
): ReadonlyMap<string, Float32Array> {
  return new Map(
    views.flatMap(({ id }, i) => {
      const vector = vectors[i];
      return vector === undefined ? [] : [[id, vector] as const];
    }),
  );
}

function requirePixels(views: readonly View[]): void {
  const captioned = views.find(({ mediaType }) => mediaType === CAPTIONED_PICTURE);
  if (captioned === undefined) return;
  throw new ConfigError({
    code: "config/views-without-pixels",
    message: `the store represents pictures by captions only, and a CLIP model compares pixels: ${placeOf(captioned)}`,
    place: "synthesis.selection.embedder",
    remedy:
      "Name a text encoder in synthesis.selection.embedder, or leave it out: captions are then compared.",
  });
}

function withoutPictures(): ConfigError {
  return new ConfigError({
    code: "config/no-pictures",
    message: "views are to be compared with the real pictures' pixels, but no picture folder is given",
    place: "synthesis.selection.embedder",
    remedy: "Name the folder of the pictures in data.pictures.",
  });
}

/** Returns the views that have a value, with their values. */
function presentOf<T>(views: readonly View[], found: readonly (T | undefined)[]): readonly [View[], T[]] {
  const pairs = views.flatMap((view, i) => {
    const one = found[i];
    return one === undefined ? [] : [[view, one] as const];
  });
  return [pairs.map(([view]) => view), pairs.map(([, one]) => one)];
}

async function textOfView(view: View, set: StudentSet, contents: ContentReader): Promise<string | undefined> {
  if (view.kind === "text") return view.text; // made from a text, so it can be compared as it is
  if (view.mediaType === CAPTIONED_PICTURE) return captionOf(view, contents);
  const next = counterpart(view, set);
  return next && storedText(next, contents);
}

async function storedText({ content }: View, contents: ContentReader): Promise<string> {
  return new TextDecoder().decode(await contents.get(content));
}

/** What the chain made from the view; undefined if that failed. */
function counterpart(view: View, { stored }: StudentSet): View | undefined {
  const { backTranslations, roundsTurnedBack } = stored!; // needed only if there is a store
  const next = backTranslations.get(view.id);
  if (next || view.round <= roundsTurnedBack) return next;
  throw new ConfigError({
    code: "config/view-without-counterpart",
    message: `view ${view.id} of ${view.instance} is the last of its chain (round ${view.round}): it was not turned back into the real modality, so it cannot be compared with the real view`,
    place: "synthesis.selection.method",
    remedy:
      "Make the store with `closing: true` in the plan, which also turns the last views back, or use views of fewer rounds (synthesis.rounds).",
  });
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}
