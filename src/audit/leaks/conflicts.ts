// The same question with different answers: (text, head, tail) with several relations, and a text with several sets of entities.

import { CountList } from "../../base/count-list.ts";
import { counted } from "../../base/counted.ts";
import { GrowingNumbers } from "../../base/growing-array.ts";
import { hashOf } from "../../base/hash53.ts";
import { type Document, questionKey } from "../../data/document.ts";
import type { AuditedFile, Check, CheckEntry, CheckSetting, SeenDocument } from "../check.ts";
import { type Finding, MAX_ROWS, type RowReference } from "../finding.ts";
import { orderedPairs, pairName, percent } from "./shares.ts";

/** Answers that contradict each other. */
export const conflictingLabels: CheckEntry = {
  name: "conflicting-labels",
  about: "the same text and mentions with different labels",
  create: (setting) => new ConflictingLabels(setting),
};

/** Questions and answers of one kind, by document. */
class Answers {
  readonly question = new GrowingNumbers();
  readonly answer = new GrowingNumbers();
  readonly document = new CountList();

  add(question: string, answer: string, document: number): void {
    this.question.push(hashOf(question));
    this.answer.push(hashOf(answer));
    this.document.push(document);
  }
}

class ConflictingLabels implements Check {
  readonly #files: readonly AuditedFile[];
  readonly #split = new CountList();
  readonly #places: RowReference[] = [];
  readonly #relations = new Answers();
  readonly #entities = new Answers();

  constructor({ files }: CheckSetting) {
    this.#files = files;
  }

  see({ document, split, place }: SeenDocument): void {
    const at = this.#places.push(place) - 1;
    this.#split.push(this.#files.findIndex((file) => file.split === split));
    for (const relation of document.relations)
      this.#relations.add(questionKey(document, relation), relation.label, at);
    // Where relations are annotated, a row may name only the two mentions that it asks about.
    if (document.relations.length === 0) this.#entities.add(document.text, entitiesOf(document), at);
  }

  findings(): Finding[] {
    return [
      ...this.#conflicts("label/conflicting-relations", this.#relations),
      ...this.#conflicts("label/conflicting-entities", this.#entities),
    ];
  }

  #conflicts(
    code: "label/conflicting-relations" | "label/conflicting-entities",
    answers: Answers,
  ): Finding[] {
    const groups = repeated(answers.question.view());
    const [split, answer, document] = [this.#split.view(), answers.answer.view(), answers.document.view()];
    const inSplit = (at: number) => split[document[at]!];
    const finding = (
      where: string,
      all: number,
      found: readonly (readonly number[])[],
      second?: string,
    ): Finding[] => {
      if (found.length === 0) return [];
      const rows = found.flatMap((group) => group.map((at) => this.#places[document[at]!]!));
      const what =
        code === "label/conflicting-relations"
          ? ["text with the same head and tail has", "texts with the same head and tail have", "relations"]
          : ["text has", "texts have", "entities"];
      return [
        {
          code,
          severity: "warning",
          feature: code === "label/conflicting-relations" ? "relations" : "entities",
          split: where,
          strength: found.length / all,
          interval: null,
          rows: rows.slice(0, MAX_ROWS),
          sentence: `${found.length.toLocaleString("en")} ${found.length === 1 ? what[0] : what[1]} different ${what[2]} ${second === undefined ? `within ${where}` : `in ${where.replace(" / ", " and ")}`} (${percent(found.length / all)} of ${counted(all, "question")}${second === undefined ? "" : ` of ${second}`}).`,
          remedy:
            "Look at the rows side by side and correct one; both can be right only if the pictures differ.",
        },
      ];
    };
    const countOf = (file: number) => {
      const own = new Set<number>();
      for (const [at, question] of answers.question.view().entries())
        if (inSplit(at) === file) own.add(question);
      return own.size;
    };
    return [
      ...this.#files.flatMap(({ split: name }, file) => {
        const found = groups
          .map((group) => group.filter((at) => inSplit(at) === file))
          .filter((group) => new Set(group.map((at) => answer[at])).size > 1);
        return finding(name, countOf(file), found);
      }),
      ...orderedPairs(this.#files).flatMap(([first, second]) => {
        const [a, b] = [this.#files.indexOf(first), this.#files.indexOf(second)];
        const found = groups.flatMap((group) => {
          const [here, there] = [a, b].map((file) => group.filter((at) => inSplit(at) === file)) as [
            number[],
            number[],
          ];
          const answers = [here, there].map((own) =>
            [...new Set(own.map((at) => answer[at]))].sort().join(" "),
          );
          return here.length > 0 && there.length > 0 && answers[0] !== answers[1]
            ? [[...there, ...here]]
            : [];
        });
        return finding(pairName(first.split, second.split), countOf(b), found, second.split);
      }),
    ];
  }
}

function entitiesOf({ text, entities }: Document): string {
  return entities
    .map(({ start, end, label }) => `${label}\t${text.slice(start, end)}`)
    .sort()
    .join("\n");
}

/** Positions of equal numbers, for numbers that occur more than once. */
function repeated(values: Float64Array): number[][] {
  const sorted = values.slice().sort();
  const twice = new Map<number, number[]>();
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) twice.set(sorted[i]!, []);
  for (let at = 0; at < values.length; at++) twice.get(values[at]!)?.push(at);
  return [...twice.values()];
}
