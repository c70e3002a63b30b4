// What the pixels of a picture show: its size, and whether anything can be seen in it.
import type { RgbPicture } from "../../encoders/pictures/rgb-picture.ts";

/** The look of a picture. */
export interface PictureLook {
  readonly width: number;
  readonly height: number;
  /** Mean brightness, 0 to 255. */
  readonly brightness: number;
  /** Largest standard deviation of a channel over the picture, 0 to 127.5. */
  readonly spread: number;
}

/** Pixels that are looked at: a regular grid of about this many. */
const MOST_PIXELS = 65_536;

/** Looks at a grid of pixels. */
export function lookAt({ width, height, data }: RgbPicture): PictureLook {
  const step = Math.max(1, Math.ceil(Math.sqrt((width * height) / MOST_PIXELS)));
  const sums = new Float64Array(3);
  const squares = new Float64Array(3);
  let count = 0;
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) {
      const at = 3 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) {
        const value = data[at + channel] ?? 0;
        sums[channel] = (sums[channel] ?? 0) + value;
        squares[channel] = (squares[channel] ?? 0) + value * value;
      }
      count++;
    }
  }
  const spreads = Array.from(sums, (sum, i) =>
    Math.sqrt(Math.max(0, (squares[i] ?? 0) / count - (sum / count) ** 2)),
  );
  const brightness = sums.reduce((total, sum) => total + sum, 0) / (3 * count);
  return { width, height, brightness, spread: Math.max(...spreads) };
}
