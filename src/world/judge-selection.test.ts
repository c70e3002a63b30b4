// Two examples with made-up views and scores; the figures are counted by hand.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  aboutPath,
  formatScores,
  type ScoreRow,
  scoresPath,
  sha256,
} from "../extractors/student/scores-file.ts";
import { judgeSelection } from "./judge-selection.ts";
import { detailsOf } from "./simulated-truth.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-judge-"));
});
afterEach(() => rm(folder, { recursive: true }));

const call = (name: string) => sha256(name);

function ledgerRow(name: string, step: number, bearsLabel: boolean | undefined): string {
  return JSON.stringify({
    call: call(name),
    instance: name[0],
    chain: 0,
    step,
    kind: step % 2 === 1 ? "picture" : "text",
    parent: null,
    request: call("request"),
    seed: 1,
    generator: "textToImage",
    cost: 0,
    state: "generated",
    content: call(`content of ${name}`),
    mediaType: "image/png",
    bytes: 1,
    ...(bearsLabel === undefined
      ? {}
      : { details: detailsOf({ kind: "picture", scene: null, bearsLabel, fault: "none" }) }),
  });
}

async function store(rows: readonly string[]): Promise<string> {
  const path = join(folder, "store");
  await mkdir(path);
  await writeFile(join(path, "ledger.jsonl"), rows.map((row) => `${row}\n`).join(""));
  return path;
}

async function scores(examples: Readonly<Record<string, Readonly<Record<string, number>>>>): Promise<string> {
  const rows = Object.entries(examples).map(
    ([example, views]): ScoreRow => ({
      example,
      fold: 0,
      label: "couple",
      withoutView: [1],
      views: Object.entries(views).map(([name, crossEntropy]) => ({
        id: call(name),
        crossEntropy: [9, crossEntropy],
        predicted: "couple",
      })),
    }),
  );
  const text = formatScores(rows);
  await writeFile(scoresPath(folder), text);
  const about = {
    folds: 2,
    reads: "view",
    epochs: 2,
    examples: rows.length,
    identity: "i",
    rows: sha256(text),
  };
  await writeFile(aboutPath(folder), JSON.stringify(about));
  return folder;
}

describe("judgeSelection", () => {
  it("counts what is kept by the last epoch's scores, by round and in all", async () => {
    const made = await store([
      ledgerRow("a1", 1, true),
      ledgerRow("a-text", 2, undefined),
      ledgerRow("a3", 3, false),
      ledgerRow("a5", 1, true),
      ledgerRow("a7", 3, false),
      ledgerRow("b1", 1, false),
      ledgerRow("b3", 3, true),
    ]);
    const scored = await scores({ a: { a1: 0.1, a3: 0.2, a5: 0.3, a7: 0.4 }, b: { b1: 0.1, b3: 0.5 } });
    const { all, rounds } = await judgeSelection(made, scored, { method: "teacher", share: 0.5 });
    // Kept: a1, a3 of a; b1 of b. Bearing: a1, a5, b3.
    expect(all).toEqual({
      views: 6,
      bearing: 3 / 6,
      kept: 3,
      precision: 1 / 3,
      recall: 1 / 3,
      ranking: 3 / 5, // a1<a3, a1<a7, a5<a7 are right; a5>a3, b3>b1 are not
    });
    expect(
      rounds.map(({ round, views, kept, precision, recall }) => [round, views, kept, precision, recall]),
    ).toEqual([
      [1, 3, 2, 1 / 2, 1 / 2],
      [2, 3, 1, 0, 0],
    ]);
  });

  it("refuses a store that no simulator made", async () => {
    const made = await store([ledgerRow("a1", 1, undefined)]);
    await expect(
      judgeSelection(made, await scores({ a: { a1: 1 } }), { method: "teacher", share: 0.5 }),
    ).rejects.toMatchObject({
      code: "synthesis/not-simulated",
    });
  });
});
