// The report's table of how unsteady each variant's trainings were.

import { formatNumber } from "../report/numbers.ts";
import type { Cell, TableBlock } from "../report/report-data.ts";
import type { ExperimentResults } from "./results.ts";
import type { TInterval } from "./t-interval.ts";

/** Empty if no training has ended. */
export function instabilityBlock({ instability, axis }: ExperimentResults): TableBlock[] {
  if (instability.length === 0) return [];
  return [
    {
      kind: "table",
      title: "Instability of the trainings",
      folded: axis === undefined,
      columns: [
        { header: "variant" },
        { header: "noise of the loss", digits: 4 },
        { header: "as a share" },
        { header: "95 % interval" },
        { header: "difference" },
        { header: "95 % interval" },
        { header: "gradient spikes", digits: 1 },
        { header: "diverged" },
        { header: "learned nothing" },
      ],
      rows: instability.map((row): Cell[] => [
        row.variant,
        row.lossNoise?.mean ?? null,
        row.relativeLossNoise?.mean ?? null,
        intervalOf(row.relativeLossNoise),
        row.difference?.mean ?? null,
        intervalOf(row.difference),
        row.gradientSpikes?.mean ?? null,
        seedsOf(row.diverged),
        seedsOf(row.notLearned),
      ]),
      legend:
        "Noise: standard deviation of a step's loss around its trend, from second differences of the log; the share is of the mean loss. Difference: of the share, from the reference, seed by seed. Intervals are over other seeds (Student's t). Spikes: lines of the log with a gradient norm above twice the median of the ten around it, mean over seeds. Diverged: seeds with a loss or gradient that is not a number.",
    },
  ];
}

function intervalOf(one: TInterval | undefined): string | null {
  return one?.interval === undefined
    ? null
    : one.interval.map((bound) => formatNumber(bound, 4)).join(" to ");
}

function seedsOf(seeds: readonly number[]): string | null {
  return seeds.length === 0 ? null : `seed ${seeds.join(", ")}`;
}
