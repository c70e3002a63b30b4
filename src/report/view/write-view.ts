// Writes documents and what was found in them as one self-contained page.
import { basename } from "node:path";
import { counted } from "../../base/counted.ts";
import { requireOwnOutput } from "../../base/own-input.ts";
import { writeAtomically } from "../../data/file-sink.ts";
import { PictureFolder } from "../../data/pictures.ts";
import type { ReadReport } from "../../data/report.ts";
import { DEFAULT_PICTURE_LIMITS, type PictureAccount, PictureEmbedder } from "../pictures.ts";
import { type ReadPosts, readPosts, type ViewFiles } from "./read-posts.ts";
import type { PostPicture } from "./render-post.ts";
import { renderView } from "./view-page.ts";
import type { ViewedPost } from "./viewed-post.ts";

/** Posts on a page unless told otherwise: more make a browser slow. */
const DEFAULT_VIEW_LIMIT = 1000;

export interface ViewRequest extends ViewFiles {
  readonly path: string;
  /** Folder with the pictures that the documents name. */
  readonly pictures?: string | undefined;
  /** Largest number of posts to show; default 1,000. */
  readonly limit?: number | undefined;
  /** Default: the name of the file of documents. */
  readonly title?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A written page of posts. */
export interface WrittenView {
  readonly path: string;
  readonly bytes: number;
  /** Posts that were read, and those on the page. */
  readonly posts: number;
  readonly shown: number;
  readonly pictures: PictureAccount;
  /** How the documents were read: format, rejected rows, defects. */
  readonly read: ReadReport;
  /** What the page does not show, one sentence each. */
  readonly remarks: readonly string[];
}

/**
 * Reads documents, and writes their page atomically. The same input gives the same bytes.
 *
 * @throws DataError the errors of `readPosts`; `data/cannot-read` for a picture folder that cannot be listed; `data/output-is-input`, `data/cannot-write`
 */
export async function writeView(request: ViewRequest): Promise<WrittenView> {
  const { path, documents, limit = DEFAULT_VIEW_LIMIT, title = basename(documents), signal } = request;
  await requireOwnOutput(path, [documents, request.gold]);
  const read = await readPosts(request, signal);
  const { posts, hasGold, report } = read;
  const folder = request.pictures === undefined ? undefined : await PictureFolder.open(request.pictures);
  const remarks = remarksOn(read, folder);
  const pictures = new PictureEmbedder(DEFAULT_PICTURE_LIMITS);
  const { page, shown } = await renderView(
    {
      ...{ title, posts, hasGold, limit, remarks, signal },
      pictureOf: (post) => pictureOf(post, folder),
      onProgress: request.onProgress,
    },
    pictures,
  );
  const bytes = Buffer.from(page, "utf8");
  await writeAtomically(path, (file) => file.bytes(bytes));
  const account = pictures.account;
  return { path, bytes: bytes.length, posts: posts.length, shown, pictures: account, read: report, remarks };
}

function pictureOf({ id, image }: ViewedPost, folder: PictureFolder | undefined): PostPicture {
  if (image === undefined || folder === undefined) return undefined;
  const found = folder.find(image);
  return found.state === "found"
    ? { from: "file", path: found.path, alt: `picture of post ${id}` }
    : { from: "nowhere", why: `no file ${image} in the folder of pictures` };
}

function remarksOn(
  { posts, report, withoutRelation, withoutGold, unusedGold }: ReadPosts,
  folder: PictureFolder | undefined,
): string[] {
  const named = posts.filter(({ image }) => image !== undefined);
  const missing = folder && named.filter(({ image }) => folder.find(image).state === "missing").length;
  return [
    ...(withoutRelation > 0
      ? [
          `${counted(withoutRelation, "relation")} with the label None ${withoutRelation === 1 ? "is" : "are"} not shown: None means that there is no relation.`,
        ]
      : []),
    ...(report.rejected > 0
      ? [
          `${counted(report.rejected, "row")} cannot be used and ${report.rejected === 1 ? "is" : "are"} not here; relata validate lists what is wrong.`,
        ]
      : []),
    ...(folder === undefined && named.length > 0
      ? [
          `${counted(named.length, "post")} name${named.length === 1 ? "s" : ""} a picture; --pictures <folder> shows them.`,
        ]
      : []),
    ...(missing
      ? [`${counted(missing, "picture")} named by posts ${missing === 1 ? "is" : "are"} not in the folder.`]
      : []),
    ...(withoutGold > 0 ? [`${counted(withoutGold, "post")} without gold labels.`] : []),
    ...(unusedGold > 0 ? [`${counted(unusedGold, "gold document")} without a post.`] : []),
  ];
}
