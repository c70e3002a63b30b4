// The position of a picture in an encoder's input: sizes and offsets, which map boxes back to the picture.

/** How a picture is resized to an input. */
export type PictureResize =
  | { readonly kind: "none" }
  /**
   * The shorter side becomes `size`, and the longer one scales with it, rounded down; if that exceeds
   * `longest`, both shrink (DETR's rule).
   */
  | { readonly kind: "shortest-edge"; readonly size: number; readonly longest?: number }
  /** Stretched, ignoring the aspect ratio. */
  | { readonly kind: "exact"; readonly width: number; readonly height: number }
  /**
   * Scaled to fit with the aspect ratio kept; placed in the middle or the upper left corner and padded with
   * the byte `fill` (YOLO's rule).
   */
  | {
      readonly kind: "letterbox";
      readonly width: number;
      readonly height: number;
      readonly placement: "center" | "corner";
      readonly fill: number;
    };

/** The position of a picture in the resized input, in the input's pixels. */
export interface PicturePlacement {
  /** Size of the input. */
  readonly width: number;
  readonly height: number;
  /** The resized picture within the input. */
  readonly left: number;
  readonly top: number;
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  /** Input pixels per pixel of the picture. */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Computes the position of a picture of this size; each side is at least one pixel. */
export function placePicture(
  { width, height }: { readonly width: number; readonly height: number },
  resize: PictureResize,
): PicturePlacement {
  switch (resize.kind) {
    case "none":
      return filling(width, height, width, height);
    case "exact":
      return filling(width, height, resize.width, resize.height);
    case "shortest-edge": {
      const [shorter, longer] = width <= height ? [width, height] : [height, width];
      const isTooLong = resize.longest !== undefined && (longer / shorter) * resize.size > resize.longest;
      const size = isTooLong
        ? Math.max(1, roundToEven(((resize.longest ?? 0) * shorter) / longer))
        : resize.size;
      return width <= height
        ? filling(width, height, size, Math.trunc((size * height) / width))
        : filling(width, height, Math.trunc((size * width) / height), size);
    }
    case "letterbox": {
      const scale = Math.min(resize.width / width, resize.height / height);
      const resizedWidth = Math.max(1, roundToEven(width * scale));
      const resizedHeight = Math.max(1, roundToEven(height * scale));
      const isCentered = resize.placement === "center";
      return {
        width: resize.width,
        height: resize.height,
        left: isCentered ? Math.floor((resize.width - resizedWidth) / 2) : 0,
        top: isCentered ? Math.floor((resize.height - resizedHeight) / 2) : 0,
        resizedWidth,
        resizedHeight,
        scaleX: scale,
        scaleY: scale,
      };
    }
    default:
      return resize satisfies never;
  }
}

/** Python's `round`: halves round to the even neighbour. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** A picture that fills its input. */
function filling(fromWidth: number, fromHeight: number, width: number, height: number): PicturePlacement {
  return {
    width,
    height,
    left: 0,
    top: 0,
    resizedWidth: width,
    resizedHeight: height,
    scaleX: width / fromWidth,
    scaleY: height / fromHeight,
  };
}
