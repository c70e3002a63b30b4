import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../data/document.ts";
import type { Block, ReportData } from "./report-data.ts";
import { reportOfRun } from "./report-of-run.ts";
import { writeSampleRun } from "./testing/sample-run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-report-"));
  await writeSampleRun(join(folder, "relations"), ["None", "peer", "lives_in"], {
    relations: { None: 2, peer: 1 },
  });
  await writeSampleRun(join(folder, "entities"), ["LOC", "PER"], { entities: { PER: 3 } });
});
afterAll(() => rm(folder, { recursive: true }));

const document = (id: string, label: string, probability?: number): Document => ({
  id,
  text: "Ada met Bo",
  entities: [
    { start: 0, end: 3, label: "PER" },
    { start: 8, end: 10, label: "PER" },
  ],
  relations: [{ head: 0, tail: 1, label, ...(probability === undefined ? {} : { probability }) }],
});

async function documents(name: string, lines: readonly Document[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

const blocksOf = (data: ReportData) => data.sections.flatMap(({ blocks }) => blocks);
const titled = (data: ReportData, title: string) =>
  blocksOf(data).find((block) => "title" in block && block.title === title) as Block | undefined;

describe("a run folder", () => {
  it("gives curves by step and epoch, the best score, calibration and what was read", async () => {
    const data = await reportOfRun(join(folder, "relations"));
    expect(data.facts).toEqual([
      { label: "micro F1 on validation", value: 0.5, detail: "best, after epoch 1" },
      { label: "calibration error", value: 0.025, detail: "was 0.125 before calibration" },
    ]);
    expect(titled(data, "Training loss")).toMatchObject({
      curves: [
        {
          runs: [
            {
              points: [
                [1, 2],
                [3, 1],
              ],
            },
          ],
        },
      ],
    });
    expect(titled(data, "Validation score")).toMatchObject({
      curves: [
        {
          name: "micro F1",
          runs: [
            {
              points: [
                [1, 0.5],
                [2, 0.45],
              ],
            },
          ],
        },
        {
          name: "micro recall",
          runs: [
            {
              points: [
                [1, 0.4],
                [2, 0.6],
              ],
            },
          ],
        },
      ],
    });
    expect(titled(data, "Splits")).toMatchObject({
      rows: [
        ["train", 3, 1, 3, 0, 2, 0],
        ["validation", 3, 1, 3, 0, 2, 0],
      ],
    });
    expect(data.notes?.map(({ text }) => text)).toEqual([
      "Caption-as-vision: the model read captions, which another model wrote, instead of the pictures.",
      "The splits train and validation share 1 picture.",
    ]);
    expect(data.fingerprints).toEqual({ "training documents": "aa", "validation documents": "bb" });
    expect(data.environment).toEqual({ node: "20.19.0" });
  });

  it("is refused by name when it is none", async () => {
    await mkdir(join(folder, "empty"));
    await expect(reportOfRun(join(folder, "empty"))).rejects.toMatchObject({
      code: "data/not-a-run",
      place: join(folder, "empty", "run.json"),
      remedy: expect.stringContaining("relata train --run"),
    });
  });
});

describe("predictions of relations", () => {
  it("give scores, confusion and mistakes, the most probable first", async () => {
    const gold = await documents("gold.jsonl", [
      document("1", "peer"),
      document("2", "None"),
      document("3", "peer"),
      document("4", "peer"),
    ]);
    const predictions = await documents("predicted.jsonl", [
      document("1", "peer", 0.9),
      document("2", "peer", 0.6),
      document("3", "lives_in", 0.8),
    ]);
    const data = await reportOfRun(join(folder, "relations"), { judged: { predictions, gold } });
    // micro: 1 of 3 predictions other than None is correct, 2 gold relations other than None: F1 = 2 / 5
    expect(data.facts?.[0]).toEqual({ label: "micro F1 on the gold file", value: 0.4, detail: "3 pairs" });
    expect(titled(data, "Confusion")).toMatchObject({
      labels: ["None", "peer", "lives_in"],
      counts: [
        [0, 1, 0],
        [0, 1, 1],
        [0, 0, 0],
      ],
    });
    const mistakes = titled(data, "Most confident mistakes");
    expect(mistakes?.kind === "examples" && mistakes.examples.map(({ id }) => id)).toEqual(["3", "2"]);
    expect(mistakes?.kind === "examples" && mistakes.examples[0]).toMatchObject({
      outcome: "wrong",
      gold: "peer",
      predicted: [{ label: "lives_in", probability: 0.8 }],
      highlights: [
        { start: 0, end: 3, label: "head" },
        { start: 8, end: 10, label: "tail" },
      ],
    });
    expect(data.notes?.map(({ text }) => text)).toContain(
      "1 gold document has no prediction and is not scored here.",
    );
  });

  it("count a pair that nobody annotated as None", async () => {
    const gold = await documents("gold-b.jsonl", [document("1", "peer")]);
    const both = [
      { head: 0, tail: 1, label: "peer", probability: 0.9 },
      { head: 1, tail: 0, label: "peer", probability: 0.7 },
    ];
    const predictions = await documents("both.jsonl", [{ ...document("1", "peer"), relations: both }]);
    const data = await reportOfRun(join(folder, "relations"), { judged: { predictions, gold } });
    expect(data.facts?.[0]).toMatchObject({ detail: "2 pairs", value: 2 / 3 });
  });

  it("are refused when they are of other documents", async () => {
    const gold = await documents("gold-a.jsonl", [document("1", "peer")]);
    const others = {
      "has no gold document": [document("2", "peer", 0.5)],
      "has a different text": [{ ...document("1", "peer", 0.5), text: "Ada met Bob" }],
      "relates mentions": [
        {
          ...document("1", "peer", 0.5),
          entities: [
            { start: 0, end: 2, label: "PER" },
            { start: 4, end: 7, label: "PER" },
          ],
        },
      ],
    };
    for (const [what, lines] of Object.entries(others)) {
      const predictions = await documents("others.jsonl", lines);
      const report = reportOfRun(join(folder, "relations"), { judged: { predictions, gold } });
      await expect(report).rejects.toMatchObject({
        code: "data/other-predictions",
        message: expect.stringContaining(what),
      });
    }
  });
});

describe("predictions of entities", () => {
  it("mark what is gold, what was found and what is both", async () => {
    const entity = (start: number, end: number, label: string, probability?: number) => ({
      start,
      end,
      label,
      ...(probability === undefined ? {} : { probability }),
    });
    const text = "Ada met Bo in Lund";
    const gold = await documents("gold-entities.jsonl", [
      {
        id: "1",
        text,
        entities: [entity(0, 3, "PER"), entity(8, 10, "PER"), entity(14, 18, "LOC")],
        relations: [],
      },
      { id: "2", text, entities: [entity(0, 3, "PER")], relations: [] },
    ]);
    const predictions = await documents("predicted-entities.jsonl", [
      {
        id: "1",
        text,
        entities: [entity(0, 3, "PER", 0.9), entity(14, 18, "PER", 0.7), entity(4, 7, "PER", 0.3)],
        relations: [],
      },
      { id: "2", text, entities: [entity(0, 3, "PER", 0.99)], relations: [] },
    ]);
    const data = await reportOfRun(join(folder, "entities"), { judged: { predictions, gold } });
    // 2 of 4 found are correct, of 4 gold
    expect(data.facts?.[0]).toMatchObject({ value: 0.5, detail: "4 entities in 2 texts" });
    expect(titled(data, "Confusion of types on matching spans")).toMatchObject({
      labels: ["LOC", "PER", "no entity"],
      counts: [
        [0, 1, 0],
        [0, 2, 1],
        [0, 1, 0],
      ],
    });
    const mistakes = titled(data, "Most confident mistakes");
    expect(mistakes?.kind === "examples" && mistakes.examples).toMatchObject([
      {
        id: "1",
        remark: "2 of 3 missed, 2 wrong.",
        highlights: [
          { start: 0, role: "both" },
          { start: 8, role: "gold" },
          { start: 14, label: "LOC", role: "gold" },
          { start: 14, label: "PER", role: "predicted" },
          { start: 4, role: "predicted" },
        ],
      },
    ]);
    const right = titled(data, "Right");
    expect(right?.kind === "examples" && right.examples.map(({ id }) => id)).toEqual(["2"]);
  });
});
