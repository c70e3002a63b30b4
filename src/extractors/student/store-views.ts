// Selects the views of a store that a run may use, by instance, and counts the others.
import { mapConcurrently } from "../../base/concurrently.ts";
import { ConfigError } from "../../base/errors.ts";
import { increment } from "../../base/label-counts.ts";
import type { OnPreparation } from "../../base/progress.ts";
import { parseCaptionedPicture } from "../../synthesis/generators/captioned-picture.ts";
import { CAPTIONED_PICTURE } from "../../synthesis/generators/generator.ts";
import type { RealModality } from "../../synthesis/instance.ts";
import { ContentReader } from "../../synthesis/store/content-reader.ts";
import { openViewStore } from "../../synthesis/store/open-store.ts";
import type { PictureView, View } from "../../synthesis/view.ts";
import { stream } from "../../training/random.ts";
import type { OpenedVisual, VisualFeatures } from "../../visual/visual-channel.ts";

export interface StoreViewsOptions {
  /** The real modality; the store must have been generated from it. */
  readonly real: RealModality;
  /** Whether the store's views are texts made from real texts; they are of the same modality as the real view. */
  readonly rewritten?: boolean | undefined;
  /** Only views of rounds up to this one. */
  readonly rounds?: number | undefined;
  /** Only views of this many chains. */
  readonly chains?: number | undefined;
  /** Only as many views of an instance as its rounds up to this one have, drawn at random from all of `rounds`. */
  readonly asManyAsRounds?: number | undefined;
}

/** Views that may be used, and counts of the others. */
export interface StoreViews {
  /** Accepted views by instance, in the order chain, step. */
  readonly byInstance: ReadonlyMap<string, readonly View[]>;
  readonly accepted: number;
  /** Accepted views that were not drawn (`asManyAsRounds`). */
  readonly notDrawn: number;
  /** By reason; what a generator refused or did not make has no view and is counted by `relata synthesize inspect`. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Whether views of rounds up to this one were to be turned back into the real modality. */
  readonly roundsTurnedBack: number;
  /** What an accepted view was turned into next, in the real modality, by view; missing if that failed or was rejected. */
  readonly backTranslations: ReadonlyMap<string, View>;
}

/** Reads the candidate views. @throws ConfigError `config/other-direction`, `config/not-in-store`; the codes of `openViewStore` */
export async function readStoreViews(folder: string, options: StoreViewsOptions): Promise<StoreViews> {
  const store = await openViewStore(folder);
  if (store.direction !== options.real) {
    throw new ConfigError({
      code: "config/other-direction",
      message: `the store ${folder} was made from real ${store.direction}s, but synthesis.real is "${options.real}"`,
      place: "synthesis.real",
      value: options.real,
      remedy: `Set synthesis.real to "${store.direction}", or make a store from ${options.real}s.`,
    });
  }
  requireKind(folder, store.manifest.generators.textToText !== undefined, options.rewritten ?? false);
  const { rounds = store.rounds, chains = store.chains, asManyAsRounds } = options;
  for (const [name, asked, there] of [
    ["rounds", rounds, store.rounds],
    ["chains", chains, store.chains],
    ["asManyAsRounds", asManyAsRounds ?? 1, store.rounds],
  ] as const) {
    if (asked <= there) continue;
    throw new ConfigError({
      code: "config/not-in-store",
      message: `synthesis.${name} is ${asked}, but the store ${folder} has only ${there}`,
      place: `synthesis.${name}`,
      value: asked,
      remedy: `Set it to at most ${there}, or make a store with more.`,
    });
  }
  const byInstance = new Map<string, View[]>();
  const rejected: Record<string, number> = {};
  const backTranslations = new Map<string, View>();
  let accepted = 0;
  for await (const view of store.views()) {
    if (view.step % 2 === 0) {
      if (view.parent !== undefined && view.rejected === undefined) backTranslations.set(view.parent, view);
      continue;
    }
    if (view.round > rounds || view.chain >= chains) continue;
    if (view.rejected !== undefined) {
      increment(rejected, view.rejected);
      continue;
    }
    accepted++;
    const views = byInstance.get(view.instance);
    if (views) views.push(view);
    else byInstance.set(view.instance, [view]);
  }
  let notDrawn = 0;
  if (asManyAsRounds !== undefined) {
    for (const [instance, views] of byInstance) {
      const drawn = drawAsMany(instance, views, asManyAsRounds);
      notDrawn += views.length - drawn.length;
      byInstance.set(instance, drawn);
    }
  }
  const roundsTurnedBack = store.manifest.closing ? store.rounds : store.rounds - 1;
  return { byInstance, accepted, notDrawn, rejected, roundsTurnedBack, backTranslations };
}

/** Refuses texts made from real texts where views of the other modality are wanted, and the other way round. */
function requireKind(folder: string, are: boolean, wanted: boolean): void {
  if (are === wanted) return;
  throw new ConfigError({
    code: "config/other-direction",
    message: are
      ? `the store ${folder} holds texts made from real texts, not views of another modality`
      : `synthesis.augmentedShare is set, but the store ${folder} holds no texts made from real texts`,
    place: "synthesis.augmentedShare",
    remedy: are
      ? 'To train on them, set synthesis.augmentedShare, and visual.kind to "none". They cannot be shown to a trained model.'
      : "Make a store with textToText in the plan, or remove synthesis.augmentedShare.",
  });
}

/** Draws as many of an instance's views as its first rounds have; the same for every seed, since seeds may share teachers' scores. */
function drawAsMany(instance: string, views: readonly View[], rounds: number): View[] {
  const count = views.filter(({ round }) => round <= rounds).length;
  const order = [...stream(0, 0, `pool/${instance}`).permutation(views.length)];
  const drawn = new Set(order.slice(0, count));
  return views.filter((_, i) => drawn.has(i));
}

/** Contents of a store to read at once. */
export const CONTENTS_AT_ONCE = 32;

/**
 * Returns features of pictures of a store by content hash; a picture that cannot be decoded has none.
 *
 * @throws ConfigError `config/views-without-pixels`, `config/views-without-captions` when the visual channel cannot use them
 */
export async function featuresOfPictures(
  views: readonly PictureView[],
  channel: OpenedVisual,
  onPreparation: OnPreparation,
): Promise<ReadonlyMap<string, VisualFeatures>> {
  const distinct = [...new Map(views.map((view) => [view.content, view])).values()];
  const [first] = distinct;
  if (first === undefined) return new Map();
  await using contents = await ContentReader.open(first.store);
  const { featuresOfCaptions } = channel;
  if (featuresOfCaptions) {
    const captions = await mapConcurrently(distinct, CONTENTS_AT_ONCE, (view) => captionOf(view, contents));
    const features = await featuresOfCaptions.call(channel, captions, onPreparation);
    return new Map(distinct.map(({ content }, i) => [content, features[i]!]));
  }
  const withoutPixels = distinct.find(({ mediaType }) => mediaType === CAPTIONED_PICTURE);
  if (withoutPixels) {
    throw new ConfigError({
      code: "config/views-without-pixels",
      message: `the store represents pictures by captions only, but visual.kind is "pictures"`,
      place: placeOf(withoutPixels),
      remedy: 'Set visual.kind to "captions".',
    });
  }
  if (channel.featuresOfPictures === undefined) {
    throw new Error(`generated pictures are to be looked at through ${channel.saved.label}`); // the configuration refuses that
  }
  const sources = distinct.map((view) => ({
    place: placeOf(view),
    bytes: () => contents.get(view.content),
  }));
  const found = await channel.featuresOfPictures(sources, onPreparation);
  return new Map(
    distinct.flatMap(({ content }, i) => {
      const features = found[i];
      return features ? [[content, features] as const] : [];
    }),
  );
}

/** A view and its store in words. */
export function placeOf({ store, id }: View): string {
  return `view ${id} of ${store}`;
}

/** The caption of a captioned picture. */
export async function captionOf(view: View, contents: ContentReader): Promise<string> {
  if (view.mediaType === CAPTIONED_PICTURE)
    return parseCaptionedPicture(await contents.get(view.content)).caption;
  throw new ConfigError({
    code: "config/views-without-captions",
    message: `${placeOf(view)} is a picture without a caption (${view.mediaType}), but visual.kind is "captions"`,
    place: placeOf(view),
    remedy: 'Set visual.kind to "pictures".',
  });
}
