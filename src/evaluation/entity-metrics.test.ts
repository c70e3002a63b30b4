// Expected numbers are from seqeval 1.2.2 (test/golden/entity-metrics.jsonl, made by test/reference/make_entity_metric_cases.py) or by hand.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { spansOfTags } from "../data/bio.ts";
import { pairedBootstrapEntityF1 } from "./entity-bootstrap.ts";
import { entityMetrics } from "./entity-metrics.ts";

type Row = readonly [precision: number, recall: number, f1: number, support: number];
interface Reference {
  readonly entities: readonly (readonly [document: number, start: number, end: number, label: string])[];
  readonly types: Readonly<Record<string, Row>>;
  readonly micro?: Row;
  readonly macro?: Row;
  readonly weighted?: Row;
}
interface Case {
  readonly gold: readonly string[];
  readonly predicted: readonly string[];
  readonly conll?: Reference;
  readonly strict?: Reference;
  readonly error?: string;
}

const cases = readFileSync(new URL("../../test/golden/entity-metrics.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);
const spans = (documents: readonly string[], policy: "conll" | "strict") =>
  documents.map((tags) => spansOfTags(tags.split(" "), policy).spans);
const span = (start: number, end: number, label: string) => ({ start, end, label });

function expectRow(score: { precision: number; recall: number; f1: number }, row: Row | undefined): void {
  const [precision, recall, f1] = row ?? [0, 0, 0]; // seqeval averages nothing when no entity occurs
  expect(score.precision).toBeCloseTo(precision, 12);
  expect(score.recall).toBeCloseTo(recall, 12);
  expect(score.f1).toBeCloseTo(f1, 12);
}

describe("entities of tags and their scores", () => {
  for (const policy of ["conll", "strict"] as const) {
    it(`are seqeval's under the policy ${policy}`, () => {
      let checked = 0;
      for (const { gold, predicted, [policy]: reference } of cases) {
        if (!reference) continue;
        const found = spans(predicted, policy);
        const listed = found.flatMap((all, i) => all.map(({ start, end, label }) => [i, start, end, label]));
        expect(listed).toEqual(reference.entities);
        const metrics = entityMetrics(spans(gold, policy), found);
        expect(metrics.types.map(({ label }) => label)).toEqual(Object.keys(reference.types));
        for (const type of metrics.types) {
          expectRow(type, reference.types[type.label]);
          expect(type.support).toBe(reference.types[type.label]?.[3]);
        }
        expectRow(metrics.micro, reference.micro);
        expectRow(metrics.macro, reference.macro);
        expectRow(metrics.weighted, reference.weighted);
        expect(metrics.micro.support).toBe(reference.micro?.[3] ?? 0);
        checked++;
      }
      expect(checked).toBeGreaterThan(250);
    });
  }

  it("are refused where strict seqeval refuses a tag", () => {
    const refused = cases.filter(({ error }) => error !== undefined);
    expect(refused.length).toBeGreaterThan(4);
    for (const { predicted } of refused) {
      expect(() => spans(predicted, "conll")).toThrow(
        expect.objectContaining({ code: "data/not-a-bio-tag" }),
      );
    }
  });
});

describe("entityMetrics", () => {
  const gold = [[span(0, 5, "PER"), span(9, 12, "LOC")], [], [span(3, 4, "ORG")]];
  const predicted = [[span(0, 5, "PER"), span(9, 12, "ORG")], [], [span(3, 5, "ORG"), span(3, 5, "ORG")]];

  it("counts spans alone, exact documents, and a repeated entity once", () => {
    // Spans right: [0,5) and [9,12) of three predicted and three gold; the middle document is exact.
    const { boundaries, micro, exactDocuments, documents } = entityMetrics(gold, predicted);
    expect(boundaries).toEqual({
      truePositives: 2,
      predicted: 3,
      support: 3,
      precision: 2 / 3,
      recall: 2 / 3,
      f1: 4 / 6,
    });
    expect(micro).toMatchObject({ truePositives: 1, predicted: 3, support: 3 });
    expect([documents, exactDocuments]).toEqual([3, 1]);
  });

  it("tells the same offsets of two documents apart", () => {
    expect(entityMetrics([[span(0, 1, "PER")], []], [[], [span(0, 1, "PER")]]).micro.f1).toBe(0);
  });

  it("refuses lists that do not match", () => {
    expect(() => entityMetrics(gold, [])).toThrow(
      expect.objectContaining({ code: "evaluation/different-lengths" }),
    );
    expect(() => entityMetrics([], [])).toThrow(
      expect.objectContaining({ code: "evaluation/nothing-to-evaluate" }),
    );
  });
});

describe("pairedBootstrapEntityF1", () => {
  const gold = Array.from({ length: 60 }, (_, i) => [span(0, 1, "PER"), span(i + 2, i + 3, "LOC")]);
  const half = gold.map((entities) => entities.slice(0, 1));

  it("compares micro F1 over resampled documents", () => {
    // A finds one of two entities everywhere: F1 = 2 / 3 in every resample; B finds all.
    const result = pairedBootstrapEntityF1(gold, { a: half, b: gold }, { seed: 4, samples: 200 });
    expect(result).toMatchObject({ a: 2 / 3, b: 1 });
    expect(result.interval[0]).toBeCloseTo(1 / 3, 12);
    expect(result.interval[1]).toBeCloseTo(1 / 3, 12);
    expect(pairedBootstrapEntityF1(gold, { a: half, b: half }, { seed: 4, samples: 50 }).pValue).toBe(1);
  });

  it("measures the whole set as entityMetrics does", () => {
    const mixed = gold.map((entities, i) =>
      i % 3 === 0 ? [] : i % 3 === 1 ? entities : [span(0, 1, "LOC")],
    );
    const { a, b } = pairedBootstrapEntityF1(gold, { a: mixed, b: half }, { seed: 1, samples: 10 });
    expect(a).toBeCloseTo(entityMetrics(gold, mixed).micro.f1, 12);
    expect(b).toBeCloseTo(entityMetrics(gold, half).micro.f1, 12);
  });

  it("refuses systems with other documents", () => {
    expect(() => pairedBootstrapEntityF1(gold, { a: half, b: [] }, { seed: 1 })).toThrow(
      expect.objectContaining({ code: "evaluation/different-lengths" }),
    );
  });
});
