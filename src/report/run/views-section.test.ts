import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeSampleRun } from "../testing/sample-run.ts";
import { type RunRecord, readRun } from "./read-run.ts";
import { viewsSections } from "./views-section.ts";

let folder: string;
let record: RunRecord;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-views-"));
  await writeSampleRun(folder, ["None", "peer"], { relations: { peer: 1 } });
  record = await readRun(folder);
});
afterAll(() => rm(folder, { recursive: true }));

it("has nothing to say of a run without generated views", async () => {
  expect(await viewsSections(record)).toEqual([]);
});

it("gives the counts and the selection, and says that the store is gone", async () => {
  const views = {
    store: join(folder, "gone"),
    accepted: 7,
    rejected: { "black-picture": 2 },
    examplesWithoutViews: 1,
  };
  const information = (crossEntropyNats: number) => ({
    views: 7,
    crossEntropyNats,
    boundNats: 2 - crossEntropyNats,
    boundInterval: [0.25, 0.875] as [number, number],
    gainNats: 0.125,
  });
  const selection = {
    method: "teacher",
    share: 0.5,
    when: "once",
    views: 7,
    kept: 4,
    information: {
      teachersRead: "view" as const,
      labelEntropyNats: 2,
      before: information(1.5),
      after: information(1.25),
    },
  };
  const [section] = await viewsSections({ ...record, data: { ...record.data, views, selection } });
  expect(section?.blocks).toMatchObject([
    {
      kind: "table",
      rows: [
        ["views accepted", 7],
        ["views rejected: black-picture", 2],
        ["training examples without a view", 1],
      ],
    },
    { kind: "text", text: "Selection: teacher, 50 % of each example's views. 4 of 7 views kept." },
    {
      kind: "table",
      rows: [
        ["before selection", 7, 1.5, 0.5, "0.250 to 0.875", 0.125, null],
        ["after selection", 7, 1.25, 0.75, "0.250 to 0.875", 0.125, null],
      ],
    },
    { kind: "text", text: expect.stringContaining("is no longer a store") },
  ]);
});
