// From a world to a student of MI2RAGE, through the built program: both directions, selections, generated views at prediction, a bundle.
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../../src/data/index.ts";
import type { ScoreRow } from "../../src/extractors/student/scores-file.ts";
import type { DriftCurve } from "../../src/synthesis/measures/store-account.ts";
import { openViewStore } from "../../src/synthesis/store/open-store.ts";
import type { View } from "../../src/synthesis/view.ts";
import { describeDividedTeachers } from "./divided-teachers.ts";
import { type StudentWorld, studentWorld } from "./student-world.ts";

const MINUTES = 60_000;

let world: StudentWorld;
const at = (...parts: string[]) => join(world.folder, ...parts);
const set = (...fields: string[]) => ["--set", ...fields];
const bytes = (...parts: string[]) => readFileSync(at(...parts)).toString("base64");
const lines = <T>(...parts: string[]): T[] =>
  readFileSync(at(...parts), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const record = (run: string) => JSON.parse(readFileSync(at(run, "data.json"), "utf8"));
const train = (run: string, ...args: string[]) => world.json("train", "--run", run, ...args);
const weights = (run: string) => [
  bytes(run, "model-best", "model.safetensors"),
  bytes(run, "model-last", "model.safetensors"),
];

/** Views of the candidate kind by instance. */
async function candidates(store: "text" | "picture"): Promise<View[]> {
  const views: View[] = [];
  for await (const view of (await openViewStore(at(store))).views()) {
    if (view.kind !== store) views.push(view);
  }
  return views;
}

/** Changed documents, written under another name. */
function rewrite(to: string, change: (document: Document, i: number) => Document): void {
  const changed = lines<Document>("world", "train.jsonl").map(change);
  writeFileSync(at(to), changed.map((document) => `${JSON.stringify(document)}\n`).join(""));
}

beforeAll(async () => {
  world = await studentWorld(["text", "picture", "seen"]);
  await train("blind");
}, 10 * MINUTES);
afterAll(() => rmSync(world.folder, { recursive: true }), MINUTES);

describe("teachers", { timeout: 5 * MINUTES }, () => {
  const folds = set("synthesis.selection.method=teacher", "synthesis.selection.folds=2");

  it("score every accepted view of every example after every epoch, and do not score again", async () => {
    const scored = await world.json("score-views", "--run", "scores", ...folds);
    expect(scored).toMatchObject({
      trained: true,
      about: { folds: 2, reads: "view", epochs: 2, examples: 40 },
    });
    const rows = lines<ScoreRow>("scores", "scores.jsonl");
    expect(rows.map(({ example }) => example)).toEqual(
      lines<Document>("world", "train.jsonl").map(({ id }) => id),
    );
    const accepted = (await candidates("text")).filter(({ rejected }) => rejected === undefined);
    for (const { example, views, withoutView } of rows) {
      const own = accepted.filter(({ instance }) => instance === example).map(({ id }) => id);
      expect(views.map(({ id }) => id)).toEqual(own);
      for (const numbers of [withoutView, ...views.map(({ crossEntropy }) => crossEntropy)]) {
        expect(numbers).toHaveLength(2);
        for (const nats of numbers) expect(nats).toBeGreaterThan(0);
      }
    }
    const again = await world.json("score-views", "--run", "scores", ...folds);
    expect(again).toEqual({ ...scored, trained: false });
  });

  it("never see the labels of the part that they score", async () => {
    const rows = lines<ScoreRow>("scores", "scores.jsonl");
    const labels: string[] = Object.keys(JSON.parse(readFileSync(at("world", "relations.json"), "utf8")));
    const other = (label: string) => labels[(labels.indexOf(label) + 1) % labels.length]!;
    rewrite("relabelled.jsonl", (document, i) => ({
      ...document,
      relations: document.relations.map((relation) =>
        rows[i]?.fold === 0 ? { ...relation, label: other(relation.label) } : relation,
      ),
    }));
    await world.json(
      "score-views",
      "--run",
      "relabelled",
      "--set",
      "data.train=relabelled.jsonl",
      ...folds.slice(1),
    );
    const model = ["model-last", "model.safetensors"];
    expect(bytes("relabelled", "teacher-0", ...model) === bytes("scores", "teacher-0", ...model)).toBe(true);
    expect(bytes("relabelled", "teacher-1", ...model) === bytes("scores", "teacher-1", ...model)).toBe(false);
  });

  it("choose views for a student that is the same whether they were trained before or by its own run", async () => {
    const when = ["synthesis.selection.when=epoch", "synthesis.selection.share=0.5"];
    await train("own", ...folds, ...when);
    await train("given", ...folds, ...when, "synthesis.selection.scores=scores");
    expect(bytes("own", "teachers", "scores.jsonl")).toBe(bytes("scores", "scores.jsonl"));
    expect(weights("own")).toEqual(weights("given"));
    const rows = lines<ScoreRow>("scores", "scores.jsonl");
    const halves = rows.map(({ views }) => Math.ceil(views.length / 2));
    const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    const { selection, views } = record("given");
    expect(selection).toMatchObject({
      ...{ method: "teacher", share: 0.5, when: "epoch" },
      views: total(rows.map((row) => row.views.length)),
      kept: total(halves),
    });
    expect(selection.information.after.crossEntropyNats).toBeLessThan(
      selection.information.before.crossEntropyNats,
    );
    const made = await candidates("text");
    const rejected = made.filter((view) => view.rejected !== undefined).length;
    expect(views.accepted).toBe(made.length - rejected);
    expect(total(Object.values<number>(views.rejected))).toBe(rejected);
    expect(views).toMatchObject({ ofOtherDocuments: 0, undecodable: 0 });
  });

  it("keep what does not argue against the label, which may be everything or nothing", async () => {
    const rows = lines<ScoreRow>("scores", "scores.jsonl");
    const informations = rows.map(({ views, withoutView }) =>
      views.map(({ crossEntropy }) => withoutView.at(-1)! - crossEntropy.at(-1)!),
    );
    const threshold = (margin: number) =>
      set(
        "synthesis.selection.method=threshold",
        `synthesis.selection.margin=${margin}`,
        "synthesis.selection.scores=scores",
      );
    await train("all-within", ...threshold(20));
    expect(weights("all-within")).toEqual(weights("blind"));
    await train("within", ...threshold(0));
    const all = informations.flat();
    const without = informations.filter((own) => own.length > 0 && own.every((nats) => nats < -1e-9)).length;
    expect(record("within").selection).toMatchObject({
      ...{ method: "threshold", margin: 0, views: all.length },
      kept: all.filter((nats) => nats >= -1e-9).length,
      examplesWithoutKept: without,
    });
    expect(record("within").selection.share).toBeUndefined();
    const { code, stdout, stderr } = await world.run("train", "--run", "none-within", ...threshold(-20));
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`warning: the teachers kept none of ${all.length} views`);
    const { selection } = record("none-within");
    expect([selection.kept, selection.information.after]).toEqual([0, undefined]);
    for (const run of ["within", "none-within"]) {
      await world.json("report", run, "--out", at("page.html"));
      expect(readFileSync(at("page.html"), "utf8")).toContain(
        `${record(run).selection.kept} of ${all.length} views kept.`,
      );
    }
    const judged = await world.json("synthesize", "judge", "text", "--scores", "scores", "--margin", "0");
    expect([judged.margin, judged.all.kept]).toEqual([0, record("within").selection.kept]);
  });

  it("read real second views too, and in pairs decide whether there is anything to select", async () => {
    const scored = await world.json("score-views", "--run", "scores", ...folds);
    const pictured = lines<Document>("world", "validation.jsonl").filter(({ image }) => image !== undefined);
    expect(scored.about.real.examples).toBe(2 * pictured.length); // once for each teacher
    expect(scored.comparison).toMatchObject({ of: "pictures", real: { views: 2 * pictured.length } });
    const gated = [...folds, "synthesis.selection.gate.enabled=true"];
    const { stdout } = await world.run(
      "train",
      "--run",
      "gated",
      ...gated,
      "synthesis.selection.share=match",
    );
    expect(stdout).toMatch(/the gate is (open|shut)/);
    expect(stdout).toMatch(/teachers name the label from [\d.]+ % of the generated pictures, .* real ones/);
    const { gate, matched, kept, views, bySecondTeachers } = record("gated").selection;
    // Two epochs teach too little to know views by.
    expect([gate.open, matched, kept]).toEqual([false, undefined, views]);
    expect(bySecondTeachers.before.views).toBe(views);
    expect(weights("gated")).toEqual(weights("blind"));
    const model = ["model-last", "model.safetensors"];
    expect(bytes("gated", "teachers", "second-0", ...model)).not.toBe(
      bytes("gated", "teachers", "teacher-0", ...model),
    );
    await world.json("report", "gated", "--out", at("gated.html"));
    const html = readFileSync(at("gated.html"), "utf8");
    for (const said of ["The gate is shut", "Generated and real views, as teachers read them"])
      expect(html).toContain(said);
    const { code, stderr } = await world.run(
      ...["train", "--run", "ungated", ...gated, "synthesis.selection.scores=scores"],
    );
    expect(code).toBe(2);
    expect(stderr).toContain("there are no second teachers");
  });

  it("are shown with their views on a run's page, and drift and diversity where they are asked for", async () => {
    const page = async (...args: string[]) => {
      await world.json("report", "given", "--out", at("given.html"), ...args);
      return readFileSync(at("given.html"), "utf8");
    };
    const [plain, measured] = [await page(), await page("--measure-views")];
    for (const html of [plain, measured]) expect(html).toContain("Information about the label");
    for (const title of ["Semantic drift", "Diversity", "Label retention"]) {
      expect(plain).not.toContain(title);
      expect(measured).toContain(title);
    }
    expect(measured).toContain("teachers read the generated view by itself");
    renameSync(at("text"), at("elsewhere"));
    try {
      expect(await page("--measure-views")).toContain("Drift and diversity were not measured");
    } finally {
      renameSync(at("elsewhere"), at("text"));
    }
  });
});

describeDividedTeachers(() => world, "scores", [
  "synthesis.selection.method=teacher",
  "synthesis.selection.folds=2",
]);

describe("a student of real texts", { timeout: 5 * MINUTES }, () => {
  it("does not look at its documents' own pictures", async () => {
    cpSync(at("world"), at("bare"), { recursive: true });
    for (const { image } of lines<Document>("world", "train.jsonl")) {
      if (image !== undefined) rmSync(at("bare", "pictures", image));
    }
    await train("bare-run", ...set("data.pictures=bare/pictures", "visual.features=bare-features"));
    expect(weights("bare-run")).toEqual(weights("blind"));
    expect(record("blind").selection).toMatchObject({ method: "none", share: 1 });
  });

  it.each([
    ["random", "both", "epoch"],
    ["similarity", "synthetic", "once"],
    ["none", "real", "once"],
  ])("selects by %s, with %s views", async (method, use, when) => {
    const run = `${method}-${use}`;
    const { status } = await train(
      run,
      ...set(
        `synthesis.selection.method=${method}`,
        `synthesis.use=${use}`,
        `synthesis.selection.when=${when}`,
      ),
      ...["synthesis.rounds=1", "training.epochs=1"],
    );
    expect(status).toBe("finished");
    const { selection, views } = record(run);
    if (use === "real") expect([selection, views]).toEqual([undefined, undefined]);
    else {
      expect(selection).toMatchObject({ method, share: 0.5, when, views: views.accepted });
      expect(selection.kept).toBeLessThan(selection.views);
      expect(selection.kept).toBeGreaterThanOrEqual(selection.views / 2);
    }
  });
});

describe("the encoders of a trained student", { timeout: 5 * MINUTES }, () => {
  it("measure drift, and select by similarity", async () => {
    const model = join("blind", "model-best");
    const args = ["synthesize", "measure", "text", "--encoder", model];
    const [trained, plain] = [
      await world.json(...args),
      await world.json("synthesize", "measure", "text", "--encoder", "bert"),
    ];
    expect(trained.encoders.text).not.toBe(plain.encoders.text);
    expect(trained.centred).toEqual(["words"]);
    const pictures = await world.json(...args, "--picture-encoder", model);
    expect(pictures.centred).toEqual(["words", "pixels"]);
    expect(pictures.drift.map(({ kind, space, origin }: DriftCurve) => [kind, space, origin])).toEqual([
      ["text", "words", "real"],
      ["picture", "pixels", "first"],
    ]);
    const noClip = await world.run(...args, "--clip", "bert");
    expect(noClip.code).not.toBe(0);
    expect(noClip.stderr).toContain("has no joint space of texts and pictures");
    await train(
      "nearest",
      ...set("synthesis.selection.method=similarity", `synthesis.selection.embedder=${model}`),
      ...["synthesis.rounds=1", "training.epochs=1"],
    );
    await train(
      "nearest-by-pictures",
      ...set("synthesis.real=picture", "synthesis.store=picture", "synthesis.selection.method=similarity"),
      ...["synthesis.selection.embedder=resnet", "synthesis.rounds=1", "training.epochs=1"],
    );
    for (const run of ["nearest", "nearest-by-pictures"])
      expect(record(run).selection).toMatchObject({ method: "similarity", share: 0.5 });
  });
});

describe("a student of real pictures", { timeout: 5 * MINUTES }, () => {
  it("reads nothing of its documents' own texts", async () => {
    const real = ["synthesis.real=picture", "synthesis.store=picture"];
    await train("seeing", ...set(...real));
    expect(record("seeing").views.accepted).toBeGreaterThan(0);
    // Longer texts with only the mentions in common.
    rewrite("reworded.jsonl", (document) => {
      const { text, entities } = document;
      let reworded = "Nothing here is as it was before:";
      const moved = entities.map((entity) => {
        const start = reworded.length + 1;
        reworded += ` ${text.slice(entity.start, entity.end)}, so they say,`;
        return { ...entity, start, end: start + entity.end - entity.start };
      });
      return { ...document, text: reworded, entities: moved };
    });
    await train("reworded", ...set(...real, "data.train=reworded.jsonl"));
    expect(record("reworded").train.fingerprint).not.toBe(record("seeing").train.fingerprint);
    expect(weights("reworded")).toEqual(weights("seeing"));
  });

  it("is scored with the texts, which are then one of its views, or with generated ones beside", async () => {
    const scored = await world.json(
      ...["evaluate", "seeing/model-best", "world/validation.jsonl", "--pictures", "world/pictures"],
    );
    expect(scored.metrics.instances).toBe(16);
    expect(scored.views).toBeUndefined();
  });
});

describe("a trained student", { timeout: 5 * MINUTES }, () => {
  const evaluate = (...args: string[]) =>
    world.json("evaluate", "blind/model-best", "world/validation.jsonl", ...args);

  it("reads texts alone, with their pictures, and with as many generated views as are asked for", async () => {
    const alone = await evaluate("--views", "seen", "--view-count", "0", "--predictions", "alone.jsonl");
    expect(alone.views).toMatchObject({ perExample: 0, examplesWithoutViews: 0 });
    const two = await evaluate("--views", "seen", "--view-count", "2", "--predictions", "two.jsonl");
    expect(two.views.perExample).toBeGreaterThan(1);
    expect(two.views.perExample).toBeLessThanOrEqual(2);
    expect(bytes("two.jsonl")).not.toBe(bytes("alone.jsonl"));
    const averaged = await evaluate(
      ...["--views", "seen", "--view-count", "2", "--aggregate", "average", "--predictions", "mean.jsonl"],
    );
    expect(averaged.views.perExample).toBe(two.views.perExample);
    expect(bytes("mean.jsonl")).not.toBe(bytes("two.jsonl"));
    const seen = await evaluate("--pictures", "world/pictures", "--predictions", "seen.jsonl");
    expect(seen.visualChannel).toBe("pixels");
    expect(bytes("seen.jsonl")).not.toBe(bytes("alone.jsonl"));
  });

  it("goes into a bundle with an entity model, which then extracts from raw posts", async () => {
    const entities = {
      ...{ task: "mner", encoder: "bert" },
      data: { train: "world/train.jsonl", validation: "world/validation.jsonl" },
      model: { attention: { enabled: false }, mixup: { enabled: false }, tagging: { emissionWidth: 8 } },
      training: {
        epochs: 16,
        batchSize: 8,
        learningRate: 0.003,
        taggerLearningRate: 0.01,
        maxLength: 48,
        threads: 1,
      },
    };
    writeFileSync(at("entities.json"), JSON.stringify(entities));
    await train("entities", "--config", "entities.json");
    await world.json(
      "export",
      "entities/model-best",
      "blind/model-best",
      "bundle",
      "--constraints-from",
      "world/train.jsonl",
    );
    const posts = lines<Document>("world", "validation.jsonl").map(({ text, image }) => ({ text, image }));
    writeFileSync(at("posts.jsonl"), posts.map((post) => `${JSON.stringify(post)}\n`).join(""));
    const pictures = ["--pictures", "world/pictures", "--out", "found.jsonl"];
    const { code, stderr } = await world.run("extract", "bundle", "posts.jsonl", ...pictures);
    expect(code, stderr).toBe(0);
    const found = lines<Document>("found.jsonl");
    expect(found.map(({ text }) => text)).toEqual(posts.map(({ text }) => text));
    expect(found.flatMap(({ entities }) => entities).length).toBeGreaterThan(0);
    const { text, entities: gold } = lines<Document>("world", "validation.jsonl")[0]!;
    const [head, tail] = gold.map(({ start, end }) => `${start}:${end}`);
    const asked = await world.json(
      ...["extract", "bundle", "--text", text, "--head-span", head!, "--tail-span", tail!],
    );
    expect(JSON.stringify(asked)).toMatch(/"label":"[^"]+".*"probability":0\.\d/);
  });
});
