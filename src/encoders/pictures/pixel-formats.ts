// Converts other pixel formats to RGB exactly as PIL does. Plain loops over bytes, which run off the main
// thread.

/** Converts grey, the first of one or more channels, to three equal bytes. */
export function spreadGrey(data: Uint8Array, channels: number): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    const grey = data[from] as number;
    rgb[to] = grey;
    rgb[to + 1] = grey;
    rgb[to + 2] = grey;
  }
  return rgb;
}

/** PIL's conversion: (255 - k) - (255 - k) * c / 255 for each channel; no profile. */
export function cmykToRgb(data: Uint8Array, channels: number): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    const light = 255 - (data[from + 3] as number);
    for (let c = 0; c < 3; c++) {
      const product = (data[from + c] as number) * light + 128;
      rgb[to + c] = light - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}
