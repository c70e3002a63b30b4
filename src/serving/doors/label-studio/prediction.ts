// What was found in a text, as a prediction of Label Studio: regions, relations between them and choices, in the names of the project.
import { increment } from "../../../base/label-counts.ts";
import { meanAndDeviation } from "../../../base/statistics.ts";
import type { Extraction } from "../../../extract/post.ts";
import type { LabelConfig } from "./label-config.ts";

/** An item of a prediction's result. */
export type ResultItem =
  | {
      readonly id: string;
      readonly from_name: string;
      readonly to_name: string;
      readonly type: "labels";
      /** Offsets count code points, as Label Studio does. */
      readonly value: {
        readonly start: number;
        readonly end: number;
        readonly text: string;
        readonly labels: readonly [string];
      };
      readonly score?: number;
    }
  | {
      readonly type: "relation";
      readonly from_id: string;
      readonly to_id: string;
      readonly direction: "right";
      readonly labels: readonly [string];
      readonly score: number;
    }
  | {
      readonly id: string;
      readonly from_name: string;
      readonly to_name: string;
      readonly type: "choices";
      readonly value: { readonly choices: readonly [string] };
      readonly score: number;
    };

/** The prediction of one task. */
export interface Prediction {
  readonly result: readonly ResultItem[];
  /** Mean probability of what was found; absent if nothing was. */
  readonly score?: number;
  readonly model_version: string;
}

/** What was found and has no name in the project, by our label; and relations of which a mention was left out. */
export interface LeftOut {
  readonly entities: Record<string, number>;
  readonly relations: Record<string, number>;
  readonly categories: Record<string, number>;
  relationsWithoutMention: number;
}

/** Returns an empty count. */
export function nothingLeftOut(): LeftOut {
  return { entities: {}, relations: {}, categories: {}, relationsWithoutMention: 0 };
}

/**
 * Returns the prediction of an extraction, and counts what has no name in the project.
 *
 * @param extraction with offsets in code points
 */
export function predictionOf(
  { entities, relations, category }: Extraction,
  config: LabelConfig,
  modelVersion: string,
  leftOut: LeftOut,
): Prediction {
  const { text } = config;
  const result: ResultItem[] = [];
  const ids = entities.map((entity, i) => {
    const name = config.entities?.labels.nameOf(entity.label);
    if (name === undefined || config.entities === undefined) {
      increment(leftOut.entities, entity.label);
      return undefined;
    }
    const id = `entity-${i + 1}`;
    const { start, end, probability } = entity;
    result.push({
      id,
      from_name: config.entities.name,
      to_name: text.name,
      type: "labels",
      value: { start, end, text: entity.text, labels: [name] },
      ...(probability === undefined ? {} : { score: probability }),
    });
    return id;
  });
  for (const { head, tail, label, probability } of relations) {
    const [from, to] = [ids[head], ids[tail]];
    const name = config.relations?.nameOf(label);
    if (name === undefined) increment(leftOut.relations, label);
    else if (from === undefined || to === undefined) leftOut.relationsWithoutMention++;
    else
      result.push({
        type: "relation",
        from_id: from,
        to_id: to,
        direction: "right",
        labels: [name],
        score: probability,
      });
  }
  if (category !== undefined) {
    const name = config.categories?.labels.nameOf(category.label);
    if (name === undefined || config.categories === undefined) increment(leftOut.categories, category.label);
    else
      result.push({
        id: "category",
        from_name: config.categories.name,
        to_name: text.name,
        type: "choices",
        value: { choices: [name] },
        score: category.probability,
      });
  }
  const scores = result.flatMap(({ score }) => (score === undefined ? [] : [score]));
  const score = scores.length === 0 ? {} : { score: meanAndDeviation(scores).mean };
  return { result, ...score, model_version: modelVersion };
}

/** Says what was left out, one sentence for each kind. */
export function describeLeftOut(leftOut: LeftOut): readonly string[] {
  const kinds = [
    ["entities", "<Label>"],
    ["relations", "<Relation>"],
    ["categories", "<Choice>"],
  ] as const;
  const notes = kinds.flatMap(([kind, tag]) => {
    const counts = Object.entries(leftOut[kind]).map(
      ([label, count]) => `${JSON.stringify(label)} (${count})`,
    );
    return counts.length === 0
      ? []
      : [
          `${kind} are left out, because the labeling configuration has no ${tag} of their name: ${counts.join(", ")}`,
        ];
  });
  const { relationsWithoutMention: count } = leftOut;
  return count === 0 ? notes : [...notes, `relations are left out with their mentions: ${count}`];
}
