// `relata export --web`: checks what was given, exports, and tells what a page has to download.
import { counted } from "../base/counted.ts";
import { ConfigError } from "../base/errors.ts";
import { formatBytes } from "../base/format-bytes.ts";
import { shellWord } from "../base/shell-word.ts";
import type { StoredPrecision } from "../engine/packed-weights.ts";
import type { WebExportSummary } from "../extract/web/web-request.ts";
import type { CommandContext } from "./context.ts";
import { trainingProgress } from "./training-progress.ts";

/** What `relata export --web` takes. */
export interface WebExportOptions {
  readonly model: string;
  readonly folder: string;
  readonly precision: StoredPrecision | undefined;
  /** False with --no-pictures. */
  readonly pictures: boolean;
  readonly verify: boolean | undefined;
  readonly extension: readonly string[] | undefined;
}

/** Refuses options of the other kind of export. @throws ConfigError `cli/contradiction` */
export function requireOneKind(web: boolean, given: Readonly<Record<string, unknown>>): void {
  const stray = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (stray === undefined) return;
  throw new ConfigError({
    code: "cli/contradiction",
    message: web ? `--web and ${stray} exclude each other` : `${stray} is given without --web`,
    place: stray,
    remedy: web
      ? "With --web give two folders: the bundle or model, and the folder to write (relata export --web models/posts web/posts)."
      : `Add --web, or omit ${stray}.`,
  });
}

/** Exports a model for web pages and prints what was written. */
export async function exportForWeb(
  { model, folder, precision, pictures, verify, extension }: WebExportOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const { exportWeb } = await import("../extract/web/export-web.ts");
  const { loadExtensions } = await import("../extensions/load-extensions.ts");
  const progress = trainingProgress(output);
  let summary: WebExportSummary;
  try {
    summary = await exportWeb({
      model,
      folder,
      precision,
      withoutPictures: !pictures,
      verify,
      extensions: await loadExtensions(extension),
      onNotice: (notice) => output.note(notice),
      signal,
      onProgress: progress.onPreparation,
    });
  } finally {
    progress.stop();
  }
  output.result(summary, () => describe(summary));
}

function describe(summary: WebExportSummary): string {
  const { folder, files, bytes, precision, entityTypes, relations, categories, pictures, notices } = summary;
  const finds = [
    ...(entityTypes.length > 0 ? [counted(entityTypes.length, "entity type")] : []),
    ...(relations.length > 0 ? [counted(relations.length, "relation")] : []),
    ...(categories.length > 0 ? [counted(categories.length, "category", "categories")] : []),
  ];
  return [
    `wrote ${folder}: ${counted(files, "file")}, ${formatBytes(bytes)} in ${precision}; ${finds.join(", ")}; ${pictures ? "texts and pictures" : "texts only"}`,
    ...notices.map((notice) => `note: ${notice}`),
    `Next: upload ${shellWord(folder)} to any web server, and load it in a page (docs/browser.md)`,
  ].join("\n");
}
