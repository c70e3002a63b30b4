// Finds each row's picture and caption: in the source itself, in a folder of pictures, or in a file of captions.

import { ConfigError, DataError } from "../../base/errors.ts";
import { requireCaptions } from "../../data/captions.ts";
import { PictureFolder } from "../../data/pictures.ts";
import type { PostPicture } from "../../visual/visual-channel.ts";
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
  readonly image?: PostPicture;
  readonly caption?: string;
  readonly missing?: RowFault;
}

/** A folder of pictures and a file of captions. */
export class VisualFiles {
  readonly #request: VisualRequest;
  readonly #folder: PictureFolder | undefined;
  readonly #captions: ReadonlyMap<string, string> | undefined;

  private constructor(
    request: VisualRequest,
    folder: PictureFolder | undefined,
    captions: ReadonlyMap<string, string> | undefined,
  ) {
    this.#request = request;
    this.#folder = folder;
    this.#captions = captions;
  }

  /** @throws DataError `data/cannot-read` and the codes of captions */
  static async open(request: VisualRequest): Promise<VisualFiles> {
    const { pictures, captions } = request;
    const folder = pictures ? await PictureFolder.open(pictures) : undefined;
    const known = captions === undefined ? undefined : (await requireCaptions(captions)).captions;
    return new VisualFiles(request, folder, known);
  }

  /** The caption of a post; undefined also for an empty one. */
  captionOf({ caption, image }: RowPost): string | undefined {
    const found = caption ?? (image === undefined ? undefined : this.#captions?.get(image));
    return found === undefined || found.trim() === "" ? undefined : found;
  }

  /** The picture of a post, or why it is missing; nothing for a name without a folder. */
  pictureOf({ image, picture, missing }: RowPost): Omit<RowVisual, "caption"> {
    if (this.#request.pictures === false) return {};
    if (picture !== undefined) return { image: picture };
    if (missing !== undefined) return { missing };
    if (image === undefined || this.#folder === undefined) return {};
    const state = this.#folder.find(image);
    if (state.state === "found") return { image: state.path };
    return {
      missing: {
        code: "config/no-such-picture",
        message: `the picture ${image} is not in ${this.#folder.folder}`,
      },
    };
  }
}

/**
 * Opens the picture folder and the caption file.
 *
 * @param areThere rows have their pictures and captions, which were found in these files before
 * @throws DataError `data/unwanted-visual` for pictures or captions that the model cannot use, `data/cannot-read`
 */
export async function openRowVisuals(
  { sees, visualChannels }: Pick<Extractor, "sees" | "visualChannels">,
  request: VisualRequest,
  areThere = false,
): Promise<(post: RowPost) => RowVisual> {
  const { pictures, captions } = request;
  if (pictures && !sees.pictures) throw unwanted("--pictures", visualChannels);
  if (captions !== undefined && !sees.captions) throw unwanted("--captions", visualChannels);
  const files = await VisualFiles.open(areThere ? { ...(pictures === false && { pictures }) } : request);
  return (post) => {
    const caption = files.captionOf(post);
    const found = files.pictureOf(post);
    return {
      ...(caption === undefined ? {} : { caption }),
      ...(isFound(found) || post.image === undefined || pictures === false
        ? found
        : unseen(post.image, sees.pictures)),
    };
  };
}

const isFound = ({ image, missing }: RowVisual) => image !== undefined || missing !== undefined;

/** A picture that is only named: nobody reads its name, so it is counted as unwanted. @throws ConfigError `config/no-pictures` */
function unseen(image: string, isSeen: boolean): RowVisual {
  if (!isSeen) return { image };
  throw new ConfigError({
    code: "config/no-pictures",
    message: `a post names the picture ${JSON.stringify(image)}, but no picture folder is given`,
    place: image,
    remedy:
      "Name the folder to which image names are relative (--pictures), or read texts only (--no-pictures).",
  });
}

function unwanted(option: string, channels: readonly string[]): DataError {
  return new DataError({
    code: "data/unwanted-visual",
    message: `${option} is given, but the model reads ${[...new Set(channels)].join(" and ")}`,
    place: option,
    remedy: `Omit ${option}, or use a model that was trained with it.`,
  });
}
