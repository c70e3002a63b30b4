// The work on pixels that takes long, by name: what a pixel thread can be asked to do.

import { cmykToRgb, spreadGrey } from "./pixel-formats.ts";
import { placePicture } from "./placement.ts";
import { type PictureInput, type PicturePreprocessing, preprocessPicture } from "./preprocess.ts";
import type { RgbPicture } from "./rgb-picture.ts";

/** One task; `data` comes in and goes out as bytes of its own that can be handed over between threads. */
export type PixelTask =
  | { readonly kind: "preprocess"; readonly picture: RgbPicture; readonly how: PicturePreprocessing }
  | { readonly kind: "grey" | "cmyk"; readonly data: Uint8Array; readonly channels: number };

export type PixelResult = PictureInput | { readonly data: Uint8Array };

/** Does a task. */
export function workOnPixels(task: PixelTask): PixelResult {
  switch (task.kind) {
    case "preprocess":
      return preprocessPicture(task.picture, task.how);
    case "grey":
      return { data: spreadGrey(task.data, task.channels) };
    case "cmyk":
      return { data: cmykToRgb(task.data, task.channels) };
    default:
      return task satisfies never;
  }
}

/** Pixels that a task reads and writes: how long it takes, within a factor. */
export function pixelsOf(task: PixelTask): number {
  if (task.kind !== "preprocess") return task.data.length / task.channels;
  const { picture, how } = task;
  const { resizedWidth, resizedHeight } = placePicture(picture, how.resize);
  return picture.width * picture.height + resizedWidth * resizedHeight;
}
