// Validates untrusted answers: decodes pictures and checks texts before they become views.

import { Buffer } from "node:buffer";
import type { ErrorCode } from "../../base/codes/error-code.ts";
import { EncoderError, SynthesisError } from "../../base/errors.ts";
import { decodePicture } from "../../encoders/pictures/decode.ts";
import { PLAIN_TEXT, type ViewContent } from "./generator.ts";
import { printable } from "./http-answer.ts";
import { withMentions } from "./mentions.ts";

// Long enough for a paragraph; a "caption" beyond is a page or a loop.
const MAX_TEXT_CHARACTERS = 20_000;

/**
 * The bytes as a picture that decodes to its last line.
 *
 * @throws SynthesisError `synthesis/not-a-picture` for anything but a whole PNG, JPEG or WebP of at most `maxPixels`.
 */
export async function checkedPicture(
  bytes: Uint8Array,
  maxPixels: number,
  place: string,
): Promise<ViewContent> {
  const mediaType = pictureTypeOf(bytes);
  if (mediaType === undefined) throw notAPicture(place, `${bytes.length} bytes that ${beginningOf(bytes)}`);
  try {
    await decodePicture(bytes, { maxPixels, place });
  } catch (cause) {
    if (!(cause instanceof EncoderError)) throw cause;
    throw notAPicture(place, cause.message, cause);
  }
  return { mediaType, bytes };
}

/** The media type that the first bytes announce: PNG, JPEG or WebP. */
function pictureTypeOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "image/webp" : undefined;
}

/**
 * The bytes of a Base64 text, with or without `data:image/png;base64,` or the like before it.
 *
 * @throws SynthesisError `synthesis/not-a-picture` for other characters than Base64's.
 */
export function bytesOfBase64(text: string, place: string): Uint8Array {
  const head =
    /^data:(?:(?:image|application)\/[^,;]{0,100})?(?:;[^,;]{0,100})*;base64,/i.exec(
      text.slice(0, 300),
    )?.[0] ?? "";
  const digits = text.slice(head.length).replaceAll(/\s+/g, "");
  // In an address (which a data URL is) digits may be percent-encoded.
  const base64 =
    head === "" ? digits : digits.replaceAll(/%(2[bf]|3d)/gi, (code) => decodeURIComponent(code));
  // Buffer.from would leave out what does not belong, and a truncated text would go unnoticed.
  if (base64 === "" || base64.length % 4 === 1 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) {
    throw notAPicture(place, `a text of ${text.length} characters that is not Base64`);
  }
  return Buffer.from(base64, "base64");
}

/**
 * The text, trimmed, as a view.
 *
 * @throws SynthesisError `synthesis/empty-text`, `synthesis/not-a-text` for control characters, broken Unicode or endless texts.
 */
export function checkedText(text: string, place: string): ViewContent {
  const trimmed = text.trim();
  const fault = (code: ErrorCode, what: string) =>
    new SynthesisError({
      code,
      message: `${place} answered with ${what}`,
      place,
      remedy: "Try the model on such a picture by hand; it may need a different instruction.",
      fault: "work",
    });
  if (trimmed === "") throw fault("synthesis/empty-text", "an empty text");
  if (trimmed.length > MAX_TEXT_CHARACTERS) {
    throw fault("synthesis/not-a-text", `${trimmed.length} characters, more than ${MAX_TEXT_CHARACTERS}`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|\p{Surrogate}/u.test(trimmed)) {
    throw fault("synthesis/not-a-text", "control characters or broken Unicode");
  }
  return { mediaType: PLAIN_TEXT, bytes: Buffer.from(trimmed, "utf8") };
}

/**
 * A caption as a view, completed with the mentions it lacks where there is a template for that.
 *
 * @throws SynthesisError as `checkedText`
 */
export function checkedCaption(
  caption: string,
  mentionTemplate: string | undefined,
  mentions: readonly string[],
  place: string,
): ViewContent {
  checkedText(caption, place); // what a template adds would hide that there is no caption
  return checkedText(withMentions(mentionTemplate, caption.trim(), mentions), place);
}

/**
 * The picture's bytes for a server.
 *
 * @throws SynthesisError `synthesis/no-pixels` for a picture of which only the caption is known.
 */
export function pixelsOf(picture: ViewContent, adapter: string): ViewContent {
  if (/^image\/[a-z0-9.+-]+$/.test(picture.mediaType)) return picture;
  throw new SynthesisError({
    code: "synthesis/no-pixels",
    message: `${adapter}: a content of type ${picture.mediaType} is not a picture that can be sent`,
    place: adapter,
    value: picture.mediaType,
    remedy: "Retrieved captions have no pixels: use a captioner that reads them, or generate the pictures.",
  });
}

function notAPicture(place: string, what: string, cause?: unknown): SynthesisError {
  return new SynthesisError({
    code: "synthesis/not-a-picture",
    message: `${place} did not answer with a usable picture: ${what}`,
    place,
    cause,
    remedy:
      "A complete PNG, JPEG or WebP of at most maxPixels is required: check the address and the server's log.",
    fault: "work",
  });
}

/** What the bytes begin with: a server's words where they are some. */
function beginningOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return "are none";
  const head = Buffer.from(bytes.subarray(0, 300)).toString("latin1");
  if (!/^[\x20-\x7e\s]{4,}/.test(head))
    return `begin with ${Buffer.from(bytes.subarray(0, 4)).toString("hex")}`;
  // Cut at a word: half a secret would not be found and taken out.
  const words = printable(bytes.length <= 300 ? head : head.replace(/\S*$/, ""));
  return `begin like a text: ${JSON.stringify(words)}`;
}
