import { describe, expect, it } from "vitest";
import type { TrainingModel } from "../../training/model.ts";
import { trainingPacks } from "./training-packs.ts";

interface Question {
  readonly id: string;
  readonly text: string;
}

const asked: Question[][] = [];
const model = {
  parameters: [],
  lengthOf: ({ text }: Question) => text.length,
  savedWeights: () => undefined,
  step: async (questions: readonly Question[]) => {
    asked.push([...questions]);
    return { loss: 0 };
  },
} as unknown as TrainingModel<Question>;
const question = (id: string, text: string): Question => ({ id, text });
const QUESTIONS = [question("a", "one"), question("b", "one"), question("c", "other")];
const packing = {
  packs: (questions: readonly Question[]) =>
    ["one", "other"]
      .map((text) => questions.filter((one) => one.text === text))
      .filter(({ length }) => length > 0),
  lengthOf: (pack: readonly Question[]) => pack[0]!.text.length + pack.length,
};

describe("trainingPacks", () => {
  it("counts, measures and names texts where they are read once for all their questions", async () => {
    const packs = trainingPacks(
      { model, packing, groupOf: ({ id }) => id },
      QUESTIONS,
      QUESTIONS.slice(0, 2),
    );
    expect(packs).toMatchObject({ exampleNoun: "text", evaluationExamples: 1 });
    expect(packs.examples.map((pack) => [packs.nameOf?.(pack), packs.model.lengthOf(pack)])).toEqual([
      ["a, b", 5],
      ["c", 6],
    ]);
    expect(packs.groupOf).toBeUndefined();
    await packs.model.step(packs.examples, {} as never);
    expect(asked.pop()).toEqual(QUESTIONS);
  });

  it("counts single questions otherwise", () => {
    const packs = trainingPacks({ model, groupOf: ({ id }) => id }, QUESTIONS, QUESTIONS.slice(0, 2));
    expect(packs).toMatchObject({ exampleNoun: "example", evaluationExamples: 2 });
    expect(packs.examples.map((pack) => [packs.groupOf?.(pack), packs.model.lengthOf(pack)])).toEqual([
      ["a", 3],
      ["b", 3],
      ["c", 5],
    ]);
  });
});
