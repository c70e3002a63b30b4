// Checks a generator's result and rejects unusable content: a lost mention, an empty text, a black or blank
// picture, one that does not decode. Near duplicates are found later, among all views of the instance.

import type { RejectionReason } from "../base/codes/error-code.ts";
import { EncoderError, SynthesisError } from "../base/errors.ts";
import { decodePicture } from "../encoders/pictures/decode.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import { parseCaptionedPicture } from "./generators/captioned-picture.ts";
import { CAPTIONED_PICTURE, type ViewContent } from "./generators/generator.ts";
import { locateMentions } from "./mentions.ts";
import { lookOfName, lookOfPicture, lookOfText } from "./near-duplicates.ts";
import type { TextSpan } from "./view.ts";

/** Why content is rejected. */
export type Rejection = Extract<
  RejectionReason,
  "mention-lost" | "empty-text" | "unchanged-text" | "black-picture" | "blank-picture" | "unreadable-picture"
>;

/** Result of the checks. */
export interface Judgement {
  /** Undefined: usable. */
  readonly rejection: Rejection | undefined;
  readonly look?: string;
  readonly text?: string;
  readonly mentions?: readonly TextSpan[];
}

/**
 * Standard deviation of colour, in levels of 255, below which a picture is blank: JPEG noise of a plain
 * picture stays below 1.
 */
const BLANK_DEVIATION = 2;
/**
 * Mean colour, in levels of 255, below which a blank picture is black: safety filters return black
 * pictures.
 */
const BLACK_MEAN = 16;
/** Generators make pictures of a megapixel or so; a larger one is a mistake or an attack. */
const MAX_GENERATED_PIXELS = 33_554_432;

/** What is known about a text that was made from a text. */
export interface Rewriting {
  /** Where the generator says they are; undefined: wherever they are found. */
  readonly spans?: readonly TextSpan[] | undefined;
  /** The text that it was made from, from which it must differ. */
  readonly original: string;
}

/** Checks content of a modality; texts must contain the mentions. */
export async function judgeContent(
  kind: "picture" | "text",
  content: ViewContent,
  mentions: readonly string[],
  rewriting?: Rewriting,
): Promise<Judgement> {
  if (kind === "text") return judgeText(new TextDecoder().decode(content.bytes), mentions, rewriting);
  return content.mediaType === CAPTIONED_PICTURE
    ? judgeCaptioned(content.bytes)
    : judgePicture(content.bytes);
}

function judgeText(text: string, mentions: readonly string[], rewriting: Rewriting | undefined): Judgement {
  if (text.trim() === "") return { rejection: "empty-text", text };
  const look = lookOfText(text);
  const said = rewriting?.spans;
  const spans = said === undefined ? locateMentions(text, mentions) : spansThatHold(text, mentions, said);
  if (spans === undefined) return { rejection: "mention-lost", text, look };
  const unchanged = rewriting !== undefined && look === lookOfText(rewriting.original);
  return { rejection: unchanged ? "unchanged-text" : undefined, text, mentions: spans, look };
}

/** The spans if each holds its mention exactly as written; else undefined. */
function spansThatHold(
  text: string,
  mentions: readonly string[],
  spans: readonly TextSpan[],
): readonly TextSpan[] | undefined {
  const hold = spans.every(({ start, end }, i) => text.slice(start, end) === mentions[i]);
  return hold && spans.length === mentions.length ? spans : undefined;
}

function judgeCaptioned(bytes: Uint8Array): Judgement {
  try {
    return { rejection: undefined, look: lookOfName(parseCaptionedPicture(bytes).picture) };
  } catch (error) {
    if (error instanceof SynthesisError) return { rejection: "unreadable-picture" };
    throw error;
  }
}

async function judgePicture(bytes: Uint8Array): Promise<Judgement> {
  let picture: RgbPicture;
  try {
    picture = await decodePicture(bytes, { maxPixels: MAX_GENERATED_PIXELS, place: "generated picture" });
  } catch (error) {
    if (error instanceof EncoderError) return { rejection: "unreadable-picture" };
    throw error;
  }
  const { mean, deviation } = colourOf(picture);
  if (deviation < BLANK_DEVIATION)
    return { rejection: mean < BLACK_MEAN ? "black-picture" : "blank-picture" };
  return { rejection: undefined, look: lookOfPicture(picture) };
}

/** Why a real picture cannot be decoded; undefined if it can. */
export async function unreadablePicture(bytes: Uint8Array, place: string): Promise<string | undefined> {
  try {
    await decodePicture(bytes, { place });
    return undefined;
  } catch (error) {
    if (error instanceof EncoderError) return error.message;
    throw error;
  }
}

/** Mean over all pixels and channels, and the largest channel's standard deviation. */
function colourOf({ data }: RgbPicture): { readonly mean: number; readonly deviation: number } {
  const sums = [0, 0, 0];
  const squares = [0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0;
    const channel = i % 3;
    sums[channel] = (sums[channel] ?? 0) + value;
    squares[channel] = (squares[channel] ?? 0) + value * value;
  }
  const pixels = data.length / 3;
  const means = sums.map((sum) => sum / pixels);
  const variances = squares.map((square, channel) => square / pixels - (means[channel] ?? 0) ** 2);
  return {
    mean: means.reduce((sum, one) => sum + one, 0) / 3,
    deviation: Math.sqrt(Math.max(0, ...variances)),
  };
}
