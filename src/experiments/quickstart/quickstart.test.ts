import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relata } from "../../../test/cli/run-cli.ts";
import { readDocuments } from "../../data/readers.ts";
import { openViewStore } from "../../synthesis/store/open-store.ts";
import { simulatedTruth } from "../../world/simulated-truth.ts";
import { readWorldTruth } from "../../world/truth.ts";
import { comparisonOf } from "./comparison.ts";
import { nextCommands } from "./next-commands.ts";
import { quickstart } from "./quickstart.ts";
import type { QuickstartResult } from "./result.ts";
import { bearingShare, precision, recall } from "./selection-truth.ts";
import type { Effort } from "./settings.ts";

/** Large enough that every part has something to do. */
const LITTLE: Effort = {
  train: 48,
  validation: 16,
  test: 40,
  epochs: 1,
  entityEpochs: 1,
  generated: { chains: 1, rounds: 1 },
};
const LITTLE_IN_FULL: Effort = {
  ...LITTLE,
  generated: { chains: 1, rounds: 2 },
  selection: { folds: 2, teacherEpochs: 1 },
};

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "relata-quickstart-"));
});
afterAll(() => rm(place, { recursive: true }));

describe("the short quickstart", () => {
  let result: QuickstartResult;
  const stages: string[] = [];
  beforeAll(async () => {
    const folder = join(place, "short");
    result = await quickstart({ folder, effort: LITTLE, seed: 3, onStage: (stage) => stages.push(stage) });
  }, 120_000);

  it("compares texts alone with texts and pictures, and makes pictures without training on them", () => {
    expect(result.runs.map(({ name }) => name)).toEqual(["text-only", "i2srm"]);
    expect(result.views).toBeUndefined();
    expect(existsSync(join(place, "short", "generated-pictures"))).toBe(true);
    expect(stages).toHaveLength(7);
    expect(comparisonOf(result).map(({ kind }) => kind)).toEqual([
      ...["run", "run"],
      ...["ceiling", "ceiling"],
    ]);
  });

  it("reads test posts of different relations, chosen by what text and picture show, and marks the wrong ones", async () => {
    const { truth } = await readWorldTruth(result.corpus.folder);
    expect(result.posts.length).toBeGreaterThan(1);
    expect(new Set(result.posts.map(({ gold }) => gold)).size).toBe(result.posts.length);
    for (const { text, gold, picture, found, isRight } of result.posts) {
      const post = truth.posts.find((one) => one.text === text);
      expect(post).toMatchObject({ split: "test", label: gold, needsPicture: true });
      expect(post?.picture?.shows).toContain(gold);
      expect(existsSync(picture)).toBe(true);
      if (isRight) expect(found.relations.map(({ label }) => label)).toEqual([gold]);
    }
    const right = result.posts.find(({ isRight }) => isRight);
    expect(result.example).toBe(right ?? result.posts[0]);
    const record = join(place, "short", "quickstart.json");
    expect(JSON.parse(await readFile(record, "utf8"))).toMatchObject({ example: result.example });
  });

  it("shows the post and its picture first on the page, then the others, the scores, and what to try", async () => {
    const page = await readFile(result.report, "utf8");
    const places = [
      page.indexOf("A post and what was found in it</h2>"),
      page.indexOf("data:image/webp;base64,"),
      page.indexOf("What the pictures add</h2>"),
      page.indexOf("What to try next</h2>"),
    ];
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(page).toContain("All posts and pictures are made up");
    expect(page).not.toContain("MI2RAGE");
    expect(page).toContain(result.example.gold);
  });

  it("names commands that run on what it made", { timeout: 180_000 }, async () => {
    const commands = nextCommands(result, (path) => path);
    expect(commands.length).toBeGreaterThan(2);
    const ran = await Promise.all(commands.map(async ({ args }) => relata(args)));
    for (const { code, stderr } of ran)
      expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  });
});

describe("the full quickstart", () => {
  let result: QuickstartResult;
  const stages: string[] = [];
  beforeAll(async () => {
    const folder = join(place, "done");
    result = await quickstart({
      folder,
      effort: LITTLE_IN_FULL,
      seed: 3,
      onStage: (stage) => stages.push(stage),
    });
  }, 120_000);

  it("trains four extractors, entities and a bundle, and says what it is at", () => {
    expect(result.runs.map(({ name }) => name)).toEqual(["text-only", "i2srm", "mi2rage", "real-pairs"]);
    for (const { modelFolder } of [...result.runs, result.entities])
      expect(existsSync(modelFolder)).toBe(true);
    expect(existsSync(join(result.bundle, "bundle.json"))).toBe(true);
    expect(stages).toHaveLength(9);
  });

  it("scores every run on all test posts, and the open ones among them", async () => {
    for (const { predictions, accuracy, openAccuracy } of result.runs) {
      const gold = await readDocuments(result.corpus.test, { format: "relata" });
      const said = await readDocuments(predictions, { format: "relata" });
      const rightIn = async (file: string) => {
        const { documents } = await readDocuments(file, { format: "relata" });
        const ids = new Set(documents.map(({ id }) => id));
        const right = gold.documents.filter(
          ({ id, relations }, i) =>
            ids.has(id) && said.documents[i]?.relations[0]?.label === relations[0]?.label,
        );
        return right.length / documents.length;
      };
      expect(accuracy).toBeCloseTo(await rightIn(result.corpus.test), 12);
      expect(openAccuracy).toBeCloseTo(await rightIn(result.corpus.needsPicture.test), 12);
    }
  });

  it("puts the runs, the distance to real pairs and the ceilings of the test posts into one table", () => {
    const rows = comparisonOf(result);
    expect(rows.map(({ kind }) => kind)).toEqual([
      ...["run", "run", "run", "run"],
      "distance",
      ...["ceiling", "ceiling"],
    ]);
    const [, , mi2rage, real, distance, , joint] = rows;
    expect(distance?.microF1).toBeCloseTo((mi2rage?.microF1 ?? 0) - (real?.microF1 ?? 0), 12);
    expect(joint).toMatchObject(result.splits.test.ceilings.typedJoint);
  });

  it("counts the pictures that show their relation as the simulator does", async () => {
    if (result.views === undefined) throw new Error("no pictures were generated");
    const { selection, store } = result.views;
    const views = [];
    for await (const view of (await openViewStore(store)).views())
      if (view.kind === "picture" && view.rejected === undefined) views.push(view);
    const bearing = views.filter(({ details }) => simulatedTruth(details).bearsLabel);
    expect(selection.all.views).toBe(views.length);
    expect(selection.all.bearing).toBe(bearing.length);
    // A chain of two rounds leaves one or two pictures; half of them, rounded up, is one.
    expect(selection.all.kept).toBe(new Set(views.map(({ instance }) => instance)).size);
    const sum = (of: (counts: typeof selection.all) => number) =>
      selection.rounds.reduce((total, counts) => total + of(counts), 0);
    expect(sum(({ kept }) => kept)).toBe(selection.all.kept);
    expect(sum(({ keptBearing }) => keptBearing)).toBe(selection.all.keptBearing);
    expect(selection.open.views).toBeLessThan(selection.all.views);
  });

  it("writes a page that also tells how well the teachers chose", async () => {
    const page = await readFile(result.report, "utf8");
    expect(page).toContain("Did the teachers choose well?");
    expect(page).toContain("MI2RAGE");
  });

  it("leaves configurations that relata train can repeat", async () => {
    const [, , mi2rage] = result.runs;
    const config = JSON.parse(await readFile(join(mi2rage?.runFolder ?? "", "relata.config.json"), "utf8"));
    expect(config.method).toBe("mi2rage");
    expect(config.synthesis.store).toBe(result.views?.store);
    expect(config.synthesis.use).toBe("synthetic");
  });
});

it("refuses a folder that holds something else, and leaves it as it was", async () => {
  const folder = join(place, "mine");
  await mkdir(folder);
  await writeFile(join(folder, "thesis.txt"), "mine");
  await expect(quickstart({ folder, effort: LITTLE })).rejects.toMatchObject({
    code: "quickstart/folder-in-use",
  });
  expect(await readFile(join(folder, "thesis.txt"), "utf8")).toBe("mine");
});

it("stops where it is when its signal comes, and a later quickstart replaces what it left", async () => {
  const folder = join(place, "stopped");
  const controller = new AbortController();
  const reason = new Error("enough");
  const onPreparation = ({ what }: { readonly what: string }) => {
    if (what === "generator calls") controller.abort(reason);
  };
  const stopped = quickstart({ folder, effort: LITTLE_IN_FULL, signal: controller.signal, onPreparation });
  await expect(stopped).rejects.toBe(reason);
  const again = new AbortController();
  const onStage = (stage: string) => {
    if (stage.startsWith("generating")) again.abort(reason);
  };
  await expect(quickstart({ folder, effort: LITTLE_IN_FULL, signal: again.signal, onStage })).rejects.toBe(
    reason,
  );
});

it("computes precision and recall of a selection", () => {
  // Ten pictures, of which six show the relation; five are kept, of which four show it.
  const counts = { views: 10, bearing: 6, kept: 5, keptBearing: 4 };
  expect(bearingShare(counts)).toBe(0.6);
  expect(precision(counts)).toBe(0.8);
  expect(recall(counts)).toBeCloseTo(2 / 3, 12);
});
