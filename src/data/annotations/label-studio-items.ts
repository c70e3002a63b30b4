// The result of a Label Studio annotation or prediction, as it is written: regions, relations between them and choices.
import { increment } from "../../base/label-counts.ts";
import { meanAndDeviation } from "../../base/statistics.ts";
import type { Category, Entity, Relation } from "../document.ts";

/** An item of a result. */
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
      readonly score?: number;
    }
  | {
      readonly id: string;
      readonly from_name: string;
      readonly to_name: string;
      readonly type: "choices";
      readonly value: { readonly choices: readonly [string] };
      readonly score?: number;
    };

/** The prediction of one task. */
export interface Prediction {
  readonly result: readonly ResultItem[];
  /** Mean probability of what was found; absent if nothing was. */
  readonly score?: number;
  readonly model_version: string;
}

/** The project's name of a label; undefined if it has none. */
interface Names {
  nameOf(label: string): string | undefined;
}

/** The names of a project's text and controls, as its labeling configuration has them. */
export interface ResultNames {
  readonly text: { readonly name: string };
  readonly entities: { readonly name: string; readonly labels: Names } | undefined;
  readonly relations: Names | undefined;
  readonly categories: { readonly name: string; readonly labels: Names } | undefined;
}

/** What has no name in the project, by our label; and relations of which a mention was left out. */
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

/** Annotations of a text with their words. Offsets count code points. */
export interface Found {
  readonly entities: readonly (Entity & { readonly text: string })[];
  readonly relations: readonly Relation[];
  readonly category?: Category | undefined;
}

/** The items for the annotations of a text; counts what has no name in the project. */
export function resultOf(
  { entities, relations, category }: Found,
  names: ResultNames,
  leftOut: LeftOut,
): readonly ResultItem[] {
  const { text } = names;
  const result: ResultItem[] = [];
  const ids = entities.map((entity, i) => {
    const name = names.entities?.labels.nameOf(entity.label);
    if (name === undefined || names.entities === undefined) {
      increment(leftOut.entities, entity.label);
      return undefined;
    }
    const id = `entity-${i + 1}`;
    const { start, end } = entity;
    result.push({
      id,
      from_name: names.entities.name,
      to_name: text.name,
      type: "labels",
      value: { start, end, text: entity.text, labels: [name] },
      ...scoreOf(entity),
    });
    return id;
  });
  for (const relation of relations) {
    const [from, to] = [ids[relation.head], ids[relation.tail]];
    const name = names.relations?.nameOf(relation.label);
    if (name === undefined) increment(leftOut.relations, relation.label);
    else if (from === undefined || to === undefined) leftOut.relationsWithoutMention++;
    else {
      const ends = { from_id: from, to_id: to, direction: "right" } as const;
      result.push({ type: "relation", ...ends, labels: [name], ...scoreOf(relation) });
    }
  }
  if (category !== undefined) {
    const name = names.categories?.labels.nameOf(category.label);
    if (name === undefined || names.categories === undefined) increment(leftOut.categories, category.label);
    else
      result.push({
        id: "category",
        from_name: names.categories.name,
        to_name: text.name,
        type: "choices",
        value: { choices: [name] },
        ...scoreOf(category),
      });
  }
  return result;
}

/** A result as the prediction of a model, with the mean of its scores. */
export function predictionOf(result: readonly ResultItem[], modelVersion: string): Prediction {
  const scores = result.flatMap(({ score }) => (score === undefined ? [] : [score]));
  const score = scores.length === 0 ? {} : { score: meanAndDeviation(scores).mean };
  return { result, ...score, model_version: modelVersion };
}

function scoreOf({ probability }: { readonly probability?: number }): { readonly score?: number } {
  return probability === undefined ? {} : { score: probability };
}
