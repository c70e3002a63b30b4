// Reads the posts of a page: documents of any format, beside gold labels from another file or from their own `meta.gold`.
import { DataError } from "../../base/errors.ts";
import type { Document, Relation } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import { parseDocument } from "../../data/parse-document.ts";
import { formatOf, type ReadFileOptions, readDocuments } from "../../data/readers.ts";
import type { ReadReport } from "../../data/report.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { type ViewedPost, viewBesideGold, viewDocument } from "./viewed-post.ts";

/** The files of a page. */
export interface ViewFiles {
  readonly documents: string;
  /** Default "auto". */
  readonly format?: string | undefined;
  readonly offsets?: OffsetUnit | undefined;
  /** The same documents with their gold labels. */
  readonly gold?: string | undefined;
  /** Format of the gold file; default "auto". */
  readonly goldFormat?: string | undefined;
  readonly extensions?: Extensions | undefined;
}

export interface ReadPosts {
  readonly posts: readonly ViewedPost[];
  readonly report: ReadReport;
  /** Whether at least one post has a gold side. */
  readonly hasGold: boolean;
  /** Relations with the label "None", which are not shown. */
  readonly withoutRelation: number;
  /** Posts without gold labels, if others have some. */
  readonly withoutGold: number;
  /** Gold documents that no post belongs to. */
  readonly unusedGold: number;
}

/**
 * Reads the documents and joins them with their gold labels by id.
 *
 * @throws DataError the errors of `readDocuments`; `data/no-documents` if no row can be used; `data/other-predictions` if no document has gold
 * labels in the gold file, or one has another text there
 */
export async function readPosts(files: ViewFiles, signal?: AbortSignal): Promise<ReadPosts> {
  const {
    documents: path,
    format = "auto",
    gold: goldPath,
    goldFormat = "auto",
    extensions,
    offsets,
  } = files;
  const options = { extensions, offsets, policy: "report", ...(signal && { signal }) } as const;
  const { documents, report } = await readDocuments(path, { ...options, format });
  if (documents.length === 0) throw noDocuments(path, report);
  const gold =
    goldPath === undefined ? undefined : await goldById(goldPath, { ...options, format: goldFormat });
  let [joined, withoutGold] = [0, 0];
  const posts = documents.map((document) => {
    const own = gold === undefined ? ownGold(document) : gold.get(document.id);
    if (own === undefined) {
      withoutGold++;
      return viewDocument(document);
    }
    if (own.text !== document.text) throw otherText(files, document);
    joined++;
    return viewBesideGold(document, own);
  });
  if (goldPath !== undefined && joined === 0) throw noGold(path, goldPath);
  return {
    posts,
    report,
    hasGold: joined > 0,
    withoutRelation: documents.flatMap(({ relations }) => relations).filter(isNone).length,
    withoutGold: joined > 0 ? withoutGold : 0,
    unusedGold: gold === undefined ? 0 : gold.size - joined,
  };
}

function isNone({ label }: Relation): boolean {
  return label === NONE_LABEL;
}

/** The documents of the gold file by id; the unit of offsets applies if the file's format has offsets. */
async function goldById(
  path: string,
  { offsets, ...options }: ReadFileOptions,
): Promise<Map<string, Document>> {
  const format = await formatOf(path, options.format, options.extensions);
  const counted = format.offsets === undefined ? {} : { offsets };
  const { documents } = await readDocuments(path, { ...options, ...counted, format: format.name });
  return new Map(documents.map((document) => [document.id, document]));
}

/** The gold labels that predictions carry in `meta.gold`; undefined if there are none, or they are something else. */
function ownGold({ id, text, image, meta }: Document): Document | undefined {
  const gold = meta?.gold;
  if (typeof gold !== "object" || gold === null || Array.isArray(gold)) return undefined;
  const { entities, relations, category } = gold as Readonly<Record<string, unknown>>;
  return parseDocument({ id, text, image, entities, relations, category }, `document ${id}: meta.gold`).value;
}

function noDocuments(path: string, report: ReadReport): DataError {
  const [first] = report.defects.filter(({ severity }) => severity === "error");
  return new DataError({
    code: "data/no-documents",
    message: `${path} has no document that can be shown${first === undefined ? "" : ` (${first.place}: ${first.message})`}`,
    place: path,
    remedy:
      "`relata validate` lists what is wrong with each row. Raw posts without entities are extracted first: relata extract.",
  });
}

function otherText({ documents, gold = documents }: ViewFiles, { id }: Document): DataError {
  return new DataError({
    code: "data/other-predictions",
    message: `document ${JSON.stringify(id)} has a different text in ${gold}`,
    place: gold,
    value: id,
    remedy: "Give the gold labels of the same documents.",
  });
}

function noGold(path: string, gold: string): DataError {
  return new DataError({
    code: "data/other-predictions",
    message: `no document of ${path} has its id in ${gold}`,
    place: gold,
    remedy: "Give the gold labels of the same documents.",
  });
}
