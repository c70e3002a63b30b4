// Exports views with their contents to one Parquet file: one row per view, snappy, written by row group.
import type { FileHandle } from "node:fs/promises";
import type { SchemaElement } from "hyparquet";
import { replaceFile } from "../../base/atomic-file.ts";
import { openRowGroups } from "../../data/parquet/row-groups.ts";
import { ContentReader } from "../store/content-reader.ts";
import { openViewStore } from "../store/open-store.ts";
import { cannotWrite, exporting } from "./cannot-write.ts";
import { type ExportAccount, type ExportChoice, type ExportedView, exportedViews } from "./exported-view.ts";

const GROUP_ROWS = 1000;
/** A row group is held in memory: pictures of a megabyte reach this limit before the row limit. */
const GROUP_BYTES = 32 * 1024 * 1024;

const string = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;
const required = { repetition_type: "REQUIRED" } as const;
const optional = { repetition_type: "OPTIONAL" } as const;
const text = (name: string): SchemaElement => ({ name, ...string, ...required });
const integer = (name: string): SchemaElement => ({ name, type: "INT32", ...required });

const SCHEMA: SchemaElement[] = [
  { name: "root", num_children: 18 },
  text("id"),
  text("instance"),
  integer("chain"),
  integer("step"),
  integer("round"),
  text("kind"),
  { name: "rejected", ...string, ...optional },
  text("lineage"),
  text("request"),
  { name: "seed", type: "INT64", ...required },
  text("generator"),
  text("model"),
  { name: "cost", type: "DOUBLE", ...required },
  text("media_type"),
  text("sha256"),
  { name: "text", ...string, ...optional },
  { name: "mentions", ...string, ...optional },
  { name: "bytes", type: "BYTE_ARRAY", ...required },
];
const COLUMNS = SCHEMA.slice(1).map(({ name }) => name);

/**
 * Writes the views of a complete store. `lineage` and `mentions` are JSON lists, `bytes` is the content.
 *
 * @throws SynthesisError `synthesis/no-such-store`, `synthesis/incomplete-store`, `synthesis/damaged-store`; `synthesis/cannot-write`
 */
export async function exportParquet(
  folder: string,
  path: string,
  choice: ExportChoice = {},
): Promise<ExportAccount> {
  const store = await openViewStore(folder);
  const write = async (file: FileHandle): Promise<ExportAccount> => {
    const groups = await openRowGroups({
      schema: SCHEMA,
      columns: COLUMNS,
      maxRows: GROUP_ROWS,
      maxWeight: GROUP_BYTES,
      write: (bytes) => exporting(path, () => file.writeFile(bytes)),
    });
    await using contents = await ContentReader.open(folder);
    let views = 0;
    for await (const { view, row } of exportedViews(store, choice)) {
      const content = await contents.get(row.content);
      await groups.add(columnsOf(view, content), content.length);
      views++;
    }
    await groups.finish();
    return { views, files: 1 };
  };
  return replaceFile(path, write, (cause) => cannotWrite(path, cause));
}

function columnsOf(view: ExportedView, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const { mediaType, lineage, mentions, seed, rejected, text: words, ...rest } = view;
  return {
    ...rest,
    media_type: mediaType,
    lineage: JSON.stringify(lineage),
    mentions: mentions === null ? undefined : JSON.stringify(mentions),
    seed: BigInt(seed),
    rejected: rejected ?? undefined,
    text: words ?? undefined,
    bytes,
  };
}
