// The regions of a post's picture that the models were shown: the whole picture and the detector's crops, each once.
import { promptOf } from "../../extractors/entity/model-config.ts";
import type { OpenedVisual, PictureRegions } from "../../visual/visual-channel.ts";
import type { LoadedParts } from "../model-parts.ts";
import type { Post } from "../post.ts";
import type { Explanation, ExplanationRegion, ModelName } from "./explanation.ts";

/** The regions, and in which order each model sees those that it is shown. */
export interface SeenRegions extends Pick<Explanation, "regions" | "picture"> {
  /** Positions in `regions`. */
  readonly orderOf: ReadonlyMap<ModelName, readonly number[]>;
}

/** Of a post without a picture. */
export const NO_REGIONS: SeenRegions = { regions: [], picture: null, orderOf: new Map() };

/** Finds the regions again: the detector runs again for each visual channel. Models that share a channel share its function. */
export async function regionsSeen(parts: LoadedParts, { image, text }: Post): Promise<SeenRegions> {
  const found = new Map<OpenedVisual["regionsOfPicture"], PictureRegions>();
  const regions: (Omit<ExplanationRegion, "models"> & { readonly models: ModelName[] })[] = [];
  const orderOf = new Map<ModelName, readonly number[]>();
  const places = new Map<string, number>();
  let picture: Explanation["picture"] = null;
  for (const { name, channel, wholePicture } of channelsOf(parts)) {
    const look = channel?.regionsOfPicture;
    if (look === undefined || image === undefined) continue;
    const one = found.get(look) ?? (await look(image, text));
    found.set(look, one);
    picture = { width: one.width, height: one.height };
    const order = shownOf(one, wholePicture).map((region) => {
      const key = JSON.stringify(region);
      const at = places.get(key) ?? regions.push({ ...region, models: [] }) - 1;
      places.set(key, at);
      regions[at]!.models.push(name);
      return at;
    });
    orderOf.set(name, order);
  }
  return { regions, picture, orderOf };
}

function channelsOf({ entity, relation, category }: LoadedParts): {
  readonly name: ModelName;
  readonly channel: OpenedVisual | undefined;
  readonly wholePicture: boolean;
}[] {
  const seesWhole = (prompt: { readonly wholePicture?: boolean } | undefined) => prompt?.wholePicture ?? true;
  return [
    { name: "entities", channel: entity?.visual, wholePicture: seesWhole(entity && promptOf(entity.config)) },
    { name: "relations", channel: relation?.visual, wholePicture: seesWhole(relation?.method.prompt) },
    { name: "categories", channel: category?.visual, wholePicture: seesWhole(category?.config.i2srm.prefix) },
  ];
}

function shownOf(
  { width, height, crops }: PictureRegions,
  wholePicture: boolean,
): Omit<ExplanationRegion, "models">[] {
  return [
    ...(wholePicture ? [{ kind: "whole" as const, box: [0, 0, width, height] as const }] : []),
    ...crops.map(({ box: { left, top, right, bottom }, label, score }) => ({
      kind: "crop" as const,
      box: [left, top, right, bottom] as const,
      ...(label === undefined ? {} : { label }),
      score,
    })),
  ];
}
