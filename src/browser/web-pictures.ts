// What the models see of a picture in a web page: the browser decodes it, relata's own resampling scales it, and the exported encoder reads it.
import type { PicturePreprocessing } from "../encoders/pictures/preprocess.ts";
import { preprocessPicture } from "../encoders/pictures/preprocess.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import type { WebPicture, WebVisual } from "../extract/web/web-manifest.ts";
import type { PostVisual } from "../extractors/parts.ts";
import { hostTensor } from "../graph/host-tensor.ts";
import { chooseStages } from "../visual/picture-stages.ts";
import type { WebSession } from "./web-session.ts";

/** Returns the pixels of a post's picture: of bytes, or of what the worker keeps under a name. */
export type PictureReader = (picture: string | Uint8Array) => Promise<RgbPicture>;

/** The channel of a model whose posts may have pictures. */
export function pictureChannel(
  visual: WebVisual,
  encoder: WebPicture,
  session: WebSession,
  read: PictureReader,
): PostVisual {
  const stages = chooseStages(encoder, visual.stages, "the picture encoder");
  const { width, height } = encoder;
  const preprocessing: PicturePreprocessing = {
    ...encoder.preprocessing,
    crop: encoder.preprocessing.crop ?? undefined,
  } as PicturePreprocessing;
  return {
    saved: {
      kind: "pictures",
      label: "pixels",
      mapWidth: visual.mapWidth,
      classes: visual.classes,
      ...(visual.stages ? { stages: visual.stages } : {}),
      encoder: "pictures",
      fingerprint: encoder.fingerprint,
    },
    objects: 0,
    featuresOfPicture: async (picture) => {
      const known = typeof picture === "string" || picture instanceof Uint8Array;
      const { data } = preprocessPicture(await read(known ? picture : await picture.bytes()), preprocessing);
      const pixels = hostTensor("float32", [1, 3, height, width], data as Float32Array<ArrayBuffer>);
      const { maps, logits } = await session.run({ pixels });
      return { maps: [stages.take(maps!.data as Float32Array)], pooled: logits!.data as Float32Array }; // the graph's outputs
    },
  };
}
