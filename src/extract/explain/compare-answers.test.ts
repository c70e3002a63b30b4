import { describe, expect, it } from "vitest";
import type { FoundEntity, FoundRelation } from "../post.ts";
import { compareAnswers } from "./compare-answers.ts";

const entity = (text: string, start: number, label: string, probability?: number): FoundEntity => ({
  ...{ start, end: start + text.length, text, label },
  ...(probability === undefined ? {} : { probability }),
});
const relation = (head: number, tail: number, label: string, probability: number): FoundRelation => ({
  ...{ head, tail, label, probability, headText: `e${head}`, tailText: `e${tail}` },
});
const ada = entity("Ada", 0, "PER", 0.9);
const rome = entity("Rome", 15, "LOC", 0.8);
const bo = entity("Bo", 8, "PER", 0.7);

describe("compareAnswers", () => {
  it("lists nothing where the picture changed nothing, and nothing for differences that would print alike", () => {
    const answer = { entities: [ada, rome], relations: [relation(0, 1, "lives in", 0.5)] };
    const nearly = {
      entities: [{ ...ada, probability: 0.909 }, rome],
      relations: [relation(0, 1, "lives in", 0.495)],
    };
    expect(compareAnswers(answer, answer)).toEqual({ entities: [], relations: [] });
    expect(compareAnswers(nearly, answer)).toEqual({ entities: [], relations: [] });
  });

  it("tells an entity that was added, removed, relabelled, or made more or less probable, with both probabilities", () => {
    const { entities } = compareAnswers(
      { entities: [{ ...ada, probability: 0.95 }, bo, { ...rome, probability: 0.6 }], relations: [] },
      { entities: [ada, rome, entity("Lee", 30, "PER", 0.4)], relations: [] },
    );
    expect(entities).toEqual([
      {
        change: "more",
        withPicture: { label: "PER", probability: 0.95 },
        withoutPicture: { label: "PER", probability: 0.9 },
        ...{ start: 0, end: 3, text: "Ada" },
      },
      {
        change: "added",
        withPicture: { label: "PER", probability: 0.7 },
        withoutPicture: null,
        ...{ start: 8, end: 10, text: "Bo" },
      },
      {
        change: "less",
        withPicture: { label: "LOC", probability: 0.6 },
        withoutPicture: { label: "LOC", probability: 0.8 },
        ...{ start: 15, end: 19, text: "Rome" },
      },
      {
        change: "removed",
        withPicture: null,
        withoutPicture: { label: "PER", probability: 0.4 },
        ...{ start: 30, end: 33, text: "Lee" },
      },
    ]);
    const other = compareAnswers(
      { entities: [{ ...ada, label: "ORG" }], relations: [] },
      { entities: [ada], relations: [] },
    );
    expect(other.entities).toMatchObject([
      { change: "relabelled", withPicture: { label: "ORG" }, withoutPicture: { label: "PER" } },
    ]);
  });

  it("matches relations by the spans of their mentions, whatever their indices are", () => {
    const { relations } = compareAnswers(
      { entities: [ada, bo, rome], relations: [relation(0, 2, "born in", 0.6)] },
      { entities: [ada, rome], relations: [relation(0, 1, "lives in", 0.5)] },
    );
    expect(relations).toEqual([
      {
        change: "relabelled",
        withPicture: { label: "born in", probability: 0.6 },
        withoutPicture: { label: "lives in", probability: 0.5 },
        head: { start: 0, end: 3 },
        tail: { start: 15, end: 19 },
        headText: "e0",
        tailText: "e2",
      },
    ]);
  });

  it("compares the category, and leaves given mentions alone, which have no probability", () => {
    const given = { entities: [entity("Ada", 0, "PER")], relations: [] };
    const changed = compareAnswers({ ...given, category: { label: "sport", probability: 0.8 } }, given);
    expect(changed.entities).toEqual([]);
    expect(changed.category).toEqual({
      change: "added",
      withPicture: { label: "sport", probability: 0.8 },
      withoutPicture: null,
    });
  });
});
