// What becomes of a row: the lines of the output, or a line among the rejected rows. It depends on nothing but the row and the models.
import { RelataError } from "../../base/errors.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import type { Extractor, ItemOutcome } from "../extractor.ts";
import type { Extraction, Post } from "../post.ts";
import { type BatchAccount, countExtraction, countRejected, extractedDocument } from "./account.ts";
import { linesOfDocument, type OutputFormat } from "./output-format.ts";
import type { PostRow, PostSource, RowFault, RowPost } from "./post-rows.ts";
import type { RowVisual } from "./row-visuals.ts";

/** A row with its picture and caption. */
export interface RowItem {
  readonly row: PostRow;
  readonly post: RowPost | undefined;
  readonly visual: RowVisual;
}

/** Adds what can be seen of each row. */
export async function* itemsOf(
  rows: AsyncIterable<PostRow> | Iterable<PostRow>,
  visualOf: (post: RowPost) => RowVisual,
): AsyncGenerator<RowItem> {
  for await (const row of rows) {
    const post = "post" in row ? row.post : undefined;
    yield { row, post, visual: post ? visualOf(post) : {} };
  }
}

/** Returns the models' input for a row; mentions only if they are requested or no model can find them. */
export function postOf(
  { needsMentions }: Extractor,
  { givenMentions }: { readonly givenMentions?: boolean | undefined },
): (item: RowItem) => Post | undefined {
  const given = needsMentions || givenMentions === true;
  return ({ post, visual }) =>
    post && {
      text: post.text,
      image: visual.image,
      caption: visual.caption,
      words: post.words,
      entities: given ? post.entities : undefined,
    };
}

/** Returns the output lines of a row, or why there are none, and counts it in the account. */
export function linesOf(
  { item, outcome }: ItemOutcome<RowItem>,
  account: BatchAccount,
  { format, offsets }: { readonly format: OutputFormat; readonly offsets: OffsetUnit | undefined },
): readonly string[] | RowFault {
  const { row, post, visual } = item;
  const fault = "fault" in row ? row.fault : outcome instanceof RelataError ? outcome : undefined;
  if (fault !== undefined || post === undefined || outcome === undefined || outcome instanceof RelataError) {
    const { code, message } = fault!; // a row without a post has a fault, a post without an outcome an error
    countRejected(account, { code, message });
    return { code, message };
  }
  const extraction: Extraction =
    visual.missing === undefined ? outcome : { ...outcome, visual: "missing", visualError: visual.missing };
  countExtraction(account, extraction);
  return linesOfDocument(extractedDocument(post, extraction), format, offsets);
}

/** The line of a rejected row. */
export function rejectedLine(row: PostRow, { code, message }: RowFault): string {
  const id = "post" in row ? row.post.id : row.id;
  return JSON.stringify({ row: row.row, id, error: { code, message } });
}

/** A row whose post has the id of an earlier one, as a rejected row. */
export function asDuplicate(row: PostRow, { place }: Pick<PostSource, "place">): PostRow {
  if (!("post" in row)) return row;
  const { id } = row.post;
  const message = `${place}:${row.row}: an earlier row has the id ${JSON.stringify(id)}`;
  return { row: row.row, key: row.key, id, fault: { code: "data/duplicate-id", message } };
}
