// Describes the contents of a store of generated views: counts by step and state, and the reasons.
import { counted } from "../base/counted.ts";
import { printable } from "../synthesis/generators/http-answer.ts";
import { totalOf } from "../synthesis/store/by-generator.ts";
import type { SaidSurvey, StoreSurvey } from "../synthesis/store/survey.ts";
import { formatTable } from "./table.ts";

/** Returns the survey of a store as a table and a list of reasons. */
export function describeSurvey(survey: StoreSurvey): string {
  const { planned, done, steps, reasons, failures, refusals, cost, bytes } = survey;
  const rows = steps.map(({ step, kind, generated, rejected, refused, notMade }) => [
    `${step} (${kind}${step % 2 === 1 ? ", view" : ""})`,
    ...[generated, rejected, refused, notMade],
  ]);
  const total = totalOf(cost);
  return [
    `${done} of ${counted(planned, "step")}, ${bytesText(totalOf(bytes))}${total > 0 ? `, cost ${total.toFixed(2)} (pictures ${cost.textToImage.toFixed(2)}, texts ${(cost.imageToText + cost.textToText).toFixed(2)})` : ""}`,
    formatTable(["step", "generated", "rejected", "refused", "not made"], rows),
    ...Object.entries(reasons).flatMap(([reason, count]) => {
      const failure = failures.find(({ code }) => reason === `failed: ${code}`);
      const said = failure ?? refusals.find((refusal) => reason === `refused: ${refusal.reason}`);
      return [`${count} ${reason}`, ...(said === undefined ? [] : [`  ${describeSaid(said)}`])];
    }),
  ].join("\n");
}

/** Where a call failed or was refused, and with what message. */
export function describeSaid({ instance, step, message }: Omit<SaidSurvey, "count">): string {
  return `${printable(instance)}, step ${step}: ${message}`;
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** "512 bytes", "3.4 MiB". */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
