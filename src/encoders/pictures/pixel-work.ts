// The slow work on pixels, by name: the tasks of a pixel thread.

import { cmykToRgb, spreadGrey } from "./pixel-formats.ts";
import { placePicture } from "./placement.ts";
import { type PictureInput, type PicturePreprocessing, preprocessPicture } from "./preprocess.ts";
import type { RgbPicture } from "./rgb-picture.ts";

/** One task; `data` in and out is a separate buffer that can be transferred between threads. */
export type PixelTask =
  | { readonly kind: "preprocess"; readonly picture: RgbPicture; readonly how: PicturePreprocessing }
  | { readonly kind: "grey" | "cmyk"; readonly data: Uint8Array; readonly channels: number };

export type PixelResult = PictureInput | { readonly data: Uint8Array };

/** Runs a task. */
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

/** Number of pixels that a task reads and writes, which is proportional to its time. */
export function pixelsOf(task: PixelTask): number {
  if (task.kind !== "preprocess") return task.data.length / task.channels;
  const { picture, how } = task;
  const { resizedWidth, resizedHeight } = placePicture(picture, how.resize);
  return picture.width * picture.height + resizedWidth * resizedHeight;
}
