// Prints the rounds of active learning: labels, scores, what was asked, cost and time.
import type { StopReason } from "../active/request.ts";
import type { RoundRecord, RoundScores } from "../active/run-files.ts";
import { duration } from "./progress-line.ts";
import { formatTable } from "./table.ts";

/** One row per round; columns that no round fills are left out. */
export function roundsTable(rounds: readonly RoundRecord[]): string {
  const columns: readonly (readonly [string, (record: RoundRecord) => string])[] = [
    ["round", ({ round }) => String(round)],
    ["documents", ({ documents }) => String(documents)],
    ["entities", ({ entities }) => String(entities)],
    ["relations", ({ relations }) => (relations === 0 ? "" : String(relations))],
    ["F1 entities", ({ validation }) => scoreText(validation?.entities)],
    ["F1 relations", ({ validation }) => scoreText(validation?.relations)],
    ["test entities", ({ test }) => scoreText(test?.entities)],
    ["test relations", ({ test }) => scoreText(test?.relations)],
    [
      "asked",
      ({ asked }) => (asked === null || asked.ids.length === 0 ? "" : `${asked.ids.length} by ${asked.by}`),
    ],
    ["unsure (pool)", ({ asked }) => unsureText(asked)],
    [
      "cost",
      ({ answered }) => (answered === null || answered.cost === 0 ? "" : `$${answered.cost.toFixed(2)}`),
    ],
    ["time", ({ trainSeconds, asked }) => duration(trainSeconds + (asked?.chooseSeconds ?? 0))],
  ];
  const filled = columns.filter(([, cell]) => rounds.some((record) => cell(record) !== ""));
  return formatTable(
    filled.map(([title]) => title),
    rounds.map((record) => filled.map(([, cell]) => cell(record))),
  );
}

/** Why a run has ended. */
export function stopInWords(reason: StopReason): string {
  return STOPS[reason];
}

const STOPS: Readonly<Record<StopReason, string>> = {
  rounds: "all rounds are done",
  target: "the validation F1 has reached the target",
  certain: "the model is sure about everything it looked at",
  pool: "nothing in the pool is left to ask about",
  interrupted: "it was interrupted",
};

function scoreText(score: RoundScores["entities"]): string {
  if (score === undefined) return "";
  const [low, high] = score.interval;
  return `${score.f1.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

function unsureText(asked: RoundRecord["asked"]): string {
  if (asked?.uncertainty == null || asked.ids.length === 0) return "";
  return `${asked.uncertainty.batch.toFixed(2)} (${asked.uncertainty.candidates.toFixed(2)})`;
}
