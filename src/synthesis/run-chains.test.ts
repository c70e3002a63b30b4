import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../base/sha256.ts";
import type { ChainPlan } from "./chain-plan.ts";
import { captionedPicture, parseCaptionedPicture } from "./generators/captioned-picture.ts";
import type { PictureRequest } from "./generators/generator.ts";
import { drawnPicture } from "./generators/testing/drawn-content.ts";
import { runChains, type SynthesisOptions } from "./run-chains.ts";
import { lineageOf } from "./store/lineage.ts";
import { readManifest } from "./store/manifest.ts";
import { readContent } from "./store/object-store.ts";
import { openViewStore } from "./store/open-store.ts";
import { surveyStore } from "./store/survey.ts";
import { type Move, ScriptedPictures, ScriptedTexts, textSources } from "./testing/scripted-generators.ts";
import type { View } from "./view.ts";

const INSTANCES = 12; // two shards, the second not full
const CHAINS = 2;
const STEPS = 3;
const PLANNED = INSTANCES * CHAINS * STEPS;

let work = "";
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "relata-synthesize-"));
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

function planOf(changes: Partial<ChainPlan> = {}): ChainPlan {
  return {
    ...{ direction: "text", rounds: 2, chains: CHAINS, seed: 9, duplicateLevels: 8 },
    instances: textSources(INSTANCES),
    textToImage: new ScriptedPictures(),
    imageToText: new ScriptedTexts(),
    ...changes,
  };
}

function run(store: string, plan: ChainPlan, options: Partial<SynthesisOptions> = {}) {
  return runChains({ folder: join(work, store), plan, ...options });
}

function filesOf(store: string): Readonly<Record<string, string>> {
  const folder = join(work, store);
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "timings.jsonl") continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = readFileSync(path, "latin1");
  }
  return files;
}

async function viewsOf(store: string): Promise<readonly View[]> {
  const views: View[] = [];
  for await (const view of (await openViewStore(join(work, store))).views()) views.push(view);
  return views;
}

describe("synthesize", () => {
  test("does only its share, and the last share to end completes the store, which equals one run's", async () => {
    await run("one", planOf());
    const second = await run("shared", planOf(), { share: { index: 1, count: 2 } });
    expect(second).toMatchObject({ complete: false, stop: undefined });
    const { counts, complete } = await run("shared", planOf(), { share: { index: 0, count: 2 } });
    expect(complete).toBe(true);
    expect(counts.calls + second.counts.calls).toBe(PLANNED);
    expect(Math.min(counts.calls, second.counts.calls)).toBeGreaterThan(0);
    expect(filesOf("shared")).toEqual(filesOf("one"));
  });

  test("runs every chain to its end and gives its views in the order instance, chain, step", async () => {
    const { complete, counts } = await run("store", planOf());
    expect(complete).toBe(true);
    expect(counts).toMatchObject({ done: PLANNED, planned: PLANNED, calls: PLANNED, failed: 0 });
    const views = await viewsOf("store");
    const order = views.map(({ instance, chain, step }) => [instance, chain, step]);
    const wanted = Array.from({ length: INSTANCES }, (_, i) =>
      [0, 1].flatMap((chain) => [1, 2, 3].map((step) => [`post-${i}`, chain, step])),
    ).flat();
    expect(order).toEqual(wanted);
    expect(views.map(({ kind }) => kind).slice(0, 3)).toEqual(["picture", "text", "picture"]);
    expect(views.map(({ round }) => round).slice(0, 3)).toEqual([1, 1, 2]);
    expect(views[2]?.parent).toBe(views[1]?.id);
    expect(views[0]?.parent).toBeUndefined();
    const first = await readContent(views[0] as View);
    expect(sha256(first)).toBe(views[0]?.content);
    expect((await sharp(first).metadata()).format).toBe("png");
    expect(new Set(views.map(({ id }) => id)).size).toBe(views.length);
  });

  test("never tells a generator the mentions where the text is real, and gives every call its own seed", async () => {
    const [textToImage, imageToText] = [new ScriptedPictures(), new ScriptedTexts()];
    await run("store", planOf({ textToImage, imageToText }));
    expect(imageToText.requests.every(({ mentions }) => mentions.length === 0)).toBe(true);
    const seeds = [...textToImage.requests, ...imageToText.requests].map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
    expect(textToImage.requests[0]?.exclude[0]).toMatch(/^own-\d+\.jpg$/);
  });

  test("asks for the mentions where the picture is real, and locates them", async () => {
    const bytes = await drawnPicture("the real picture", 1);
    const instances = async function* () {
      const real = () => Promise.resolve({ mediaType: "image/png", bytes });
      yield { id: "a", real, fingerprint: "f", mentions: ["Ada", "Bo"], exclude: [] };
    };
    await run("store", planOf({ direction: "picture", instances }));
    const [first, second, third] = await viewsOf("store");
    expect(first).toMatchObject({
      kind: "text",
      mentions: [
        { start: 0, end: 3 },
        { start: 8, end: 10 },
      ],
    });
    expect([second?.kind, third?.kind]).toEqual(["picture", "text"]);
  });

  test("asks nobody about a real picture that cannot be read, and says so in its place", async () => {
    const good = await drawnPicture("a real one", 1);
    const instances = async function* () {
      for (const [id, bytes] of [
        ["broken", good.subarray(0, good.length >> 1)],
        ["good", good],
      ] as const) {
        const real = () => Promise.resolve({ mediaType: "image/png", bytes });
        yield { id, real, fingerprint: id, mentions: ["Ada"], exclude: [] };
      }
    };
    const imageToText = new ScriptedTexts({ costPerCall: 1 });
    const plan = planOf({ direction: "picture", rounds: 1, instances, imageToText });
    const { complete, counts } = await run("store", plan);
    expect(complete).toBe(true);
    expect(counts).toMatchObject({ refused: CHAINS, spent: CHAINS });
    expect(new Set(imageToText.requests.map(({ instance }) => instance))).toEqual(new Set(["good"]));
    const manifest = await readManifest(join(work, "store"));
    expect((await surveyStore(join(work, "store"), manifest)).reasons).toEqual({
      "refused: unreadable-picture": CHAINS,
    });
  });

  test("keeps the bytes of a generated picture that cannot be read out of the store", async () => {
    const textToImage = new ScriptedPictures({ move: ({ step }) => (step === 1 ? "broken" : "answer") });
    await run("store", planOf({ rounds: 1, instances: textSources(1), textToImage }));
    expect(await viewsOf("store")).toEqual([]);
    const manifest = await readManifest(join(work, "store"));
    const { refused, bytes } = await surveyStore(join(work, "store"), manifest);
    expect([refused, bytes.textToImage]).toEqual([CHAINS, 0]);
    const { chains } = await lineageOf(join(work, "store"), manifest, "post-0");
    expect(chains[0]?.calls[0]).toMatchObject({ state: "refused", reason: "unreadable-picture" });
  });

  test("counts the cost of calls that reached a server, and of no others", async () => {
    const textToImage = new ScriptedPictures({
      ...{ costPerCall: 1, concurrency: 1 },
      move: ({ instance }) => (({ "post-0": "unreached", "post-1": "fail" }) as const)[instance] ?? "answer",
    });
    const plan = planOf({ rounds: 1, chains: 1, instances: textSources(3), textToImage });
    const { counts, failures } = await run("store", plan, { budget: 3 });
    expect(counts).toMatchObject({ failed: 2, calls: 1, spent: 2 }); // the answer, and the one that may have been made
    expect(new Set(failures)).toEqual(
      new Set([
        expect.objectContaining({ code: "synthesis/unreachable", count: 1, instance: "post-0", step: 1 }),
        expect.objectContaining({ code: "synthesis/timeout", count: 1, instance: "post-1" }),
      ]),
    );
    const store = join(work, "store");
    const survey = await surveyStore(store, await readManifest(store));
    expect(survey.cost.textToImage).toBe(2);
    expect(survey.failures.map(({ message }) => message).sort()).toEqual([
      "fail at step 1 of post-1",
      "unreached at step 1 of post-0",
    ]);
  });

  test("reports the first failure of each kind as soon as it happens", async () => {
    const told: string[] = [];
    const textToImage = new ScriptedPictures({ move: () => "fail", concurrency: 1 });
    const { stop, counts, failures } = await run("store", planOf({ rounds: 1, textToImage }), {
      onFailure: ({ code, message }) => told.push(`${code} ${message}`),
    });
    expect(stop).toBe("failing");
    expect(told).toEqual([`synthesis/timeout ${failures[0]?.message}`]);
    expect(failures[0]?.count).toBe(counts.failed);
  });

  test("says where a full disk stopped it, and completes the store once there is room", async () => {
    const folder = join(work, "store");
    const plan = planOf({ rounds: 1, instances: textSources(2) });
    await run("store", plan, { limit: 1 });
    const parts = join(folder, "work", "parts");
    writeFileSync(parts, "in the way"); // where the parts' folder has to be made
    await expect(run("store", plan)).rejects.toMatchObject({
      code: "synthesis/cannot-write",
      place: join(parts, "000000.jsonl"),
    });
    rmSync(parts);
    expect((await run("store", plan)).complete).toBe(true); // in the same process, which holds no claim any more
  });

  test("makes failed calls again when it is run again, and ends with the store of a run without failures", async () => {
    await run("undisturbed", planOf());
    let calls = 0;
    const move = (): Move => (++calls % 3 === 0 ? "fail" : "answer");
    const textToImage = new ScriptedPictures({ move });
    const failing = planOf({ textToImage });
    const first = await run("store", failing);
    expect(first).toMatchObject({ complete: false, stop: undefined });
    expect(first.counts.failed).toBeGreaterThan(5);
    const folder = join(work, "store");
    const survey = await surveyStore(folder, await readManifest(folder));
    expect(survey.reasons).toEqual({ "failed: synthesis/timeout": first.counts.failed });
    await expect(openViewStore(folder)).rejects.toMatchObject({
      code: "synthesis/incomplete-store",
      value: { planned: PLANNED, done: survey.done },
    });
    let runs = 1;
    while (!(await run("store", failing)).complete) runs++;
    expect(runs).toBeLessThan(8);
    expect(filesOf("store")).toEqual(filesOf("undisturbed"));
    const attempts = readFileSync(join(folder, "timings.jsonl"), "utf8").match(/"attempts":[2-9]/g);
    expect(attempts?.length).toBeGreaterThan(3);
  });

  test("keeps refusals and rejections with their reason and ends their chains, so that the counts add up", async () => {
    const move = ({ instance, step }: { instance: string; step: number }): Move => {
      if (instance === "post-3" && step === 1) return "refuse";
      return instance === "post-4" && step === 3 ? "black" : "answer";
    };
    const textToImage = new ScriptedPictures({ move });
    await run("store", planOf({ textToImage }));
    const folder = join(work, "store");
    const survey = await surveyStore(folder, await readManifest(folder));
    expect(survey).toMatchObject({ planned: PLANNED, done: PLANNED, refused: 2, rejected: 2, notMade: 4 });
    expect(survey.reasons).toEqual({
      "not-made: parent-refused": 4,
      "refused: policy": 2,
      "rejected: black-picture": 2,
    });
    const again = await run("store", planOf({ textToImage }));
    expect(again.counts.calls).toBe(0); // final, whatever was asked for
    const rejected = (await viewsOf("store")).filter((view) => view.rejected !== undefined);
    expect(rejected.map(({ instance, rejected: why }) => [instance, why])).toEqual(
      Array.from({ length: CHAINS }, () => ["post-4", "black-picture"]),
    );
    const lineage = await lineageOf(folder, await readManifest(folder), "post-3");
    expect(lineage.real.text).toBe("Ada met Bo at place 3");
    expect(lineage.chains[0]?.calls.map(({ state, reason }) => [state, reason])).toEqual([
      ["refused", "policy"],
      ["not-made", "parent-refused"],
      ["not-made", "parent-refused"],
    ]);
  });

  test("stops before the budget is exceeded and continues with a larger one", async () => {
    const textToImage = new ScriptedPictures({ costPerCall: 0.1 });
    const plan = planOf({ textToImage, rounds: 1, imageToText: undefined });
    const first = await run("store", plan, { budget: 1 });
    expect(first).toMatchObject({ complete: false, stop: "budget" });
    expect(textToImage.requests).toHaveLength(10);
    const second = await run("store", plan, { budget: 1 });
    expect(second.counts.calls).toBe(0); // what was spent before counts
    const third = await run("store", plan, { budget: 2.4 });
    expect(third.complete).toBe(true);
    expect(third.counts.spent).toBeCloseTo(2.4);
  });

  test("stops when nothing but failures comes back, and at once when no other call would escape the error", async () => {
    const dead = new ScriptedPictures({ move: () => "fail" });
    const instances = textSources(200);
    const outcome = await run("dead", planOf({ textToImage: dead, instances, chains: 1 }));
    expect(outcome).toMatchObject({ complete: false, stop: "failing" });
    expect(dead.requests.length).toBeLessThan(40);
    const locked = new ScriptedPictures({ move: () => "wrong-key" });
    const plan = planOf({ textToImage: locked, instances, chains: 1 });
    await expect(run("locked", plan)).rejects.toMatchObject({ code: "synthesis/not-authorised" });
    expect(locked.requests.length).toBeLessThan(20);
  });

  test("stops on a signal and continues where it stopped", async () => {
    await run("undisturbed", planOf());
    const controller = new AbortController();
    const textToImage = new ScriptedPictures();
    const plan = planOf({ textToImage });
    const outcome = await run("store", plan, {
      signal: controller.signal,
      onProgress: ({ calls }) => {
        if (calls === 10) controller.abort();
      },
    });
    expect(outcome).toMatchObject({ complete: false, stop: "interrupted" });
    expect((await run("store", plan)).complete).toBe(true);
    expect(filesOf("store")).toEqual(filesOf("undisturbed"));
  });

  test("makes only the first instances with a limit, and the rest later", async () => {
    await run("undisturbed", planOf());
    const textToImage = new ScriptedPictures();
    expect(await run("store", planOf({ textToImage }), { limit: 5 })).toMatchObject({ complete: false });
    expect(new Set(textToImage.requests.map(({ instance }) => instance)).size).toBe(5);
    expect((await run("store", planOf({ textToImage }))).complete).toBe(true);
    expect(textToImage.requests).toHaveLength(INSTANCES * CHAINS * 2);
    expect(filesOf("store")).toEqual(filesOf("undisturbed"));
  });

  test("asks one call after the other where pictures are excluded, so no picture comes back twice", async () => {
    const names = ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"];
    class Collection extends ScriptedPictures {
      override async picture(request: PictureRequest) {
        const picture = names.find((name) => !request.exclude.includes(name)) ?? "";
        return { content: captionedPicture({ picture, caption: "a caption" }) };
      }
    }
    await run("store", planOf({ textToImage: new Collection({ heedsExclude: true }) }));
    const views = (await viewsOf("store")).filter(
      ({ kind, instance }) => kind === "picture" && instance === "post-2",
    );
    const found = await Promise.all(
      views.map(async (view) => parseCaptionedPicture(await readContent(view)).picture),
    );
    expect(found).toEqual(["a.jpg", "c.jpg", "b.jpg", "d.jpg"]); // by step, then chain
    expect(views.every(({ rejected }) => rejected === undefined)).toBe(true);
  });

  test("turns another plan or other data away, naming what differs", async () => {
    await run("store", planOf());
    await expect(
      run("store", planOf({ seed: 10, instances: textSources(INSTANCES - 1) })),
    ).rejects.toMatchObject({
      code: "synthesis/other-plan",
      message: expect.stringMatching(/data: was .*instances: was 12, is 11; seed: was 9, is 10/),
    });
    await expect(run("other", planOf({ textToImage: undefined }))).rejects.toMatchObject({
      code: "synthesis/no-generator",
    });
    await expect(run("other", planOf({ instances: textSources(0) }))).rejects.toMatchObject({
      code: "synthesis/no-instances",
    });
  });

  test("completes a store whose process died while it brought it into its final form", async () => {
    await run("undisturbed", planOf());
    const wanted = filesOf("undisturbed");
    await run("store", planOf());
    const folder = join(work, "store");
    // Died after the ledger was there: an object that no row speaks of, and work that was not removed.
    mkdirSync(join(folder, "work", "tmp"), { recursive: true });
    mkdirSync(join(folder, "objects", "ff"), { recursive: true });
    writeFileSync(join(folder, "work", "tmp", "unfinished"), "x");
    writeFileSync(join(folder, "objects", "ff", "f".repeat(64)), "x");
    expect((await run("store", planOf())).complete).toBe(true);
    expect(filesOf("store")).toEqual(wanted);
    // Died between the two files: everything is in parts yet.
    mkdirSync(join(folder, "work", "parts"), { recursive: true });
    mkdirSync(join(folder, "work", "timings"), { recursive: true });
    const manifest = await readManifest(folder);
    const rows = readFileSync(join(folder, "ledger.jsonl"), "utf8").split(/(?<=\n)/);
    const perShard = manifest.shardInstances * CHAINS * STEPS;
    for (let shard = 0; shard * perShard < rows.length; shard++) {
      const name = `${String(shard).padStart(6, "0")}.jsonl`;
      const part = rows.slice(shard * perShard, (shard + 1) * perShard).join("");
      writeFileSync(join(folder, "work", "parts", name), part);
      writeFileSync(join(folder, "work", "timings", name), "");
    }
    rmSync(join(folder, "ledger.jsonl"));
    expect((await run("store", planOf())).complete).toBe(true);
    expect(filesOf("store")).toEqual(wanted);
  });

  test("makes a call again whose content is gone, and refuses a store that is damaged otherwise", async () => {
    await run("undisturbed", planOf());
    const wanted = filesOf("undisturbed");
    await run("store", planOf(), { limit: 5 });
    const folder = join(work, "store");
    const logs = join(folder, "work", "logs");
    const [log = ""] = readdirSync(logs);
    const hash = /"content":"([0-9a-f]{64})"/.exec(readFileSync(join(logs, log), "utf8"))?.[1] ?? "";
    const contents = join(folder, "work", "contents", log.replace(".jsonl", ".tar"));
    truncateSync(contents, readFileSync(contents).indexOf(hash)); // it and what follows never reached the disk
    const { complete, droppedLines } = await run("store", planOf());
    expect([complete, droppedLines > 0]).toEqual([true, true]);
    expect(filesOf("store")).toEqual(wanted);
    writeFileSync(join(folder, "ledger.jsonl"), "{}\n");
    await expect(viewsOf("store")).rejects.toMatchObject({ code: "synthesis/damaged-store" });
    await expect(openViewStore(join(work, "nowhere"))).rejects.toMatchObject({
      code: "synthesis/no-such-store",
    });
    await expect(openViewStore("s3://bucket/views?endpoint=http://host")).rejects.toMatchObject({
      code: "synthesis/store-address",
      message: expect.stringMatching(/s3:\/\/bucket\/views is an address$/),
    });
  });
});

describe("A store with closed chains", () => {
  test("turns every last view back too, and so every view has a counterpart", async () => {
    await run("open", planOf({ rounds: 1, imageToText: undefined }));
    await run("closed", planOf({ rounds: 1, closing: true }));
    const kinds = async (store: string) => (await viewsOf(store)).map(({ kind, step }) => `${step} ${kind}`);
    expect(new Set(await kinds("open"))).toEqual(new Set(["1 picture"]));
    expect(new Set(await kinds("closed"))).toEqual(new Set(["1 picture", "2 text"]));
    const views = await viewsOf("closed");
    const parents = new Set(views.map(({ parent }) => parent));
    expect(views.filter(({ kind }) => kind === "picture").every(({ id }) => parents.has(id))).toBe(true);
    await expect(
      run("lacking", planOf({ rounds: 1, closing: true, imageToText: undefined })),
    ).rejects.toMatchObject({
      code: "synthesis/no-generator",
    });
  });
});
