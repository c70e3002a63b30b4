// Writes a report: one self-contained HTML file that needs no network.
import { writeAtomically } from "../data/file-sink.ts";
import { renderPage } from "./page.ts";
import {
  DEFAULT_PICTURE_LIMITS,
  type PictureAccount,
  PictureEmbedder,
  type PictureLimits,
} from "./pictures.ts";
import type { ReportData } from "./report-data.ts";

/** A written page. */
export interface WrittenReport {
  readonly path: string;
  readonly bytes: number;
  /** Pictures on the page, and missing ones by reason. */
  readonly pictures: PictureAccount;
}

/**
 * Draws the report and writes it, atomically. The same data and pictures give the same bytes.
 *
 * @throws DataError `data/cannot-write`; EncoderError `encoder/picture-unreadable` for an existing picture without read permission.
 * @example
 * await writeReport("report.html", { title: "Ablation", sections: [{ title: "Scores", blocks: [table] }] });
 */
export async function writeReport(
  path: string,
  data: ReportData,
  limits: Partial<PictureLimits> = {},
): Promise<WrittenReport> {
  const pictures = new PictureEmbedder({ ...DEFAULT_PICTURE_LIMITS, ...limits });
  const page = await renderPage(data, pictures);
  const bytes = Buffer.from(page, "utf8");
  await writeAtomically(path, (file) => file.bytes(bytes));
  return { path, bytes: bytes.length, pictures: pictures.account };
}
