// Finds each row's picture and caption: in the source itself, in a folder of pictures, or in a file of captions.

import { ConfigError, DataError } from "../../base/errors.ts";
import { requireCaptions } from "../../data/captions.ts";
import { PictureFolder } from "../../data/pictures.ts";
import type { Extractor } from "../extractor.ts";
import type { RowFault, RowPost } from "./post-rows.ts";

export interface VisualRequest {
  /** Folder that image names are relative to; false: pictures are ignored. */
  readonly pictures?: string | false | undefined;
  /** JSONL file of {"image", "caption"}. */
  readonly captions?: string | undefined;
}

/** The picture and caption of a row; `missing`: it names a picture that does not exist. */
export interface RowVisual {
  readonly image?: string | Uint8Array;
  readonly caption?: string;
  readonly missing?: RowFault;
}

/**
 * Opens the picture folder and the caption file.
 *
 * @throws DataError `data/unwanted-visual` for pictures or captions that the model cannot use, `data/cannot-read`
 */
export async function openRowVisuals(
  { sees, visualChannels }: Pick<Extractor, "sees" | "visualChannels">,
  { pictures, captions }: VisualRequest,
): Promise<(post: RowPost) => RowVisual> {
  if (pictures && !sees.pictures) throw unwanted("--pictures", visualChannels);
  if (captions !== undefined && !sees.captions) throw unwanted("--captions", visualChannels);
  const folder = pictures ? await PictureFolder.open(pictures) : undefined;
  const known = captions === undefined ? undefined : (await requireCaptions(captions)).captions;
  return (post) => {
    const caption = post.caption ?? (post.image === undefined ? undefined : known?.get(post.image));
    return {
      ...(caption === undefined || caption.trim() === "" ? {} : { caption }),
      ...(pictures === false ? {} : pictureOf(post, folder, sees.pictures)),
    };
  };
}

function pictureOf(
  { image, picture }: RowPost,
  folder: PictureFolder | undefined,
  isSeen: boolean,
): RowVisual {
  if (picture !== undefined) return { image: picture };
  if (image === undefined) return {};
  if (!isSeen) return { image }; // nobody reads this name: counted as unwanted
  if (folder === undefined) {
    throw new ConfigError({
      code: "config/no-pictures",
      message: `a post names the picture ${JSON.stringify(image)}, but no picture folder is given`,
      place: image,
      remedy:
        "Name the folder to which image names are relative (--pictures), or read texts only (--no-pictures).",
    });
  }
  const state = folder.find(image);
  if (state.state === "found") return { image: state.path };
  return {
    missing: {
      code: "config/no-such-picture",
      message: `the picture ${image} is not in ${folder.folder}`,
    },
  };
}

function unwanted(option: string, channels: readonly string[]): DataError {
  return new DataError({
    code: "data/unwanted-visual",
    message: `${option} is given, but the model reads ${[...new Set(channels)].join(" and ")}`,
    place: option,
    remedy: `Omit ${option}, or use a model that was trained with it.`,
  });
}
