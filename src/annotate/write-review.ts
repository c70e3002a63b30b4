// Writes annotated documents for people to check, the least sure first: to a file, as tasks of Label Studio, or for the page of a server.
import { mkdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { replaceFile } from "../base/atomic-file.ts";
import { writingTo } from "../base/cannot-write.ts";
import { ConfigError } from "../base/errors.ts";
import type { Document } from "../data/document.ts";
import { writeJsonl } from "../data/jsonl.ts";
import { labelStudioTask } from "../data/writing/label-studio.ts";
import { labelStudioConfig } from "../data/writing/label-studio-config.ts";
import type { AnnotationSchema } from "./schema.ts";
import { leastSureFirst } from "./uncertainty.ts";

/** Where documents to check are written. */
export type ReviewTarget =
  /** A file of documents. */
  | { readonly kind: "file"; readonly path: string }
  /** A file of tasks with predictions; the labeling configuration is written beside it. */
  | { readonly kind: "label-studio"; readonly path: string }
  /** A folder for `relata serve --documents`. */
  | { readonly kind: "page"; readonly folder: string };

/** What was written for checking. */
export interface WrittenReview {
  readonly target: ReviewTarget;
  readonly documents: number;
  /** All files. */
  readonly files: readonly string[];
}

/** Reads `FILE`, `label-studio:FILE` or `page:FOLDER`. @throws ConfigError `cli/wrong-usage` for a target without a name */
export function reviewTarget(text: string): ReviewTarget {
  const [, kind, rest] = /^(label-studio|page):(.*)$/su.exec(text) ?? [];
  const path = kind === undefined ? text : (rest ?? "");
  if (path.trim() === "") {
    throw new ConfigError({
      code: "cli/wrong-usage",
      message: `${JSON.stringify(text)} names no file to write`,
      place: "--review",
      value: text,
      remedy: "Write a file, label-studio:FILE or page:FOLDER.",
    });
  }
  if (kind === "label-studio") return { kind, path };
  return kind === "page" ? { kind, folder: path } : { kind: "file", path };
}

/**
 * Writes the documents, the least sure first.
 *
 * @throws DataError `data/cannot-write`
 */
export async function writeReview(
  target: ReviewTarget,
  documents: readonly Document[],
  { schema, model }: { readonly schema: AnnotationSchema; readonly model: string },
): Promise<WrittenReview> {
  const sorted = leastSureFirst(documents);
  switch (target.kind) {
    case "file":
      await writeJsonl(target.path, sorted);
      return { target, documents: sorted.length, files: [target.path] };
    case "page": {
      const path = pageFile(target.folder);
      await writingTo(target.folder, () => mkdir(target.folder, { recursive: true }));
      await writeJsonl(path, sorted);
      return { target, documents: sorted.length, files: [path] };
    }
    case "label-studio": {
      const config = `${target.path.slice(0, target.path.length - extname(target.path).length)}.config.xml`;
      const tasks = sorted.map((document) =>
        JSON.stringify(labelStudioTask(document, { as: "prediction", modelVersion: model })),
      );
      const xml = labelStudioConfig({
        entities: new Set(Object.keys(schema.entities)),
        relations: new Set(Object.keys(schema.relations)),
        categories: new Set(),
        hasPictures: sorted.some(({ image }) => image !== undefined),
      });
      await writeText(target.path, `[\n${tasks.join(",\n")}\n]\n`);
      await writeText(config, xml);
      return { target, documents: sorted.length, files: [target.path, config] };
    }
    default:
      return target satisfies never;
  }
}

/** The documents in a folder for the page. */
function pageFile(folder: string): string {
  return join(folder, "documents.jsonl");
}

async function writeText(path: string, text: string): Promise<void> {
  await writingTo(path, () => replaceFile(path, (file) => file.writeFile(text)));
}
