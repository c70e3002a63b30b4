// Writes a card as an SVG, or as a PNG where an SVG cannot be shown.
import { extname } from "node:path";
import { ConfigError } from "../../base/errors.ts";
import { writeAtomically } from "../../data/file-sink.ts";
import { PictureEmbedder } from "../pictures.ts";
import type { PictureSource } from "../report-data.ts";
import { type CardContent, drawCard } from "./draw-card.ts";

/** The content of a card, with the picture as a file or as bytes. */
export interface CardRequest extends Omit<CardContent, "picture"> {
  readonly picture?: PictureSource | undefined;
}

/** Twice the 190 pixels of a card's picture, for double-density screens. */
const PICTURE_LIMITS = { longestSide: 440, totalBytes: 4_000_000, encoding: "jpeg" } as const;
/** Dots per inch: each CSS pixel becomes two. */
const PNG_DENSITY = 144;

/** Refuses a file name that does not say the format. @throws ConfigError `cli/unknown-output` */
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
 * Draws a post with its extraction, and writes the card atomically.
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
