// The rule of a run's selection: from its settings, and from what the teachers read if it needs them.
import { DataError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import type { RelationLabels } from "../relation/read-relations.ts";
import type { PreparationRequest } from "../shared/training-task.ts";
import { type Gate, gateOf } from "./gate.ts";
import { matchedShare, retentionOf } from "./matched-share.ts";
import type { StudentSet } from "./prepare-students.ts";
import { readFurther, readScores, type ScoreRow, type ViewScores } from "./scores-file.ts";
import type { SelectionRule } from "./selection.ts";
import { similarities } from "./similarity.ts";
import { clustersOf } from "./teacher-folds.ts";
import { type TeacherSelection, teacherRule } from "./teacher-rule.ts";

/** All that teachers read. */
export interface Readings {
  readonly scores: ViewScores;
  /** Real second views of validation documents. */
  readonly real: readonly ScoreRow[] | undefined;
  /** By teachers that do not select. */
  readonly second: readonly ScoreRow[] | undefined;
  readonly shuffled: readonly ScoreRow[] | undefined;
}

/** A rule, and what it was chosen from. */
export interface ChosenRule {
  readonly rule: SelectionRule;
  /** If there are scores, whatever the rule. */
  readonly readings?: Readings | undefined;
  readonly gate?: Gate;
  /** Whether the share was chosen by what real second views tell. */
  readonly matched?: boolean;
}

type RuleRequest = Pick<
  PreparationRequest<RelationLabels>,
  "config" | "encoder" | "runtime" | "visual" | "onPreparation"
>;

/** Chooses the rule for training examples with generated views. @throws DataError `data/no-scores`, `data/bad-scores`, `data/missing-reading` */
export async function chooseRule(prepared: StudentSet, request: RuleRequest): Promise<ChosenRule> {
  const { config, encoder, runtime, visual, onPreparation } = request;
  const { use, rounds, real, selection } = config.synthesis;
  const { method, when, scores } = selection;
  if (use === "real" || rounds === 0) return { rule: { method: "none" } };
  const readings = scores === undefined ? undefined : await readReadings(scores);
  switch (method) {
    case "none":
      return { rule: { method }, readings };
    case "random":
      return { rule: { method, share: numberOf(selection), when, seed: config.training.seed }, readings };
    case "similarity": {
      const found = await similarities(prepared, real, {
        runtime,
        encoder: encoder.folder,
        visual: visual!, // views need a channel
        embedder: selection.embedder,
        onPreparation,
      });
      return { rule: { method, share: numberOf(selection), ...found }, readings };
    }
    case "teacher":
    case "threshold":
      return byTeachers(prepared, config, readings!); // trained before, where no scores were named
    default:
      return method satisfies never;
  }
}

function byTeachers(prepared: StudentSet, config: Config, readings: Readings): ChosenRule {
  const { selection } = config.synthesis;
  const { scores } = readings;
  const place = selection.scores!; // read from there
  const gate = selection.gate.enabled ? openedGate(prepared, config, readings, place) : undefined;
  if (gate?.open === false) return { rule: { method: "none" }, readings, gate };
  const last = scores.about.epochs - 1;
  const ruleFor = (chosen: TeacherSelection) =>
    teacherRule(chosen, scores, (epoch) => (selection.when === "once" ? last : epoch));
  const found = { readings, ...(gate ? { gate } : {}) };
  if (selection.method === "threshold") {
    return { rule: ruleFor({ method: "threshold", margin: selection.margin }), ...found };
  }
  if (selection.share !== "match") {
    return { rule: ruleFor({ method: "teacher", share: selection.share }), ...found };
  }
  const real = readings.real && retentionOf(readings.real, ({ cluster }) => cluster!); // rows of real views have one
  if (real === undefined) {
    throw missingReading(place, "the teachers read no real second views, so no share matches them", [
      "Score the views again with validation documents that have pictures or captions",
      "give synthesis.selection.share as a number",
    ]);
  }
  const share = matchedShare([...scores.rows.values()], real);
  return { rule: ruleFor({ method: "teacher", share }), ...found, matched: true };
}

function openedGate(
  prepared: StudentSet,
  { synthesis: { selection }, training }: Config,
  { second, shuffled }: Readings,
  place: string,
): Gate {
  if (second === undefined || shuffled === undefined) {
    throw missingReading(
      place,
      "there are no second teachers, but synthesis.selection.gate.enabled is true",
      ["Score the views again with this setting", "set it to false"],
    );
  }
  const clusters = clustersOf(prepared);
  return gateOf(second, shuffled, {
    margin: selection.gate.margin,
    seed: training.seed,
    clusterOf: (example) => clusters.get(example) ?? -1, // of other documents: together
  });
}

async function readReadings(folder: string): Promise<Readings> {
  const scores = await readScores(folder);
  const further = (reading: "real" | "second" | "shuffled") => readFurther(folder, scores.about, reading);
  return {
    scores,
    real: await further("real"),
    second: await further("second"),
    shuffled: await further("shuffled"),
  };
}

/** A share that is a number; `match` is refused where there are no teachers. */
function numberOf({ share }: Config["synthesis"]["selection"]): number {
  if (typeof share === "number") return share;
  throw new Error(`a share is matched only by teachers, got ${share}`);
}

function missingReading(place: string, what: string, ways: readonly [string, string]): DataError {
  return new DataError({
    code: "data/missing-reading",
    message: `${place}: ${what}`,
    place,
    remedy: `${ways[0]}, or ${ways[1]}.`,
  });
}
