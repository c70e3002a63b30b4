// The bytes of a post's picture, wherever the request says they are, with the limits that a header tells.
import { inspectPicture } from "../../../encoders/pictures/inspect.ts";
import { isPictureFault } from "../../../encoders/pictures/limits.ts";
import { decodeBase64, pictureTooLarge } from "../body/base64.ts";
import { RequestError } from "../request-error.ts";
import type { ImageInput } from "../schemas.ts";
import type { HttpSettings } from "../settings.ts";
import type { PictureUrls } from "./picture-urls.ts";
import type { ExtractRequest } from "./read-request.ts";

/** Where pictures may come from. */
export interface PictureSources extends Pick<ExtractRequest, "taken" | "parts"> {
  readonly urls: PictureUrls;
  readonly settings: Pick<HttpSettings, "maxPictureBytes" | "maxPixels">;
  readonly signal: AbortSignal;
  readonly traceparent: string;
}

/**
 * Returns the bytes of a picture, whose size in pixels is within the limit.
 *
 * @param place the field: `posts[3].image`
 * @throws RequestError `serving/bad-base64`, `serving/bad-multipart`, `serving/body-too-large`, and those of `PictureUrls.fetch`; EncoderError
 * `encoder/picture-too-large`, `encoder/picture-too-long`
 */
export async function pictureBytes(
  image: ImageInput,
  place: string,
  sources: PictureSources,
): Promise<Uint8Array> {
  const bytes = await givenBytes(image, place, sources);
  try {
    inspectPicture(bytes, { maxPixels: sources.settings.maxPixels, place });
  } catch (error) {
    // What is not a picture, or is damaged, becomes a state of the answer, as it does in the library: the text is read without it.
    if (!isPictureFault(error) || isBeyondLimits(error.code)) throw error;
  }
  return bytes;
}

function isBeyondLimits(code: string): boolean {
  return code === "encoder/picture-too-large" || code === "encoder/picture-too-long";
}

async function givenBytes(
  { base64, part, url }: ImageInput,
  place: string,
  { taken, parts, urls, settings, signal, traceparent }: PictureSources,
): Promise<Uint8Array> {
  const maxBytes = settings.maxPictureBytes;
  if (base64 !== undefined) return decodeBase64(taken(base64) ?? base64, `${place}.base64`, maxBytes);
  if (url !== undefined) return urls.fetch(url, { place: `${place}.url`, maxBytes, signal, traceparent });
  const file = parts.get(part ?? "");
  if (file === undefined)
    throw new RequestError({
      code: "serving/bad-multipart",
      message: `${place}.part names ${JSON.stringify(part)}, and the form has no such part`,
      place: `${place}.part`,
    });
  if (file.bytes.length > maxBytes) throw pictureTooLarge(place, maxBytes);
  return file.bytes;
}
