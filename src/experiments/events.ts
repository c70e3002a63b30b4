// The events that an experiment reports while it runs.
import type { Config } from "../config/schema.ts";
import type { Plan } from "./plan.ts";
import type { TaskEnd } from "./schedule.ts";
import type { CellEvaluation, Stage } from "./stage.ts";

export type ExperimentEvent =
  | {
      readonly kind: "plan";
      readonly plan: Plan;
      readonly seeds: readonly number[];
      readonly metric: Config["training"]["metric"];
      readonly stages: readonly Stage[];
      readonly evaluations: readonly CellEvaluation[];
      readonly jobs: number;
      readonly threads: number;
    }
  | { readonly kind: "begin"; readonly stage: Stage }
  | { readonly kind: "log"; readonly stage: Stage; readonly text: string }
  | {
      readonly kind: "end";
      readonly stage: Stage;
      readonly end: TaskEnd;
      /** It had already finished. */
      readonly reused: boolean;
      readonly seconds: number;
      /** Of a finished evaluation. */
      readonly score?: number;
      readonly failure?: string;
    };
