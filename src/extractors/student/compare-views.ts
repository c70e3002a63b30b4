// Generated views beside real ones, as the same teachers read them: from how many they name the label, and what each view adds.
import { retentionOf } from "./matched-share.ts";
import type { ScoreRow } from "./scores-file.ts";
import type { RetentionRecord, ViewComparison } from "./selection-notes.ts";

/** What teachers read, and which of it a selection kept. */
export interface ComparedReadings {
  readonly real: "text" | "picture";
  readonly generated: readonly ScoreRow[];
  /** Of validation documents; rows have clusters. */
  readonly ofReal: readonly ScoreRow[] | undefined;
  /** By teachers that did not choose. */
  readonly second?: readonly ScoreRow[] | undefined;
  /** Equal for training examples of documents that share a text or a picture. */
  readonly clusterOf: (example: string) => number;
  /** Absent: nothing was selected yet. */
  readonly isKept?: ViewTest | undefined;
  /** The views that the first teachers keep without the second; default `isKept`. */
  readonly isKeptByFirst?: ViewTest | undefined;
}

type ViewTest = (example: string, view: string) => boolean;

export function compareViews(readings: ComparedReadings): ViewComparison {
  const { real, generated, ofReal, second, clusterOf, isKept, isKeptByFirst = isKept } = readings;
  const byExample = ({ example }: ScoreRow) => clusterOf(example);
  return {
    of: real === "text" ? "pictures" : "texts",
    all: recordOf(generated, byExample),
    ...(isKept ? { kept: recordOf(generated, byExample, isKept) } : {}),
    ...(second && isKeptByFirst ? { keptBySecondTeachers: recordOf(second, byExample, isKeptByFirst) } : {}),
    ...(ofReal ? { real: recordOf(ofReal, ({ cluster }) => cluster!) } : {}), // rows of real views have one
  };
}

function recordOf(
  rows: readonly ScoreRow[],
  clusterOf: (row: ScoreRow) => number,
  isCounted: ViewTest = () => true,
): RetentionRecord | undefined {
  const found = retentionOf(rows, clusterOf, isCounted);
  if (found === undefined) return undefined;
  let gain = 0;
  for (const { example, withoutView, views } of rows) {
    for (const { id, crossEntropy } of views) {
      if (isCounted(example, id)) gain += withoutView.at(-1)! - crossEntropy.at(-1)!; // every epoch has a score
    }
  }
  return {
    views: found.views,
    share: found.share,
    interval: found.interval,
    gainNats: gain / found.views,
  };
}
