// The answers of a model beside the gold labels of one document: each is a cell of the confusion matrix.
import type { Document, Entity } from "../../data/document.ts";
import { judgedPairs } from "../../report/run/judged-relations.ts";
import type { JudgedAnswer } from "./answers.ts";

/** Label of an entity that one side does not have. */
const NO_ENTITY = "no entity";

export type JudgedTask = "entities" | "relations" | "categories";

/** @throws DataError `data/other-predictions` */
export function judgedAnswers(
  task: JudgedTask,
  gold: Document,
  predicted: Document,
  files: { readonly predictions: string; readonly gold: string },
): JudgedAnswer[] {
  switch (task) {
    case "entities":
      return judgedEntities(gold.entities, predicted.entities);
    case "relations":
      return judgedPairs(gold, predicted, files).map(
        ({ gold: { head, tail, label }, predicted: answer }) => ({
          gold: label,
          predicted: answer.label,
          head: gold.entities[head]!, // of a valid document
          tail: gold.entities[tail]!,
          ...probabilityOf(answer),
        }),
      );
    case "categories":
      return gold.category && predicted.category
        ? [
            {
              gold: gold.category.label,
              predicted: predicted.category.label,
              ...probabilityOf(predicted.category),
            },
          ]
        : [];
    default:
      return task satisfies never;
  }
}

/** Entities of the same span are compared; a span of one side only is "no entity" on the other. */
function judgedEntities(gold: readonly Entity[], predicted: readonly Entity[]): JudgedAnswer[] {
  const key = ({ start, end }: Entity) => `${start}:${end}`;
  const found = new Map(predicted.map((entity) => [key(entity), entity]));
  const known = new Set(gold.map(key));
  return [
    ...gold.map((entity): JudgedAnswer => {
      const answer = found.get(key(entity));
      return answer === undefined
        ? { gold: entity.label, predicted: NO_ENTITY, entity }
        : { gold: entity.label, predicted: answer.label, entity: answer, ...probabilityOf(answer) };
    }),
    ...predicted
      .filter((entity) => !known.has(key(entity)))
      .map((entity) => ({ gold: NO_ENTITY, predicted: entity.label, entity, ...probabilityOf(entity) })),
  ];
}

function probabilityOf({ probability }: { readonly probability?: number }) {
  return probability === undefined ? {} : { probability };
}

/** What the predictions are about: relations if any document has one, else categories if any has one, else entities. */
export class TaskGuess {
  #relations = false;
  #categories = false;

  observe({ relations, category }: Document): void {
    this.#relations ||= relations.length > 0;
    this.#categories ||= category !== undefined;
  }

  get task(): JudgedTask {
    if (this.#relations) return "relations";
    return this.#categories ? "categories" : "entities";
  }
}
