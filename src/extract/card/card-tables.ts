// The tables of a model card: data, scores, labels, thresholds, fingerprints.

import type { Measurement, ScoreTable } from "../../extractors/shared/measured-scores.ts";
import type { ModelKind } from "../../extractors/shared/saved-config.ts";
import type { TrainingRecord } from "../../extractors/shared/training-record.ts";
import type { CardFacts, ModelFacts } from "./card-facts.ts";

export const MODEL_NAMES: Readonly<Record<ModelKind, string>> = {
  entity: "entity model",
  relation: "relation model",
  category: "category model",
};

/** A table in Markdown. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Escapes what would end a cell or its row, or be read as markup. */
function cell(value: string | number): string {
  return String(value)
    .replaceAll(/[\r\n]+/g, " ")
    .replaceAll(/[|<\\]/g, (one) => (one === "<" ? "&lt;" : `\\${one}`));
}

export const number = (value: number) => value.toFixed(3);
const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((all, one) => all + one, 0);

function withoutNone({ None: _, ...others }: Readonly<Record<string, number>>): Record<string, number> {
  return others;
}

export function dataTable(models: readonly ModelFacts[]): string {
  const rows = models.flatMap(({ kind, record }) =>
    record === undefined
      ? [[MODEL_NAMES[kind], "not on record", "", "", "", "", ""]]
      : (["train", "validation"] as const).map((split) => {
          const { source, documents, statistics, fingerprint } = record[split];
          const annotated = kind === "entity" ? statistics.entities : statistics.relations;
          return [
            MODEL_NAMES[kind],
            split,
            source,
            documents,
            kind === "category" ? sum(statistics.categories ?? {}) : sum(withoutNone(annotated)),
            Math.round(statistics.tokens.mean),
            `\`${fingerprint.slice(0, 12)}\``,
          ];
        }),
  );
  return table(["model", "split", "file", "documents", "annotations", "mean words", "SHA-256"], rows);
}

export function scoresTable(measured: readonly Measurement[]): string {
  const rows = measured.flatMap(({ data, split, scores }) =>
    scores.map((one) => [
      one.of,
      `${data.source} (${split}, ${data.documents} documents)`,
      ...prf(one),
      number(one.macroF1),
    ]),
  );
  return table(["what", "documents", "precision", "recall", "F1", "95 % interval", "macro F1"], rows);
}

function prf({
  precision,
  recall,
  f1,
  interval,
}: Pick<ScoreTable, "precision" | "recall" | "f1" | "interval">) {
  const between = interval === null ? "" : interval.map(number).join(" to ");
  return [number(precision), number(recall), number(f1), between];
}

/** Scores per label of the measurement that says most about new posts: a test, or else the validation. */
export function labelTables({ models, measured }: CardFacts): string[] {
  const kinds = [...new Set(measured.flatMap(({ scores }) => scores.map(({ of }) => of)))];
  return kinds.map((of) => {
    const ofKind = measured.filter(({ scores }) => scores.some((one) => one.of === of));
    const best = ofKind.findLast(({ split }) => split === "test") ?? ofKind.at(-1)!; // the kinds are those of the measurements
    const own = best.scores.find((one) => one.of === of)!;
    const examples = trainingCounts(models, of);
    const rows = [...own.labels]
      .sort((a, b) => b.gold - a.gold)
      .map((one) => [
        one.label,
        examples?.[one.label] ?? (examples ? 0 : ""),
        one.gold,
        one.predicted,
        ...prf(one),
      ]);
    const head = ["label", "in training", "gold", "found", "precision", "recall", "F1", "95 % interval"];
    return [`**${of}**, on ${best.data.source} (${best.split})`, "", table(head, rows)].join("\n");
  });
}

/** How often each label is annotated in the training documents; undefined if that is not on record. */
export function trainingCounts(
  models: readonly ModelFacts[],
  of: ScoreTable["of"],
): Readonly<Record<string, number>> | undefined {
  const kind = of === "entities" ? "entity" : of === "categories" ? "category" : "relation";
  const statistics = models.find((model) => model.kind === kind)?.record?.train.statistics;
  if (statistics === undefined) return undefined;
  if (kind === "entity") return statistics.entities;
  return kind === "relation" ? statistics.relations : (statistics.categories ?? {});
}

export function thresholdTable({ thresholds }: Pick<ModelFacts, "thresholds">): string | undefined {
  if (thresholds === undefined) return undefined;
  const rows = thresholds.labels.map(({ label, threshold, heldOut }) => [
    label,
    threshold === null ? "never reported" : number(threshold),
    heldOut?.precision === null || heldOut === null ? "" : number(heldOut.precision),
    heldOut === null ? "" : number(heldOut.recall),
  ]);
  return table(["label", "reported from", "precision, held out", "recall, held out"], rows);
}

export function fingerprintTable(models: readonly ModelFacts[]): string {
  const rows = models.flatMap(({ kind, weights, record }) => [
    [MODEL_NAMES[kind], "weights", `\`${weights}\``],
    ...Object.entries(record === undefined ? {} : allFingerprints(record)).map(([what, hash]) => [
      MODEL_NAMES[kind],
      what,
      `\`${hash}\``,
    ]),
  ]);
  return table(["model", "of", "SHA-256"], rows);
}

function allFingerprints({ train, validation, fingerprints }: TrainingRecord): Record<string, string> {
  return {
    "training documents": train.fingerprint,
    "validation documents": validation.fingerprint,
    tokenizer: fingerprints.tokenizer,
    "text encoder before training": fingerprints.encoder,
    settings: fingerprints.configuration,
  };
}
