// Students that read texts made from the real texts: made, scored by teachers, selected and trained on through the built program.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StudentWorld, studentWorld } from "./student-world.ts";

const CHAINS = 2;
let world: StudentWorld;
beforeAll(async () => {
  world = await studentWorld([]);
  const plan = {
    ...{ data: { path: "world/train.jsonl" }, direction: "text", chains: CHAINS },
    textToText: { adapter: "word-changes", corpus: "world/train.jsonl" },
  };
  writeFileSync(join(world.folder, "plan.json"), JSON.stringify(plan));
  await world.json("synthesize", "plan.json", "--store", "texts");
  const config = JSON.parse(readFileSync(join(world.folder, "relata.config.json"), "utf8"));
  const { pictures: _, ...data } = config.data;
  const synthesis = { store: "texts", augmentedShare: 0.5, selection: { method: "none" } };
  const own = { ...config, data, visual: { kind: "none" }, synthesis };
  writeFileSync(join(world.folder, "texts.config.json"), JSON.stringify(own));
}, 120_000);
afterAll(() => rmSync(world.folder, { recursive: true, force: true }));

const common = ["--config", "relata.config.json", "--set", "training.epochs=1"];
const texts = ["--config", "texts.config.json", "--set", "training.epochs=1"];
const AUGMENTED = ["--set", "synthesis.store=texts", "--set", "synthesis.augmentedShare=0.5"];
const recordOf = (run: string) => JSON.parse(readFileSync(join(world.folder, run, "data.json"), "utf8"));

describe("a student of augmented texts", () => {
  it("is trained on those that teachers select, and judged by its own text", async () => {
    const options = [...texts, "--set", "synthesis.selection.method=teacher"];
    await world.json("train", ...options, "--run", "taught");
    const { views, selection } = recordOf("taught");
    expect(views.accepted + Object.values<number>(views.rejected).reduce((a, b) => a + b, 0)).toBe(
      40 * CHAINS,
    );
    expect(selection.kept).toBeLessThan(selection.views);
    // Teachers that read the same text for every view would give them one score.
    const rows = readFileSync(join(world.folder, "taught", "teachers", "scores.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { views: { crossEntropy: number[] }[]; withoutView: number[] });
    const scores = rows.flatMap((row) => [
      row.withoutView[0],
      ...row.views.map((view) => view.crossEntropy[0]),
    ]);
    expect(new Set(scores).size).toBe(scores.length);
    await world.json("train", ...texts, "--set", "synthesis.selection.method=similarity", "--run", "similar");
    expect(recordOf("similar").selection).toMatchObject({ method: "similarity", withoutCounterpart: 0 });
    const { metrics } = await world.json("evaluate", "taught/model-last", "world/validation.jsonl");
    expect(metrics.micro.f1).toBeGreaterThanOrEqual(0);
  }, 240_000);

  it("is refused with pictures, without the share, and with a store of pictures", async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await world.run("train", ...common, ...args, "--run", "refused");
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refused(...AUGMENTED)).toContain('visual.kind is "pictures"');
    expect(await refused("--set", "synthesis.store=texts")).toContain("holds texts made from real texts");
  }, 120_000);
});
