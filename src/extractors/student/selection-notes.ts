// What a selection of training views did, and what a user should hear of it before the first step.
import { counted } from "../../base/counted.ts";
import type { TeacherReading } from "./scores-file.ts";

/** What the views of some examples say about the label according to teachers, in nats. */
export interface InformationRecord {
  readonly instances: number;
  readonly views: number;
  readonly crossEntropyNats: number;
  readonly boundNats: number;
  readonly boundInterval: readonly [number, number];
  readonly gainNats?: number;
  readonly gainInterval?: readonly [number, number];
}

/** A selection in a run's record (`data.json`). */
export interface SelectionAccount {
  readonly method: string;
  /** Share of each example's views that is kept; absent for a threshold. */
  readonly share?: number;
  /** Of a threshold, in nats. */
  readonly margin?: number;
  readonly when: string;
  readonly views: number;
  readonly kept: number;
  /** Examples that have views, of which a threshold kept none. */
  readonly examplesWithoutKept?: number;
  readonly examplesWithViews?: number;
  readonly withoutCounterpart?: number;
  readonly information?: {
    readonly teachersRead: TeacherReading;
    readonly labelEntropyNats: number;
    readonly before: InformationRecord;
    /** Absent if nothing was kept. */
    readonly after?: InformationRecord;
  };
}

/** Below this share of the views, a threshold that keeps so few is worth a note. */
const FEW = 0.1;

/** Says that a threshold kept no view, or few: such a student learns from the real views alone, or nearly so. */
export function selectionNotes(account: SelectionAccount | undefined): string[] {
  if (account?.examplesWithoutKept === undefined) return [];
  const { margin = 0, views, kept, examplesWithoutKept, examplesWithViews = 0 } = account;
  const rule = `synthesis.selection.margin ${margin} nats`;
  if (kept === 0) {
    return [
      `warning: the teachers kept none of ${counted(views, "view")} (${rule}): with every one, the gold label is less probable than without. The student trains on the real views alone; a higher margin keeps more`,
    ];
  }
  const without = `${examplesWithoutKept} of ${counted(examplesWithViews, "example")} with views keep none`;
  const said = `the teachers kept ${kept} of ${counted(views, "view")} (${rule}); ${without}`;
  const isFew = kept < FEW * views || 2 * examplesWithoutKept > examplesWithViews;
  return [isFew ? `warning: ${said} and train on their real views alone` : `note: ${said}`];
}
