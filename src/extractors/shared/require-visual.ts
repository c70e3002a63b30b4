// Refuses to train with pictures or captions of which no training example has one.
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { requireCaptions, requireSharedPictures } from "../../data/captions.ts";
import type { Document } from "../../data/document.ts";
import type { DataAccount } from "../requests.ts";

/**
 * A picture folder or caption file that matches no training example is a wrong path, not a hard data set.
 *
 * @param captions the caption file, if the channel reads one
 * @throws DataError `data/no-visual`
 */
export async function requireVisual(
  { documents: read, examples, withoutVisual, brokenPictures }: DataAccount,
  label: string,
  documents: readonly Document[],
  captions: string | undefined,
): Promise<void> {
  if (examples === 0 || withoutVisual < examples) return;
  if (captions !== undefined)
    requireSharedPictures(documents, (await requireCaptions(captions)).captions, captions);
  throw new DataError({
    code: "data/no-visual",
    message: `none of the ${counted(examples, "example")} of ${read.source} has a usable picture or caption (${label}; ${countedPictures(brokenPictures)})`,
    place: read.source,
    remedy:
      "Check the folder or file, and that the documents' image names are relative to it and include the extension.",
    value: brokenPictures,
  });
}

/** Counts the broken picture files, with one example per kind of fault. */
function countedPictures(broken: DataAccount["brokenPictures"]): string {
  const kinds = new Map(broken.map(({ code, message }) => [code, message]));
  const count = counted(broken.length, "broken picture file");
  return kinds.size === 0 ? count : `${count}, for example: ${[...kinds.values()].join("; ")}`;
}
