import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Block, ReportData } from "./report-data.ts";
import { reportOfRun } from "./report-of-run.ts";
import { writeSampleRun } from "./testing/sample-run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-report-both-"));
  await writeSampleRun(join(folder, "entities"), ["LOC", "PER"], { entities: { PER: 3 } });
});
afterAll(() => rm(folder, { recursive: true }));

const score = (f1: number, support = 4) => ({ precision: f1, recall: f1, f1, support, predicted: 5 });
const intervals = (label: string) => ({
  ...{ micro: [0.25, 0.75], macro: [0.125, 0.5] },
  labels: [{ label, interval: [0, 1] }],
});
const relations = (f1: number) => ({
  ...{ micro: score(f1), macro: score(f1 / 2), intervals: intervals("peer") },
  labels: [
    { label: "rare", ...score(0.25, 1) },
    { label: "peer", ...score(f1) },
  ],
});
const SCORES = {
  task: "both",
  entities: {
    ...{ micro: score(0.75), macro: score(0.5), types: [{ label: "PER", ...score(0.75) }] },
    intervals: intervals("PER"),
  },
  relations: { goldEntities: relations(0.625), foundEntities: relations(0.375) },
  bootstrap: { samples: 1000, confidence: 0.95, clusters: 3 },
  notes: ["warning: the scores are too high", "note: all is well"],
};
const tableOf = (data: ReportData, title: string) =>
  data.sections.flatMap(({ blocks }) => blocks).find((block) => "title" in block && block.title === title) as
    | Block
    | undefined;

it("reports the model that is trained, and says that the bundle is not scored yet", async () => {
  const data = await reportOfRun(folder);
  expect(data.title).toContain("Named entities");
  expect(data.notes?.[0]?.text).toContain("the bundle was not scored yet");
  expect(data.sections.map(({ title }) => title)).toContain("Entities: training");
});

it("starts with the end-to-end score of a finished run, with intervals", async () => {
  await writeSampleRun(join(folder, "relations"), ["None", "peer"], { relations: { peer: 1 } });
  await writeFile(join(folder, "end-to-end.json"), JSON.stringify(SCORES));
  const data = await reportOfRun(folder);
  expect(data.sections[0]?.shortTitle).toBe("End to end");
  expect(data.sections.map(({ title }) => title)).toEqual(
    expect.arrayContaining(["Entities: training", "Relations: training"]),
  );
  expect(data.facts?.slice(0, 2)).toEqual([
    { label: "entities, end to end", value: 0.75, detail: "0.250 to 0.750, on validation" },
    { label: "relations, end to end", value: 0.375, detail: "0.250 to 0.750, on validation" },
  ]);
  expect(tableOf(data, "Scores of the bundle")).toMatchObject({
    rows: [
      ["entities", 0.75, 0.75, 0.75, "0.250 to 0.750", 4, 5],
      ["entities, mean over labels", 0.5, 0.5, 0.5, "0.125 to 0.500", null, null],
      ["relations, gold entities given", 0.625, 0.625, 0.625, "0.250 to 0.750", 4, 5],
      [
        "relations, gold entities given, mean over labels",
        0.3125,
        0.3125,
        0.3125,
        "0.125 to 0.500",
        null,
        null,
      ],
      ["relations, end to end", 0.375, 0.375, 0.375, "0.250 to 0.750", 4, 5],
      ["relations, end to end, mean over labels", 0.1875, 0.1875, 0.1875, "0.125 to 0.500", null, null],
    ],
  });
  expect(tableOf(data, "Relations, end to end")).toMatchObject({
    rows: [
      ["peer", 0.375, 0.375, 0.375, "0.000 to 1.000", 4, 5, 0.625],
      ["rare", 0.25, 0.25, 0.25, null, 1, 5, 0.25],
    ],
  });
  expect(data.notes?.slice(0, 2)).toEqual([
    { tone: "caution", text: "the scores are too high" },
    { tone: "info", text: "all is well" },
  ]);
});

it("refuses predictions, and scores that are none", async () => {
  const judged = { predictions: "p.jsonl", gold: "g.jsonl" };
  await expect(reportOfRun(folder, { judged })).rejects.toMatchObject({ code: "config/contradiction" });
  await writeFile(join(folder, "end-to-end.json"), "{}");
  await expect(reportOfRun(folder)).rejects.toMatchObject({
    code: "data/not-a-run",
    message: expect.stringContaining("end-to-end.json: entities"),
  });
});
