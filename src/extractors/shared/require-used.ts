// Refuses what a model cannot look at, so that no score or result seems to depend on it.
import { DataError } from "../../base/errors.ts";
import type { VisualChannelName } from "../../visual/visual-channel.ts";
import type { EvaluateRequest } from "../requests.ts";

const SOURCES = {
  pictures: "pixels",
  features: "precomputed features",
  captions: "caption-as-vision",
} as const;

/** Refuses sources that do not match the model's channel. @throws DataError `data/unwanted-visual` */
export function requireUsedVisual(request: EvaluateRequest, channel: VisualChannelName): void {
  for (const source of ["pictures", "features", "captions"] as const) {
    if (request[source] === undefined || SOURCES[source] === channel) continue;
    throw new DataError({
      code: "data/unwanted-visual",
      message: `${source} are given, but the visual channel of this model is ${channel}`,
      place: source,
      remedy: `Omit the ${source}, or use a model that was trained with them.`,
    });
  }
}
