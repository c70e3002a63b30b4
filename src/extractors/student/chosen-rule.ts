// The rule of a run's selection: from its settings, and from what the teachers read if it needs them.
import type { Config } from "../../config/schema.ts";
import type { RelationLabels } from "../relation/read-relations.ts";
import type { PreparationRequest } from "../shared/training-task.ts";
import type { Gate } from "./gate.ts";
import { matchedShare, retentionOf } from "./matched-share.ts";
import type { StudentSet } from "./prepare-students.ts";
import { gateBySecondTeachers, missingReading, type Readings, readReadings, rowsOfBoth } from "./readings.ts";
import { type RuleScores, ruleScores, type ScoreRow } from "./scores-file.ts";
import type { SelectionRule } from "./selection.ts";
import { similarities } from "./similarity.ts";
import { clustersOf } from "./teacher-folds.ts";
import { type TeacherSelection, teacherRule } from "./teacher-rule.ts";

/** A rule, and what it was chosen from. */
export interface ChosenRule {
  readonly rule: SelectionRule;
  /** If there are scores, whatever the rule. */
  readonly readings?: Readings | undefined;
  readonly gate?: Gate;
  /** Behind an open gate: what the first teachers would keep without the second, which can therefore judge it. */
  readonly firstRule?: SelectionRule;
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
  const gate = selection.gate.enabled
    ? gateBySecondTeachers(readings, config, clustersOf(prepared), place)
    : undefined;
  if (gate?.open === false) return { rule: { method: "none" }, readings, gate };
  const rows = gate ? rowsOfBoth(readings) : [...scores.rows.values()];
  const { selected, ...matched } = selectionOf(selection, rows, readings.real, place);
  const last = scores.about.epochs - 1;
  const ruleFrom = (from: RuleScores) =>
    teacherRule(selected, from, (epoch) => (selection.when === "once" ? last : epoch));
  return {
    rule: ruleFrom(gate ? ruleScores(rows) : scores),
    readings,
    ...matched,
    ...(gate ? { gate, firstRule: ruleFrom(scores) } : {}),
  };
}

/** The selection with a share that is a number. @throws DataError `data/missing-reading` */
function selectionOf(
  { method, share, margin }: Config["synthesis"]["selection"],
  rows: readonly ScoreRow[],
  ofReal: readonly ScoreRow[] | undefined,
  place: string,
): { readonly selected: TeacherSelection; readonly matched?: boolean } {
  if (method === "threshold") return { selected: { method, margin } };
  if (share !== "match") return { selected: { method: "teacher", share } };
  const real = ofReal && retentionOf(ofReal, ({ cluster }) => cluster!); // rows of real views have one
  if (real === undefined) {
    throw missingReading(place, "the teachers read no real second views, so no share matches them", [
      "Score the views again with validation documents that have pictures or captions",
      "give synthesis.selection.share as a number",
    ]);
  }
  return { selected: { method: "teacher", share: matchedShare(rows, real) }, matched: true };
}

/** A share that is a number; `match` is refused where there are no teachers. */
function numberOf({ share }: Config["synthesis"]["selection"]): number {
  if (typeof share === "number") return share;
  throw new Error(`a share is matched only by teachers, got ${share}`);
}
