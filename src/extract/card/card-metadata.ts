// The metadata header of a model card, in the form that hubs read: licence, languages, task, base models and results.

import { stringify } from "yaml";
import type { Measurement, ScoreTable } from "../../extractors/shared/measured-scores.ts";
import type { CardFacts } from "./card-facts.ts";

/** A task of the hub, and its name for people. */
const TASKS: Readonly<Record<ScoreTable["of"], { readonly type: string; readonly name: string }>> = {
  entities: { type: "token-classification", name: "Named entity recognition" },
  relations: { type: "text-classification", name: "Relation classification between given mentions" },
  "relations end to end": { type: "token-classification", name: "Relation extraction, end to end" },
  categories: { type: "text-classification", name: "Text classification" },
};

/** The fields of the header; docs/model-cards.md explains each. */
function cardMetadata({ name, stated, models, measured }: CardFacts) {
  const { license, languages, datasets } = stated;
  const kinds = models.map(({ kind }) => kind);
  const bases = [...new Set(models.flatMap(({ record }) => record?.baseModel ?? []))];
  const onlyCategories = kinds.every((kind) => kind === "category");
  return {
    license,
    ...(languages.length > 0 ? { language: [...languages] } : {}),
    library_name: "relata",
    pipeline_tag: onlyCategories ? "text-classification" : "token-classification",
    ...(bases.length > 0 ? { base_model: bases.length === 1 ? bases[0] : bases } : {}),
    ...(datasets.length > 0 ? { datasets: [...datasets] } : {}),
    tags: [
      "relata",
      "information-extraction",
      ...(kinds.includes("entity") ? ["named-entity-recognition"] : []),
      ...(kinds.includes("relation") ? ["relation-extraction"] : []),
      ...(models.some(({ visual }) => visual !== undefined) ? ["multimodal"] : []),
    ],
    ...(measured.length > 0
      ? {
          metrics: ["precision", "recall", "f1"],
          "model-index": [{ name, results: measured.flatMap(resultsOf) }],
        }
      : {}),
  };
}

/** The header as YAML, without its lines of hyphens. */
export function metadataText(facts: CardFacts): string {
  return stringify(cardMetadata(facts), { lineWidth: 0, aliasDuplicateObjects: false });
}

function resultsOf({ data, split, scores }: Measurement) {
  return scores.map((table) => ({
    task: TASKS[table.of],
    dataset: {
      type: data.source.replace(/\.[^.]*$/, "").replaceAll(/[^\w.-]+/g, "-") || "documents",
      name: `${data.source} (${data.documents} documents, sha256 ${data.fingerprint.slice(0, 12)})`,
      split,
    },
    metrics: [
      { type: "precision", value: rounded(table.precision), name: "Micro precision" },
      { type: "recall", value: rounded(table.recall), name: "Micro recall" },
      { type: "f1", value: rounded(table.f1), name: `Micro F1${intervalWords(table.interval)}` },
      { type: "f1", value: rounded(table.macroF1), name: "Macro F1" },
    ],
  }));
}

function intervalWords(interval: ScoreTable["interval"]): string {
  if (interval === null) return "";
  return ` (95 % interval ${interval.map((end) => end.toFixed(3)).join(" to ")})`;
}

const rounded = (value: number) => Number(value.toFixed(4));
