// The built program on stores, scores and settings that do not fit a student: the code, the place, the remedy; and nothing is lost.
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../../src/data/index.ts";
import { type StudentWorld, studentWorld } from "./student-world.ts";

const MINUTES = 60_000;
const TEACHER = ["synthesis.selection.method=teacher", "training.epochs=1"];

let world: StudentWorld;
const at = (...parts: string[]) => join(world.folder, ...parts);

beforeAll(async () => {
  world = await studentWorld(["text", "picture"]);
  await world.run("synthesize", "text-plan.json", "--store", "begun", "--limit", "5", "--json");
  const retrieval = {
    adapter: "retrieval",
    encoder: "bert",
    collections: [{ captions: "world/captions-validation.jsonl" }],
  };
  const plan = { data: { path: "world/train.jsonl" }, direction: "text", rounds: 1, chains: 1 };
  writeFileSync(
    at("captioned-plan.json"),
    JSON.stringify({ ...plan, textToImage: retrieval, imageToText: retrieval }),
  );
  await world.json("synthesize", "captioned-plan.json", "--store", "captioned");
  const documents = readFileSync(at("world", "train.jsonl"), "utf8").trimEnd().split("\n");
  const renamed = documents.map((line) => {
    const document: Document = JSON.parse(line);
    return `${JSON.stringify({ ...document, id: `other-${document.id}` })}\n`;
  });
  writeFileSync(at("renamed.jsonl"), renamed.join(""));
  await world.json("score-views", "--run", "scores", "--set", ...TEACHER, "synthesis.chains=1");
}, 10 * MINUTES);
afterAll(() => rmSync(world.folder, { recursive: true }), MINUTES);

/** Every file below the corpus's folder with its content's hash, except feature caches. */
function everything(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(world.folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.includes("features"))
      files[path] = createHash("sha256").update(readFileSync(path)).digest("hex");
  }
  return files;
}

/** Runs a command that must be refused as wrong input and returns its error. All earlier files remain, and no model is left. */
async function refused(...args: string[]) {
  const before = everything();
  const { code, stdout, stderr } = await world.run(...args, "--json");
  expect([code, stdout], stderr).toEqual([2, ""]);
  expect(everything()).toMatchObject(before);
  const { error } = JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "");
  expect(error.remedy).toMatch(/\.$/);
  return error;
}

async function refusedTraining(...fields: string[]) {
  rmSync(at("never"), { recursive: true, force: true });
  const error = await refused("train", "--run", "never", "--set", ...fields);
  expect(existsSync(at("never", "model-last"))).toBe(false);
  return error;
}

describe("a student's training refuses", { timeout: 2 * MINUTES }, () => {
  it.each([
    ["a store that is not there", ["synthesis.store=nowhere"], "synthesis/no-such-store", "nowhere"],
    ["a store that is not complete", ["synthesis.store=begun"], "synthesis/incomplete-store", "begun"],
    ["one of the other direction", ["synthesis.store=picture"], "config/other-direction", "synthesis.real"],
    ["one of other documents", ["data.train=renamed.jsonl"], "data/no-views", "text"],
    ["rounds that it lacks", ["synthesis.rounds=3"], "config/not-in-store", "synthesis.rounds"],
    ["chains that it lacks", ["synthesis.chains=3"], "config/not-in-store", "synthesis.chains"],
    [
      "pixels where captions are read",
      [
        ...[
          "visual.kind=captions",
          "visual.encoder=null",
          "visual.features=null",
          "data.captions.train=world/captions-train.jsonl",
        ],
        "data.captions.validation=world/captions-validation.jsonl",
      ],
      "config/views-without-captions",
      "/text",
    ],
    [
      "captions where pixels are read",
      ["synthesis.store=captioned"],
      "config/views-without-pixels",
      "/captioned",
    ],
    ["categories", ["task=classification"], "config/contradiction", "relata.config.json"],
    [
      "entities from augmented texts",
      ["task=mner", "synthesis.augmentedShare=0.5"],
      "config/contradiction",
      "relata.config.json",
    ],
    ["no store at all", ["synthesis.store=null"], "config/contradiction", "relata.config.json"],
    [
      "more frozen layers than there are",
      ["training.frozenLayers=9"],
      "config/too-many-frozen-layers",
      "training.frozenLayers",
    ],
    [
      "views compared with what their chains do not have",
      ["synthesis.selection.method=similarity"],
      "config/view-without-counterpart",
      "synthesis.selection.method",
    ],
    [
      "scores of other views",
      [...TEACHER, "synthesis.selection.scores=scores"],
      "data/view-without-score",
      "",
    ],
    [
      "scores that are not there",
      [...TEACHER, "synthesis.selection.scores=nowhere"],
      "data/no-scores",
      "nowhere",
    ],
  ])("%s", async (_, fields, code, place) => {
    const error = await refusedTraining(...fields);
    expect(error).toMatchObject({ code, place: expect.stringContaining(place) });
  });
});

describe("scores that were changed are refused", { timeout: 2 * MINUTES }, () => {
  const spoilt = ["synthesis.chains=1", ...TEACHER, "synthesis.selection.scores=spoilt"];
  const change = (edit: (text: string) => string) => {
    rmSync(at("spoilt"), { recursive: true, force: true });
    cpSync(at("scores"), at("spoilt"), { recursive: true });
    const path = at("spoilt", "scores.jsonl");
    writeFileSync(path, edit(readFileSync(path, "utf8")));
  };

  it.each([
    ["cut off in a line", (text: string) => text.slice(0, -30)],
    ["cut off between lines", (text: string) => text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1)],
    ["edited", (text: string) => text.replace(/"crossEntropy":\[\d/, '"crossEntropy":[9')],
    ["empty", () => ""],
  ])("%s", async (_, edit) => {
    change(edit);
    expect(await refusedTraining(...spoilt)).toMatchObject({
      code: "data/bad-scores",
      place: expect.stringContaining("scores.jsonl"),
    });
  });

  it("removed", async () => {
    change((text) => text);
    rmSync(at("spoilt", "scores.jsonl"));
    expect((await refusedTraining(...spoilt)).code).toBe("data/bad-scores");
  });
});

describe("relata score-views refuses", { timeout: 2 * MINUTES }, () => {
  it("a folder with scores of other settings, and leaves it as it is", async () => {
    const error = await refused("score-views", "--run", "scores", "--set", ...TEACHER, "synthesis.chains=2");
    expect(error).toMatchObject({ code: "config/other-scores", place: "scores" });
  });

  it("to resume teachers that were begun with other labels", async () => {
    cpSync(at("scores"), at("interrupted"), { recursive: true });
    rmSync(at("interrupted", "scores.json"));
    const text = readFileSync(at("world", "train.jsonl"), "utf8");
    writeFileSync(at("relabelled.jsonl"), text.replace(/"label":"per\/per\/couple"/, '"label":"None"'));
    const error = await refused(
      ...["score-views", "--run", "interrupted", "--resume", "--set", ...TEACHER, "synthesis.chains=1"],
      "data.train=relabelled.jsonl",
    );
    expect(error.code).toBe("config/other-scores");
  });

  it("a run that has no views", async () => {
    const error = await refused("score-views", "--run", "none", "--set", "synthesis.rounds=0");
    expect(error.code).toBe("config/nothing-to-score");
  });
});

describe("relata evaluate refuses", { timeout: 2 * MINUTES }, () => {
  it("views for a model that was not trained to look at any, and counts of views where there are none", async () => {
    const plain = ["method=i2srm", "visual.kind=none", "model.attention.enabled=false"];
    writeFileSync(
      at("plain.json"),
      JSON.stringify({
        ...JSON.parse(readFileSync(at("relata.config.json"), "utf8")),
        ...{ synthesis: {}, visual: {} },
      }),
    );
    await world.json(
      ...["train", "--config", "plain.json", "--run", "plain", "--epochs", "1"],
      ...["--set", ...plain, "model.mixup.enabled=false"],
    );
    const evaluate = ["evaluate", "plain/model-best", "world/validation.jsonl"];
    expect(await refused(...evaluate, "--views", "text")).toMatchObject({
      code: "data/unwanted-visual",
      place: expect.stringContaining("text"),
    });
    for (const args of [
      ["--view-count", "2"],
      ["--aggregate", "average"],
    ]) {
      expect(await refused(...evaluate, ...args)).toMatchObject({
        code: "cli/contradiction",
        place: args[0],
      });
    }
  });
});
