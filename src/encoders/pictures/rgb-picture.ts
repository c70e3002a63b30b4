// A decoded picture: the output of decoding and the input of all work on pixels.

/** Pixels in row-major order, three bytes (red, green, blue) each. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
