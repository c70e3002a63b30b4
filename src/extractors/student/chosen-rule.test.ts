// From a folder of teachers' readings to the rule: the gate, a matched share, and what is missing for them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import { chooseRule } from "./chosen-rule.ts";
import type { StudentSet } from "./prepare-students.ts";
import { aboutPath, formatScores, type ScoreRow, scoresPath, sha256, writeFurther } from "./scores-file.ts";
import { selectViews } from "./selection.ts";
import { selectionAccount } from "./selection-account.ts";

const EXAMPLES = 40;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-chosen-rule-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Every example has four views; `nats` gives their cross-entropies, `right` from how many the teacher names the label. */
const rows = (nats: (example: number, view: number) => number, right = 4): ScoreRow[] =>
  Array.from({ length: EXAMPLES }, (_, i) => ({
    example: `e${i}`,
    fold: i % 2,
    label: "met",
    withoutView: [1],
    views: [0, 1, 2, 3].map((j) => ({
      id: `v${j}`,
      crossEntropy: [nats(i, j)],
      predicted: j < right ? "met" : "lives in",
    })),
  }));

const own = rows((i, j) => 0.5 + j / 10 + (i % 5) / 100, 2); // half of them name the label, the better half
const realRows = (right: number): ScoreRow[] =>
  Array.from({ length: 8 }, (_, i) => ({
    example: `real ${i}`,
    fold: 0,
    label: "met",
    cluster: i,
    withoutView: [1],
    views: [{ id: "own", crossEntropy: [0.7], predicted: i < right ? "met" : "lives in" }],
  }));

async function write(further: Partial<Record<"real" | "second" | "shuffled", readonly ScoreRow[]>>) {
  const text = formatScores(own);
  await writeFile(scoresPath(folder), text);
  const about: Record<string, unknown> = {
    ...{ folds: 2, reads: "view", epochs: 1, examples: EXAMPLES, identity: "x", rows: sha256(text) },
  };
  for (const name of ["real", "second", "shuffled"] as const) {
    const given = further[name];
    if (given === undefined) continue;
    const documents = name === "real" ? { documents: "x" } : {};
    about[name] = { ...(await writeFurther(folder, name, given)), ...documents };
  }
  await writeFile(aboutPath(folder), JSON.stringify(about));
}

const prepared = {
  documents: own.map(({ example }) => ({
    ...{ id: example, text: example, entities: [] },
    relations: [{ head: 0, tail: 1, label: "met" }],
  })),
  examples: own.map(({ example, views }) => ({ id: example, views })),
} as unknown as StudentSet;

async function choose(selection: object) {
  const config = parseConfig(
    {
      ...{ encoder: "bert", method: "mi2rage", visual: { kind: "pictures", encoder: "clip" } },
      data: { train: "train.jsonl", validation: "validation.jsonl" },
      synthesis: { store: "views", selection: { scores: folder, ...selection } },
    },
    "test",
  );
  const chosen = await chooseRule(prepared, { config } as never);
  const keeps = selectViews(chosen.rule, "e0", own[0]!.views, 0).map(({ id }) => id);
  return { chosen, keeps, account: selectionAccount(prepared, config, chosen)! };
}

describe("a gate", () => {
  const gate = { gate: { enabled: true } };

  it("selects if the second teachers find that views tell about their example", async () => {
    await write({ second: rows(() => 0.6), shuffled: rows((i) => 1 + (i % 3) / 10) });
    const { chosen, keeps, account } = await choose(gate);
    expect(chosen.gate?.open).toBe(true);
    expect(chosen.gate?.gainNats).toBeCloseTo(1 + 0.39 / 4 - 0.6, 10); // 14, 13 and 13 examples of each remainder
    expect(keeps).toEqual(["v0", "v1"]);
    // The first teachers say that the kept views cost 0.1 less than all; the second ones, which did not choose, that they cost the same.
    const gains = (one: typeof account.bySecondTeachers) => [one?.before.gainNats, one?.after?.gainNats];
    expect(gains(account.bySecondTeachers).map((nats) => nats?.toFixed(6))).toEqual(["0.400000", "0.400000"]);
    const [before, after] = gains(account.information);
    expect(after! - before!).toBeCloseTo(0.1, 10);
  });

  it("selects by both teachers, and lets the second judge what the first keeps alone", async () => {
    // The second one likes the views that the first one likes least, three times as much.
    const second = rows((_, j) => 0.9 - (3 * j) / 10);
    await write({ second, shuffled: rows(() => 2) });
    const { keeps, account } = await choose(gate);
    expect(keeps).toEqual(["v2", "v3"]);
    expect(account.bySecondTeachers?.after?.crossEntropyNats).toBeCloseTo((0.9 + 0.6) / 2, 10); // of v0 and v1
    expect(account.information?.after?.crossEntropyNats).toBeGreaterThan(
      account.information!.before.crossEntropyNats,
    );
  });

  it("keeps all views if theirs tell no more than those of others", async () => {
    await write({ second: rows(() => 0.6), shuffled: rows((i) => 0.6 + (i % 2 === 0 ? 0.2 : -0.2)) });
    for (const rule of [gate, { ...gate, method: "threshold", margin: -1 }, { ...gate, share: 0.25 }]) {
      const { chosen, keeps, account } = await choose(rule);
      expect([chosen.rule.method, keeps.length, account.kept, account.share]).toEqual([
        "none",
        4,
        4 * EXAMPLES,
        1,
      ]);
      expect(account.gate).toMatchObject({ open: false, examples: EXAMPLES });
    }
  });

  it("asks for second teachers", async () => {
    await write({});
    await expect(choose(gate)).rejects.toMatchObject({ code: "data/missing-reading", place: folder });
  });
});

describe("a matched share", () => {
  it("is what real second views call for, and the account compares both", async () => {
    for (const [right, share, kept] of [
      [4, 1, 4],
      [6, 0.5, 2],
      [8, 0.5, 2],
    ] as const) {
      await write({ real: realRows(right) });
      const { keeps, account } = await choose({ share: "match" });
      expect(keeps).toHaveLength(kept);
      expect(account).toMatchObject({ share, matched: true, kept: kept * EXAMPLES });
      expect(account.comparison?.real).toMatchObject({ views: 8, share: right / 8 });
      expect(account.comparison?.all?.share).toBe(0.5);
      expect(account.comparison?.kept?.share).toBe(kept === 4 ? 0.5 : 1);
      expect(account.comparison?.real?.gainNats).toBeCloseTo(0.3, 12);
    }
  });

  it("asks for real second views", async () => {
    await write({});
    await expect(choose({ share: "match" })).rejects.toMatchObject({ code: "data/missing-reading" });
  });
});

it("reads a folder of an earlier version, which compares nothing", async () => {
  await write({});
  const { account, keeps } = await choose({ method: "threshold", margin: -0.45 });
  expect(keeps).toEqual(["v0"]);
  expect(account.comparison?.real).toBeUndefined();
});
