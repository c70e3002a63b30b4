// Shows the progress of a training run: a bar per phase, one line per evaluation.

import { counted } from "../base/counted.ts";
import { formatBytes } from "../base/format-bytes.ts";
import type { PreparationProgress } from "../base/progress.ts";
import type { TrainingData } from "../extractors/requests.ts";
import type { TrainingEvent } from "../training/progress.ts";
import { describeData } from "./data-account.ts";
import type { Output, Progress } from "./output.ts";
import { duration } from "./progress-line.ts";

export interface TrainingProgress {
  /** A run of several stages begins the next, which the text names. */
  readonly onStage: (text: string) => void;
  readonly onPreparation: (progress: PreparationProgress) => void;
  readonly onTraining: (event: TrainingEvent) => void;
  readonly onData: (data: TrainingData) => void;
  stop(): void;
}

/** Returns callbacks that print on `output`. @param metric the score that chooses the best model; by default the first of an evaluation */
export function trainingProgress(output: Output, metric?: string): TrainingProgress {
  let phase: string | undefined;
  let bar: Progress | undefined;
  let score: string | undefined; // of the last evaluation
  let noun: Extract<TrainingEvent, { kind: "start" }>["exampleNoun"] = "example";
  const show = (what: string, done: number, total: number, note?: string, remaining?: number) => {
    if (phase !== what) {
      bar?.stop();
      phase = what;
      bar = output.progress(what, total);
    }
    bar?.update(done, note, remaining);
  };
  const end = () => {
    bar?.stop();
    bar = undefined;
    phase = undefined;
  };
  const say = (text: string) => {
    if (bar !== undefined) bar.note(text);
    else if (!output.json) output.note(text);
  };
  return {
    onStage: (text) => {
      end();
      score = undefined;
      output.line(text);
    },
    onPreparation: ({ what, done, total }) => show(what, done, total),
    onData: (data) => {
      end();
      output.line(describeData(data));
    },
    onTraining: (event) => {
      switch (event.kind) {
        case "start":
          noun = event.exampleNoun;
          say(startLine(event));
          return;
        case "step":
          show(
            "training",
            event.step,
            event.totalSteps,
            [
              `epoch ${event.epoch + 1}, loss ${event.loss.toFixed(4)}`,
              ...(score === undefined ? [] : [score]),
              `${event.examplesPerSecond.toFixed(1)} ${noun}s/s`,
            ].join(", "),
            event.remainingSeconds,
          );
          return;
        case "plan":
          say(planLine(event));
          return;
        case "evaluation":
          [score] = scoresOf(event.metrics, metric);
          say(
            `step ${event.step}, epoch ${event.epoch + 1}: ${scoresOf(event.metrics, metric).join(", ")}${event.best ? " (best)" : ""}`,
          );
          return;
        case "stop":
          say(`${event.status} at step ${event.step}: ${event.message}`);
          return;
        case "epoch":
        case "checkpoint":
          return;
        default:
          event satisfies never;
      }
    },
    stop: () => bar?.stop(),
  };
}

function startLine(event: Extract<TrainingEvent, { kind: "start" }>): string {
  const from =
    event.resumedFrom === undefined ? "" : `, resumed at step ${event.step} from ${event.resumedFrom}`;
  const differences = event.environmentDifferences.map(
    (difference) => `\nwarning: changed since the last start: ${difference}`,
  );
  const needs = [
    ...(event.memory ? [`about ${formatBytes(event.memory.totalBytes)} of memory`] : []),
    `${formatBytes(event.disk.peakBytes)} of disk while it trains, ${formatBytes(event.disk.keptBytes)} afterwards`,
  ];
  return `${counted(event.examples, event.exampleNoun)}, ${counted(event.totalSteps, "step")}${from}\n${needs.join("; ")}${differences.join("")}`;
}

/** How long the run will take at most; it may stop earlier. */
function planLine({
  epochs,
  totalSteps,
  remainingSeconds,
}: Extract<TrainingEvent, { kind: "plan" }>): string {
  const work = epochs === undefined ? counted(totalSteps, "step") : counted(epochs, "epoch");
  return `about ${duration(remainingSeconds)} for at most ${work}`;
}

const SHOWN_SCORES = 3; // metrics.jsonl has them all

/** The chosen metric and two more, which need no prefix if it is the same: "micro_f1 0.81, precision 0.80, recall 0.82". */
function scoresOf(metrics: Readonly<Record<string, number>>, chosen: string | undefined): string[] {
  return Object.entries(metrics)
    .sort(([a], [b]) => Number(b === chosen) - Number(a === chosen))
    .slice(0, SHOWN_SCORES)
    .map(([name, value], i, [[first]]) => {
      const prefix = first.slice(0, first.indexOf("_") + 1);
      const short = i > 0 && name.startsWith(prefix) ? name.slice(prefix.length) : name;
      return `${short} ${value.toFixed(4)}`;
    });
}
