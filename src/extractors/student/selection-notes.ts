// What a selection of training views did, and what a user should hear of it before the first step.
import { counted } from "../../base/counted.ts";
import type { Gate } from "./gate.ts";
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

interface SelectionInformationRecord {
  readonly labelEntropyNats: number;
  readonly before: InformationRecord;
  /** Absent if nothing was kept. */
  readonly after?: InformationRecord;
}

/** From how many views teachers name the gold label. */
export interface RetentionRecord {
  readonly views: number;
  readonly share: number;
  /** 95 %, over other texts or pictures. */
  readonly interval: readonly [low: number, high: number];
  /** What a view adds to what teachers read without it, mean over views. */
  readonly gainNats: number;
}

/** Generated and real views as the same teachers read them. */
export interface ViewComparison {
  /** "pictures" or "texts". */
  readonly of: string;
  readonly all?: RetentionRecord | undefined;
  readonly kept?: RetentionRecord | undefined;
  /** What the first teachers keep, read by the second, which did not choose it. */
  readonly keptBySecondTeachers?: RetentionRecord | undefined;
  /** Real second views of the validation documents, once for each teacher. */
  readonly real?: RetentionRecord | undefined;
}

/** A selection in a run's record (`data.json`). */
export interface SelectionAccount {
  readonly method: string;
  /** Share of each example's views that is kept; absent for a threshold. */
  readonly share?: number;
  /** Whether the share was chosen by what real second views tell. */
  readonly matched?: boolean;
  /** Of a threshold, in nats. */
  readonly margin?: number;
  readonly gate?: Gate;
  readonly when: string;
  readonly views: number;
  readonly kept: number;
  /** Examples that have views, of which a threshold kept none. */
  readonly examplesWithoutKept?: number;
  readonly examplesWithViews?: number;
  readonly withoutCounterpart?: number;
  readonly information?: SelectionInformationRecord & { readonly teachersRead: TeacherReading };
  /** By the second teachers, before and after a selection by the first alone, so that it is not too optimistic. */
  readonly bySecondTeachers?: SelectionInformationRecord;
  readonly comparison?: ViewComparison;
}

/** Below this share of the views, a threshold that keeps so few is worth a warning. */
const FEW = 0.1;

/** What to know of a selection by teachers: the gate, what it kept, and how that compares with real views. One line each. */
export function selectionNotes(account: SelectionAccount | undefined): string[] {
  if (account === undefined) return [];
  const { gate, matched, share = 1, comparison } = account;
  return [
    ...(gate ? [gateNote(gate)] : []),
    ...keptNotes(account),
    ...(comparison ? [comparisonNote(comparison)] : []),
    ...(matched
      ? [`note: a share of ${round(share)} matches the kept ${comparison?.of ?? "views"} to real ones`]
      : []),
  ];
}

/** Whether a gate is open, and why. */
export function gateNote({ open, gainNats, gainInterval, marginNats }: Gate): string {
  if (gainNats === undefined || gainInterval === undefined) {
    return "warning: the gate is shut: no example has a view that could be exchanged for another's. All views are kept";
  }
  const [low, high] = gainInterval;
  const measured = `an example's views tell ${round(gainNats, 3)} nats more about its label than those of other examples (95 % interval ${round(low, 3)} to ${round(high, 3)}; must be above ${marginNats})`;
  return open
    ? `note: the gate is open: ${measured}`
    : `warning: the gate is shut, so nothing is selected and all views are kept: ${measured}`;
}

/** Says that a threshold kept no view, or few: such a student learns from the real views alone, or nearly so. */
function keptNotes({
  margin = 0,
  views,
  kept,
  examplesWithoutKept,
  examplesWithViews = 0,
}: SelectionAccount): string[] {
  if (examplesWithoutKept === undefined) return [];
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

/** Whether kept views tell more or less than real ones, as far as the intervals show. */
export function comparisonVerdict({ of, kept, real }: ViewComparison): string {
  if (real === undefined) return `the validation documents have no real ${of} to compare with`;
  if (kept === undefined) return `no ${of} are kept that real ones could be compared with`;
  if (kept.interval[0] > real.interval[1])
    return `kept ${of} tell more than real ones, so the student may believe real ones too much`;
  if (kept.interval[1] < real.interval[0])
    return `kept ${of} tell less than real ones, so the student may believe real ones too little`;
  return `no difference between kept ${of} and real ones shows`;
}

function comparisonNote(comparison: ViewComparison): string {
  return `note: ${comparisonInWords(comparison)}: ${comparisonVerdict(comparison)}`;
}

/** From how many views of each kind teachers name the label. */
export function comparisonInWords({ of, all, kept, real }: ViewComparison): string {
  const parts = [
    ...(all ? [`${percent(all)} of the generated ${of}`] : []),
    ...(kept ? [`${percent(kept)} of the kept ones`] : []),
    ...(real ? [`${percent(real)} of the validation documents' real ones`] : []),
  ];
  return `teachers name the label from ${parts.join(", ")}`;
}

const percent = ({ share }: RetentionRecord): string => `${(100 * share).toFixed(1)} %`;
const round = (value: number, digits = 2): string => String(Number(value.toFixed(digits)));
