// Prepares a post's picture or caption for each model; an unusable picture is reported in the result.

import type { ErrorCode } from "../base/codes/error-code.ts";
import { DataError } from "../base/errors.ts";
import type { PostVisual } from "../extractors/parts.ts";
import { type UnusablePicture, unusablePicture } from "../visual/picture-state.ts";
import type { VisualFeatures } from "../visual/visual-channel.ts";
import type { ModelParts } from "./model-parts.ts";
import type { ExtractionNote, Post, ShownVisual } from "./post.ts";

/** Features for each model (undefined: masked) and what the result says about them. */
export interface ShownFeatures {
  readonly entity: VisualFeatures | undefined;
  readonly relation: VisualFeatures | undefined;
  readonly category: VisualFeatures | undefined;
  readonly visual: ShownVisual;
  readonly visualError?: { readonly code: ErrorCode; readonly message: string };
  readonly notes: readonly ExtractionNote[];
}

/**
 * Passes a post's picture or caption to the models that can use it.
 *
 * @throws DataError `data/unwanted-visual` with "refuse", for a picture or caption that no model can use
 */
export async function showVisual(
  { entity, relation, category }: ModelParts,
  { text, image, caption }: Pick<Post, "text" | "image" | "caption">,
  unwanted: "refuse" | "report",
): Promise<ShownFeatures> {
  const channels = [entity?.visual, relation?.visual, category?.visual];
  const pictures = image !== undefined && channels.some((channel) => channel?.featuresOfPicture);
  const captions = caption !== undefined && channels.some((channel) => channel?.featuresOfCaption);
  const notes = [
    ...(image !== undefined && !pictures ? [unwantedVisual("image", channels, unwanted)] : []),
    ...(caption !== undefined && !captions ? [unwantedVisual("caption", channels, unwanted)] : []),
  ];
  const shown = { text, image, caption };
  const forEntity = await show(entity?.visual, shown);
  const shared = isSameChannel(entity?.visual, relation?.visual);
  const forRelation = shared ? forEntity : await show(relation?.visual, shown);
  const forCategory = isSameChannel(entity?.visual, category?.visual)
    ? forEntity
    : isSameChannel(relation?.visual, category?.visual)
      ? forRelation
      : await show(category?.visual, shown);
  const unusable = forEntity.unusable ?? forRelation.unusable ?? forCategory.unusable;
  return {
    entity: forEntity.features,
    relation: forRelation.features,
    category: forCategory.features,
    visual: unusable ? unusable.state : pictures ? "picture" : captions ? "caption" : "none",
    ...(unusable ? { visualError: { code: unusable.error.code, message: unusable.error.message } } : {}),
    notes,
  };
}

/** What one model sees: features, nothing, or why the picture cannot be used. */
interface Shown {
  readonly features?: VisualFeatures;
  readonly unusable?: UnusablePicture;
}

async function show(
  channel: PostVisual | undefined,
  { text, image, caption }: Pick<Post, "text" | "image" | "caption">,
): Promise<Shown> {
  try {
    if (image !== undefined && channel?.featuresOfPicture) {
      return { features: await channel.featuresOfPicture(image, text) };
    }
    if (caption !== undefined && channel?.featuresOfCaption) {
      return { features: await channel.featuresOfCaption(caption) };
    }
    return {};
  } catch (error) {
    const unusable = unusablePicture(error);
    if (unusable === undefined) throw error;
    return { unusable };
  }
}

/** Tells whether two channels compute the same features, so that a picture is encoded once for both models. */
function isSameChannel(a: PostVisual | undefined, b: PostVisual | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  const identity = ({ saved, objects }: PostVisual) => [
    saved.kind,
    saved.mapWidth,
    saved.classes,
    saved.fingerprint,
    saved.stages ?? null,
    saved.detector?.fingerprint,
    objects,
  ];
  return JSON.stringify(identity(a)) === JSON.stringify(identity(b));
}

function unwantedVisual(
  what: "image" | "caption",
  channels: readonly (PostVisual | undefined)[],
  unwanted: "refuse" | "report",
): ExtractionNote {
  const labels = [...new Set(channels.flatMap((channel) => (channel ? [channel.saved.label] : [])))];
  const model =
    labels.length === 0 ? "a text-only model" : `a model whose visual channel is ${labels.join(" and ")}`;
  const message = `the post has ${what === "image" ? "a picture" : "a caption"}, but this is ${model}`;
  const code = "data/unwanted-visual";
  if (unwanted === "report") return { code, message };
  throw new DataError({
    code,
    message,
    place: what,
    remedy: `Omit the ${what}, use a model that was trained with one, or choose to have it reported only.`,
  });
}
