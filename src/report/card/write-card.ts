// Writes a card: an SVG, or a PNG of it for where an SVG is not shown.
import { extname } from "node:path";
import { ConfigError } from "../../base/errors.ts";
import { writeAtomically } from "../../data/file-sink.ts";
import { PictureEmbedder } from "../pictures.ts";
import type { PictureSource } from "../report-data.ts";
import { type CardContent, drawCard } from "./draw-card.ts";

/** What a card shows, with the picture as a file or as bytes. */
export interface CardRequest extends Omit<CardContent, "picture"> {
  readonly picture?: PictureSource | undefined;
}

/** Twice the 190 pixels that a card gives to its picture, for screens of double density. */
const PICTURE_LIMITS = { longestSide: 440, totalBytes: 4_000_000, encoding: "jpeg" } as const;
/** Dots per inch: a CSS pixel becomes two. */
const PNG_DENSITY = 144;

/** Refuses a name that says nothing of the form. @throws ConfigError `cli/unknown-output` */
export function requireCardName(path: string): void {
  if ([".svg", ".png"].includes(extname(path).toLowerCase())) return;
  throw new ConfigError({
    code: "cli/unknown-output",
    message: "The file name does not say whether the card is an SVG or a PNG",
    place: path,
    remedy: "Use a name ending in .svg or .png.",
  });
}

/**
 * Draws a post with what was found in it, and writes it, atomically.
 *
 * @throws ConfigError `cli/unknown-output`; DataError `data/cannot-write`
 */
export async function writeCard(path: string, { picture, ...content }: CardRequest): Promise<void> {
  requireCardName(path);
  const embedded = picture && (await new PictureEmbedder(PICTURE_LIMITS).embed(picture));
  const svg = Buffer.from(drawCard({ ...content, picture: embedded }), "utf8");
  const bytes = extname(path).toLowerCase() === ".svg" ? svg : await toPng(svg);
  await writeAtomically(path, (file) => file.bytes(bytes));
}

async function toPng(svg: Uint8Array): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  return sharp(svg, { density: PNG_DENSITY }).png({ palette: true, effort: 10 }).toBuffer();
}
