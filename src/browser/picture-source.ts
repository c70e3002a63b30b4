// Where a post's picture comes from in a web page: bytes, a bitmap that is decoded already, or an address. Its pixels come out.
import { EncoderError } from "../base/errors.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import { noSuchPicture } from "../visual/picture-state.ts";
import type { SentPost } from "./messages.ts";
import { pixelsOf, pixelsOfBitmap } from "./picture-pixels.ts";

/** What stands for a picture in a post of `Extractor`. */
type PostImage = string | Uint8Array;

const BITMAP = "bitmap:";

/** The pictures of posts that are being read. */
export class PictureSource {
  readonly #bitmaps = new Map<string, ImageBitmap>();
  #count = 0;

  /** Takes a picture as it was sent; `done` forgets it. */
  async take(image: SentPost["image"]): Promise<{ readonly image: PostImage | undefined; done(): void }> {
    const nothing = () => undefined;
    if (image instanceof Blob) return { image: new Uint8Array(await image.arrayBuffer()), done: nothing };
    if (image === undefined || typeof image === "string" || image instanceof Uint8Array)
      return { image, done: nothing };
    const name = `${BITMAP}${++this.#count}`;
    this.#bitmaps.set(name, image);
    return {
      image: name,
      done: () => {
        this.#bitmaps.delete(name);
        image.close();
      },
    };
  }

  /** @throws EncoderError and ConfigError with the codes of unusable pictures */
  readonly read = async (image: PostImage): Promise<RgbPicture> => {
    if (typeof image !== "string") return pixelsOf(image, "the picture");
    const bitmap = this.#bitmaps.get(image);
    if (bitmap !== undefined) return pixelsOfBitmap(bitmap, "the picture");
    return pixelsOf(await bytesAt(image), image);
  };
}

async function bytesAt(url: string): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw unreadable(url, `cannot be downloaded: ${(cause as Error).message}`, cause);
  }
  if (response.status === 404 || response.status === 410) throw noSuchPicture(url);
  throw unreadable(url, `was refused (HTTP ${response.status})`);
}

function unreadable(url: string, problem: string, cause?: unknown): EncoderError {
  return new EncoderError({
    code: "encoder/picture-unreadable",
    message: `the picture ${url} ${problem}`,
    place: url,
    remedy: "Check the address, and the CORS headers of its server; or give the picture's bytes.",
    cause,
  });
}
