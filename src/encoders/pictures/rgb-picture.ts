// A decoded picture: what decoding gives, and what every work on pixels takes.

/** Pixels in row-major order, three bytes (red, green, blue) each. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
