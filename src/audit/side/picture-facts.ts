// The size, bytes and format of picture files, from their headers: what a loader sees of a picture without looking at it.
import { stat } from "node:fs/promises";
import sharp from "sharp";
import type { PictureFolder } from "../../data/pictures.ts";
import type { FeatureSink } from "./flatten.ts";

/** Gives the features of a picture's file. */
export async function pictureFeatures(
  folder: PictureFolder,
  image: string | undefined,
  sink: FeatureSink,
): Promise<void> {
  const found = folder.find(image);
  sink.value("picture file: found", found.state === "found" ? "yes" : "no");
  if (found.state !== "found") return;
  const facts = await factsOf(found.path);
  if (facts === undefined) {
    sink.value("picture file: readable", "no");
    return;
  }
  sink.value("picture file: readable", "yes");
  sink.number("picture file: bytes", facts.bytes);
  sink.value("picture file: format", facts.format);
  sink.number("picture file: width", facts.width);
  sink.number("picture file: height", facts.height);
  sink.number("picture file: pixels", facts.width * facts.height);
  sink.number("picture file: aspect", Math.round((100 * facts.width) / facts.height) / 100);
}

async function factsOf(path: string) {
  const stats = await stat(path);
  if (!stats.isFile()) return undefined;
  const header = await sharp(path, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      if (error instanceof Error) return undefined; // sharp says of a broken header only that it cannot read it
      throw error;
    });
  if (header === undefined) return undefined;
  return {
    bytes: stats.size,
    format: header.format ?? "unknown",
    width: header.width,
    height: header.height,
  };
}
