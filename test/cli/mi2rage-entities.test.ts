// Entities with generated pictures through the built program: teachers, student, evaluation with views, extraction, refusals.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StudentWorld, studentWorld } from "./student-world.ts";

let world: StudentWorld;
const linesOf = (file: string) =>
  readFileSync(join(world.folder, file), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const TASK = ["--task", "mner", "--set", "synthesis.store=bare-store"];
const TEACHERS = ["selection.method=teacher", "selection.folds=2", "selection.epochs=1"];

beforeAll(async () => {
  world = await studentWorld(["seen"]);
  // Documents without relations, as data for entities are.
  for (const split of ["train", "validation"]) {
    const documents = linesOf(`world/${split}.jsonl`).map((one) => ({ ...one, relations: [] }));
    const text = documents.map((one) => `${JSON.stringify(one)}\n`).join("");
    writeFileSync(join(world.folder, `${split}.jsonl`), text);
  }
  const simulator = { adapter: "simulator", world: "world" };
  const plan = {
    data: { path: "train.jsonl" },
    ...{ direction: "text", rounds: 2, chains: 2, textToImage: simulator, imageToText: simulator },
  };
  writeFileSync(join(world.folder, "bare-plan.json"), JSON.stringify(plan));
  await world.json("synthesize", "bare-plan.json", "--store", "bare-store");
  await world.json(
    ...["train", "--run", "run", "--train", "train.jsonl", "--validation", "validation.jsonl", ...TASK],
    ...TEACHERS.flatMap((setting) => ["--set", `synthesis.${setting}`]),
  );
}, 300_000);
afterAll(() => rmSync(world.folder, { recursive: true, force: true }));

describe("a student for entities", () => {
  it("trains on documents without relations, on the half of the views that teachers chose", () => {
    const documents = linesOf("train.jsonl");
    const rows = linesOf("run/teachers/scores.jsonl");
    const mentions = documents.flatMap(({ id, entities }) =>
      entities.map(({ label }: { label: string }, i: number) => [`${id}@${i}`, label]),
    );
    expect(rows.map(({ example, label }) => [example, label])).toEqual(mentions);
    const { selection, views } = JSON.parse(readFileSync(join(world.folder, "run/data.json"), "utf8"));
    expect(views.accepted).toBe(selection.views);
    expect(selection.kept).toBeGreaterThanOrEqual(selection.views / 2);
    expect(selection.kept).toBeLessThan(selection.views);
    expect(selection.information.before.instances).toBe(mentions.length);
  });

  it("is scored with its own pictures, with generated ones, fused or averaged, or from the text alone", async () => {
    const score = (...args: string[]) =>
      world.json("evaluate", "run/model-best", "validation.jsonl", ...args);
    const views = ["--views", "seen", "--view-count", "2"];
    const [own, fused, averaged, alone] = [
      await score("--pictures", "world/pictures"),
      await score(...views),
      await score(...views, "--aggregate", "average"),
      await score(),
    ];
    expect([own, fused, averaged, alone].map(({ visualChannel }) => visualChannel)).toEqual([
      ...["pixels", "pixels", "pixels"],
      "text only",
    ]);
    for (const one of [fused, averaged]) expect(one.views.perExample).toBe(2);
    expect([own.views, alone.views]).toEqual([undefined, undefined]);
    for (const { metrics } of [own, fused, averaged, alone]) {
      expect(metrics.micro.support).toBe(
        linesOf("validation.jsonl").flatMap(({ entities }) => entities).length,
      );
    }
  }, 300_000);

  it("finds entities in a post with a picture", async () => {
    const [{ text, image }] = linesOf("validation.jsonl").filter((one) => one.image !== undefined);
    const post = ["--text", text, "--picture", `world/pictures/${image}`];
    const found = await world.json("extract", "run/model-best", ...post);
    expect(JSON.stringify(found)).toContain('"visual":"picture"');
  });

  it("repeats the selection that any method names, and refuses views for a model that reads none", async () => {
    const train = (run: string, ...set: string[]) =>
      world.json(
        ...["train", "--run", run, "--train", "train.jsonl", "--validation", "validation.jsonl"],
        ...["--task", "mner", "--epochs", "1", ...set.flatMap((one) => ["--set", one])],
      );
    await train("random", "synthesis.store=bare-store", "synthesis.selection.method=random");
    const { selection } = JSON.parse(readFileSync(join(world.folder, "random/data.json"), "utf8"));
    expect(selection.kept).toBeLessThan(selection.views);
    await train("plain", "method=i2srm", "model.attention.enabled=false", "synthesis.store=null");
    const { code, stderr } = await world.run(
      "evaluate",
      "plain/model-best",
      "validation.jsonl",
      "--views",
      "seen",
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain("this model was not trained to read them");
  }, 300_000);
});
