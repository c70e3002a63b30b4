// Shows the progress of an experiment: a redrawn table on a terminal, otherwise a line per stage.
import { counted } from "../base/counted.ts";
import { summarizeSeeds } from "../evaluation/seed-summary.ts";
import type { ExperimentEvent } from "../experiments/events.ts";
import { type Output, showsOnScreen, type Transient } from "./output.ts";
import { printable } from "./printable.ts";
import { duration } from "./progress-line.ts";
import { formatTable } from "./table.ts";

export interface ExperimentProgress {
  readonly onEvent: (event: ExperimentEvent) => void;
  stop(): void;
}

type StageState =
  | { readonly kind: "waiting" }
  | { readonly kind: "running"; readonly since: number; readonly share: number }
  | {
      readonly kind: "ended";
      readonly how: string;
      readonly seconds: number;
      readonly reused: boolean;
      readonly score?: number | undefined;
    };

type PlanEvent = Extract<ExperimentEvent, { kind: "plan" }>;

const REDRAW_MS = 1000; // a ticking clock shows enough life

/** Returns callbacks that print on stderr. */
export function experimentProgress(output: Output): ExperimentProgress {
  if (output.json) return { onEvent: () => undefined, stop: () => undefined };
  const state = new ExperimentState();
  return process.stderr.isTTY ? liveTable(state) : plainLines(state, output);
}

/** The state of all stages. */
class ExperimentState {
  plan: PlanEvent | undefined;
  readonly stages = new Map<string, StageState>();

  take(event: ExperimentEvent): void {
    switch (event.kind) {
      case "plan":
        this.plan = event;
        for (const { id } of event.stages) this.stages.set(id, { kind: "waiting" });
        return;
      case "begin":
        this.stages.set(event.stage.id, { kind: "running", since: Date.now(), share: 0 });
        return;
      case "log": {
        const before = this.stages.get(event.stage.id);
        const share = shareDone(event.text);
        if (before?.kind === "running" && share !== undefined)
          this.stages.set(event.stage.id, { ...before, share });
        return;
      }
      case "end": {
        const { end, seconds, reused, score } = event;
        this.stages.set(event.stage.id, {
          kind: "ended",
          how: end,
          seconds,
          reused,
          score,
        });
        return;
      }
      default:
        event satisfies never;
    }
  }

  count(): { readonly ended: number; readonly all: number } {
    const ended = [...this.stages.values()].filter(({ kind }) => kind === "ended").length;
    return { ended, all: this.stages.size };
  }

  /** Estimates the seconds left from stages of the same kind; undefined until one has finished. */
  remainingSeconds(): number | undefined {
    if (this.plan === undefined) return undefined;
    const seen = new Map<string, number[]>();
    for (const { id, kind } of this.plan.stages) {
      const state = this.stages.get(id);
      const took =
        state?.kind === "ended" && state.how === "done"
          ? state.seconds
          : state?.kind === "running" && state.share > 0.05
            ? (Date.now() - state.since) / 1000 / state.share
            : undefined;
      if (took !== undefined) seen.set(kind, [...(seen.get(kind) ?? []), took]);
    }
    let left = 0;
    for (const { id, kind } of this.plan.stages) {
      const state = this.stages.get(id);
      if (state === undefined || state.kind === "ended") continue;
      const times = seen.get(kind);
      if (times === undefined) {
        if (kind === "train") return undefined; // the others are short in comparison
        continue;
      }
      const expected = times.reduce((sum, time) => sum + time, 0) / times.length;
      const spent = state.kind === "running" ? (Date.now() - state.since) / 1000 : 0;
      left += Math.max(0, expected - spent);
    }
    return left / this.plan.jobs;
  }

  scoreOf(id: string): number | undefined {
    const state = this.stages.get(id);
    return state?.kind === "ended" ? state.score : undefined;
  }
}

/** Returns the progress of a training from the last line with a count. */
function shareDone(log: string): number | undefined {
  const last = [...log.matchAll(/^training (\d+)\/(\d+)/gm)].at(-1);
  return last === undefined ? undefined : Number(last[1]) / Number(last[2]);
}

function plainLines(state: ExperimentState, output: Output): ExperimentProgress {
  return {
    onEvent: (event) => {
      state.take(event);
      if (event.kind === "plan") output.note(planLine(event));
      if (event.kind !== "end" || event.reused) return;
      const { ended, all } = state.count();
      const left = state.remainingSeconds();
      const score = event.score === undefined ? "" : `, ${state.plan?.metric} ${event.score.toFixed(4)}`;
      const eta = left === undefined || ended === all ? "" : `, about ${duration(left)} left`;
      output.note(
        `[${ended}/${all}] ${event.stage.id}: ${event.end} after ${duration(event.seconds)}${score}${eta}`,
      );
      if (event.failure !== undefined) output.note(event.failure.replaceAll(/^/gm, "    "));
    },
    stop: () => undefined,
  };
}

function planLine({ plan, seeds, stages, jobs, threads }: PlanEvent): string {
  return `${plan.title}: ${counted(stages.length, "stage")} with ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}; ${jobs} at a time with ${counted(threads, "thread")} each`;
}

function liveTable(state: ExperimentState): ExperimentProgress {
  let shownLines = 0;
  const draw = () => {
    const { columns = 80, rows = 24 } = process.stderr;
    const text = tableOf(state)
      .slice(0, rows - 1)
      .map((line) => line.slice(0, columns - 1));
    showsOnScreen(self);
    const up = shownLines === 0 ? "" : `\u001b[${shownLines}A`;
    process.stderr.write(`${up}\r\u001b[J${printable(text.join("\n"))}\n`);
    shownLines = text.length;
  };
  const clear = () => {
    if (shownLines > 0) process.stderr.write(`\u001b[${shownLines}A\r\u001b[J`);
    shownLines = 0;
  };
  const self: Transient = { hide: clear };
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  return {
    onEvent: (event) => {
      state.take(event);
      if (event.kind === "end" && event.failure !== undefined) {
        clear();
        process.stderr.write(
          printable(`${event.stage.id}: ${event.end}\n${event.failure.replaceAll(/^/gm, "    ")}\n`),
        );
      }
      if (event.kind !== "log") draw();
    },
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}

/** A row per variant and evaluation: a column per seed with its score or progress, then mean and deviation; the best mean is marked. */
function tableOf(state: ExperimentState): string[] {
  const { plan } = state;
  if (plan === undefined) return [];
  const { seeds, evaluations } = plan;
  const rows = new Map<string, Map<number, (typeof evaluations)[number]>>();
  for (const one of evaluations) {
    const { set, condition } = one.evaluation;
    const name = [`${one.variant}, ${set}`, ...(condition === undefined ? [] : [condition])].join(", ");
    rows.set(name, (rows.get(name) ?? new Map()).set(one.seed, one));
  }
  const scored = [...rows].map(([name, cells]) => {
    const scores = [...cells.values()].flatMap(({ evaluate }) => state.scoreOf(evaluate) ?? []);
    return { name, cells, summary: scores.length === 0 ? undefined : summarizeSeeds(scores) };
  });
  const best = Math.max(...scored.map(({ summary }) => summary?.mean ?? Number.NEGATIVE_INFINITY));
  const { ended, all } = state.count();
  const left = state.remainingSeconds();
  const table = formatTable(
    [plan.metric, ...seeds.map((seed) => `seed ${seed}`), "mean", "sd"],
    scored.map(({ name, cells, summary }) => [
      name,
      ...seeds.map((seed) => cellText(state, cells.get(seed))),
      summary === undefined ? "" : `${summary.mean.toFixed(4)}${summary.mean === best ? " *" : ""}`,
      summary?.standardDeviation?.toFixed(4) ?? "",
    ]),
  );
  const foot = `${ended} of ${counted(all, "stage")}, ${plan.jobs} at a time${left === undefined ? "" : `, about ${duration(left)} left`}`;
  const legend = Number.isFinite(best) ? ["* the best mean"] : [];
  return [plan.plan.title, ...table.split("\n"), ...legend, foot];
}

function cellText(state: ExperimentState, cell: PlanEvent["evaluations"][number] | undefined): string {
  if (cell === undefined) return "";
  const [train, evaluate] = [state.stages.get(cell.train), state.stages.get(cell.evaluate)];
  if (evaluate?.kind === "ended") return evaluate.score?.toFixed(4) ?? evaluate.how;
  if (train?.kind === "running") return `${Math.round(100 * train.share)} %`;
  if (evaluate?.kind === "running") return "scoring";
  return train?.kind === "ended" && train.how !== "done" ? train.how : "-";
}
