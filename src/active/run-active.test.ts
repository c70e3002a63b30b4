// Runs of active learning over a few posts: labels that answer, a person who answers later, and stops at every stage.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startScriptedModel } from "../../scripts/scripted-model.mjs";
import { annotatorSettingsShape } from "../annotate/annotator-settings.ts";
import type { Document } from "../data/document.ts";
import { type TinyWorld, tinyWorld } from "../extract/testing/tiny-models.ts";
import type { ActiveSettings, ActiveSummary } from "./request.ts";
import { runActive } from "./run-active.ts";

let folder: string;
let world: TinyWorld;
let whole: ActiveSummary;

function settings(changes: Partial<ActiveSettings> = {}): ActiveSettings {
  const { train, validation } = world.files;
  return {
    ...{ pool: train, validation, ask: { who: "gold" }, by: "both", rounds: 2, batch: 12, candidates: 40 },
    ...{ sure: 0, seed: 1 },
    config: {
      task: "mner",
      encoder: join(folder, "bert"),
      data: { train, validation },
      visual: { kind: "none" },
      model: { attention: { enabled: false }, mixup: { enabled: false }, tagging: { emissionWidth: 8 } },
      training: { epochs: 2, learningRate: 3e-3, taggerLearningRate: 0.01, maxLength: 48, threads: 1 },
    },
    ...changes,
  };
}

const documentsOf = (path: string): Document[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** The rounds without the time that they took. */
const withoutTimes = ({ rounds }: ActiveSummary) =>
  rounds.map(({ trainSeconds: _, asked, ...round }) => ({
    ...round,
    asked: asked && { ...asked, chooseSeconds: 0 },
  }));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relata-active-"));
  world = await tinyWorld(folder);
  whole = await runActive({ settings: settings(), runFolder: join(folder, "whole") });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("active learning where labels answer", () => {
  it("begins without labels by diversity, and trains on every batch that was answered", () => {
    expect(whole).toMatchObject({ status: "finished", reason: "rounds" });
    expect(whole.rounds.map(({ documents }) => documents)).toEqual([0, 12, 24]);
    expect(whole.rounds.map(({ asked }) => asked?.by)).toEqual(["diversity", "both", undefined]);
    expect(whole.rounds[0]?.validation).toBeNull();
    const [low, high] = whole.rounds[2]!.validation!.entities!.interval;
    const { f1 } = whole.rounds[2]!.validation!.entities!;
    expect(low).toBeLessThanOrEqual(f1);
    expect(high).toBeGreaterThanOrEqual(f1);
    expect(existsSync(join(whole.model!, "model.safetensors"))).toBe(true);
  });

  it("asks about no document twice", () => {
    const ids = whole.rounds.flatMap(({ asked }) => asked?.ids ?? []);
    expect(new Set(ids).size).toBe(24);
  });

  it("asks without the labels, and learns with them", () => {
    const round = join(folder, "whole", "rounds", "00");
    const gold = new Map(documentsOf(world.files.train).map((one) => [one.id, one]));
    for (const asked of documentsOf(join(round, "to-label.jsonl"))) expect(asked.entities).toEqual([]);
    for (const answer of documentsOf(join(round, "answers.jsonl")))
      expect(answer.entities).toEqual(gold.get(answer.id)?.entities);
  });

  it("is the same after a stop at every stage", async () => {
    const runFolder = join(folder, "stopped");
    let summary = await runActive({ settings: settings({ rounds: 1 }), runFolder: join(folder, "once") });
    const wanted = withoutTimes(summary);
    const seen = new Set<string>();
    for (let begun = false; ; begun = true) {
      let stoppedAt = "";
      const run = runActive({
        settings: begun ? undefined : settings({ rounds: 1 }),
        runFolder,
        onStage: (round, stage) => {
          const at = `${round} ${stage}`;
          if (seen.has(at)) return;
          seen.add(at);
          stoppedAt = at;
          throw new Error(`stopped at ${at}`); // what a killed process leaves behind at this point
        },
      });
      const outcome = await run.catch((error: Error) => error);
      if (outcome instanceof Error) {
        expect(outcome.message).toBe(`stopped at ${stoppedAt}`);
        continue;
      }
      summary = outcome;
      break;
    }
    expect([...seen]).toEqual(["0 choose", "0 ask", "1 train", "1 score"]);
    expect(withoutTimes(summary)).toEqual(wanted);
  }, 60_000);

  it("refuses a folder with a run, and inputs that have changed", async () => {
    const runFolder = join(folder, "changed");
    await expect(runActive({ settings: settings(), runFolder: join(folder, "whole") })).rejects.toMatchObject(
      {
        code: "active/folder-in-use",
      },
    );
    await expect(runActive({ runFolder: join(folder, "nothing") })).rejects.toMatchObject({
      code: "active/no-run",
    });
    const pool = join(folder, "pool.jsonl");
    cpSync(world.files.train, pool);
    await runActive({ settings: settings({ pool, ask: { who: "person" } }), runFolder });
    writeFileSync(pool, readFileSync(pool, "utf8").split("\n").slice(1).join("\n"));
    await expect(runActive({ runFolder })).rejects.toMatchObject({ code: "active/other-input" });
  });
});

describe("active learning where a model answers", () => {
  it("asks a server about each batch once, and keeps agreement as the probability of a label", async () => {
    const gold = documentsOf(world.files.train);
    const model = await startScriptedModel({ documents: gold });
    try {
      const annotator = annotatorSettingsShape.parse({ baseUrl: model.url, model: "scripted" });
      const ask = { who: "model", annotator, samples: 2 } as const;
      const runFolder = join(folder, "model");
      const summary = await runActive({ settings: settings({ rounds: 1, ask }), runFolder });
      expect(summary).toMatchObject({ status: "finished", reason: "rounds" });
      expect(summary.rounds[1]!.documents).toBe(12);
      const byId = new Map(gold.map((one) => [one.id, one]));
      for (const { id, entities } of documentsOf(join(runFolder, "rounds", "00", "answers.jsonl"))) {
        expect(
          entities.map(({ start, end, label, probability }) => ({ start, end, label, probability })),
        ).toEqual(
          byId.get(id)!.entities.map(({ start, end, label }) => ({ start, end, label, probability: 1 })),
        );
      }
    } finally {
      await model.close();
    }
  }, 60_000);

  it("refuses calls with a price and no budget, and questions about given mentions", async () => {
    const annotator = annotatorSettingsShape.parse({ model: "dear", pricePerMillionInput: 2 });
    const ask = { who: "model", annotator, samples: 2 } as const;
    const runFolder = join(folder, "refused");
    await expect(runActive({ settings: settings({ ask }), runFolder })).rejects.toMatchObject({
      code: "config/contradiction",
      message: expect.stringContaining("budget"),
    });
    const config = { ...settings().config, task: "mre" } as const;
    await expect(
      runActive({ settings: settings({ config, ask: { ...ask, budget: 1 } }), runFolder }),
    ).rejects.toMatchObject({ message: expect.stringContaining("given mentions") });
  });
});

describe("active learning where a person answers", () => {
  it("waits for the answers, says what is wrong with them, and trains on them", async () => {
    const runFolder = join(folder, "person");
    const first = await runActive({ settings: settings({ rounds: 1, ask: { who: "person" } }), runFolder });
    expect(first).toMatchObject({ status: "waiting", waiting: { documents: 12 } });
    expect(await runActive({ runFolder })).toMatchObject({ status: "waiting" }); // nothing has come back
    const asked = documentsOf(first.waiting!.toLabel);
    const gold = new Map(documentsOf(world.files.train).map((one) => [one.id, one]));
    const answers = join(folder, "answers.jsonl");
    const write = (documents: readonly Document[]) =>
      writeFileSync(answers, documents.map((one) => `${JSON.stringify(one)}\n`).join(""));
    const labelled = asked.map(({ id }) => gold.get(id)!);

    write(labelled.slice(1));
    await expect(runActive({ runFolder, answers })).rejects.toMatchObject({
      code: "active/answers-missing",
      value: [asked[0]!.id],
    });
    write([{ ...labelled[0]!, text: `${labelled[0]!.text}!` }, ...labelled.slice(1)]);
    await expect(runActive({ runFolder, answers })).rejects.toMatchObject({ code: "active/bad-answer" });
    write([...labelled, documentsOf(world.files.validation)[0]!]);
    await expect(runActive({ runFolder, answers })).rejects.toMatchObject({ code: "active/bad-answer" });

    write(labelled.slice(1));
    const last = await runActive({ runFolder, answers, partial: true });
    expect(last).toMatchObject({ status: "finished", reason: "rounds" });
    expect(last.rounds[0]!.answered).toEqual({ documents: 11, rejected: 0, again: [asked[0]!.id], cost: 0 });
    expect(last.rounds[1]!.documents).toBe(11);
  }, 60_000);
});
