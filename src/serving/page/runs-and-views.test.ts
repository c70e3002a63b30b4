// Mistakes of runs and generated views, against counts made by hand.
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { formatScores, type ScoreRow, sha256 } from "../../extractors/student/scores-file.ts";
import { type ImageToText, PLAIN_TEXT, type TextToImage } from "../../synthesis/generators/generator.ts";
import { runChains } from "../../synthesis/run-chains.ts";
import { openViewStore } from "../../synthesis/store/open-store.ts";
import { FakeService } from "../testing/fake-service.ts";
import { type TestApp, testApp } from "../testing/serve-app.ts";
import { openPageData, type PageData, type PageSettings } from "./page-data.ts";

let folder: string;
let page: PageData;
let made: TestApp;
const at = (name: string) => join(folder, name);
const NOTHING: PageSettings = {
  documents: undefined,
  corrections: undefined,
  pictures: undefined,
  run: [],
  views: undefined,
};
const openPage = (settings: Partial<PageSettings>) =>
  openPageData({
    settings: { ...NOTHING, ...settings },
    service: new FakeService(),
    onNotice: () => undefined,
  });
const lines = (documents: readonly object[]) => documents.map((one) => `${JSON.stringify(one)}\n`).join("");
// biome-ignore lint/suspicious/noExplicitAny: answers of any route
const get = async (path: string): Promise<any> => (await made.app.request(path)).json();

const entity = (start: number, end: number, label: string, probability?: number) => ({
  ...{ start, end, label },
  ...(probability === undefined ? {} : { probability }),
});
const document = (id: string, over: Partial<Document>): Document => ({
  ...{ id, text: "Ada met Bo in Rome", entities: [], relations: [], ...over },
});

async function writeRun(
  name: string,
  gold: readonly Document[],
  predicted: readonly Document[],
): Promise<void> {
  await mkdir(at(name));
  await writeFile(at(`${name}/gold.jsonl`), lines(gold));
  await writeFile(at(`${name}/predictions.jsonl`), lines(predicted));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-runs-"));
  await mkdir(at("pictures"));
  await sharp({ create: { width: 4, height: 4, channels: 3, background: "blue" } })
    .png()
    .toFile(at("pictures/blue.png"));
  await writeRun(
    "names",
    [
      document("1", {
        image: "blue.png",
        entities: [entity(0, 3, "PER"), entity(8, 10, "PER"), entity(14, 18, "LOC")],
      }),
      document("2", { entities: [entity(0, 3, "PER")] }),
    ],
    [
      document("1", { entities: [entity(0, 3, "PER", 0.9), entity(8, 10, "LOC", 0.6)] }), // Rome is missed
      document("2", { entities: [entity(0, 3, "PER", 0.8), entity(14, 18, "LOC", 0.7)] }), // Rome is invented
    ],
  );
  const mentions = [entity(0, 3, "PER"), entity(8, 10, "PER"), entity(14, 18, "LOC")];
  const related = (label: string, probability?: number) => ({
    ...{ head: 0, tail: 1, label },
    ...(probability === undefined ? {} : { probability }),
  });
  await writeRun(
    "relations",
    ["met", "met", "None"].map((label, i) =>
      document(`${i}`, { entities: mentions, relations: [related(label)] }),
    ),
    ["met", "None", "met"].map((label, i) =>
      document(`${i}`, { entities: mentions, relations: [related(label, 0.5 + i / 10)] }),
    ),
  );
  await writeStore();
  page = await openPage({
    pictures: at("pictures"),
    run: [`${at("names")}=${at("names/gold.jsonl")}`, `${at("relations")}=${at("relations/gold.jsonl")}`],
    views: `${at("store")}=${at("scores")}`,
  });
  made = testApp({ doors: [page.door] });
});
afterAll(async () => {
  await page.close();
  await made.close();
  await rm(folder, { recursive: true });
});

/** Three instances with one picture each; teachers scored two of them. */
async function writeStore(): Promise<void> {
  const identity = { adapter: "painter", model: "flat", settings: {} };
  const generator = { identity, concurrency: 1, costPerCall: 0, dispose: () => Promise.resolve() };
  const textToImage: TextToImage = {
    ...generator,
    picture: async ({ seed }) => {
      const pixels = Buffer.from(Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 37 + seed) % 256));
      const bytes = await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } })
        .png()
        .toBuffer();
      return { content: { mediaType: "image/png", bytes } };
    },
  };
  const imageToText: ImageToText = {
    ...generator,
    text: async ({ seed }) => ({
      content: { mediaType: PLAIN_TEXT, bytes: new TextEncoder().encode(`text ${seed}`) },
    }),
  };
  await runChains({
    folder: at("store"),
    plan: {
      ...{
        direction: "text",
        rounds: 1,
        chains: 1,
        seed: 1,
        textToImage,
        imageToText,
        duplicateLevels: null,
      },
      instances: async function* () {
        for (const id of ["a", "b", "c"]) {
          const text = new TextEncoder().encode(`post ${id}`);
          const fingerprint = createHash("sha256").update(text).digest("hex");
          yield {
            id,
            real: async () => ({ mediaType: PLAIN_TEXT, bytes: text }),
            fingerprint,
            mentions: [],
            exclude: [],
          };
        }
      },
    },
  });
  const rows: ScoreRow[] = [];
  for await (const { id, instance, step } of (await openViewStore(at("store"))).views()) {
    if (step !== 1 || instance === "c") continue;
    const crossEntropy = instance === "a" ? [1, 0.25] : [1, 2];
    rows.push({
      example: instance,
      fold: 0,
      label: "met",
      withoutView: [1, 1],
      views: [{ id, crossEntropy, predicted: "met" }],
    });
  }
  await mkdir(at("scores"));
  const text = formatScores(rows);
  await writeFile(at("scores/scores.jsonl"), text);
  const about = { folds: 2, reads: "view", epochs: 2, examples: 2, identity: "x", rows: sha256(text) };
  await writeFile(at("scores/scores.json"), JSON.stringify(about));
}

describe("runs", () => {
  it("are offered by the names of their folders, with what they predict", async () => {
    expect(await get("/v1/page")).toEqual({
      documents: null,
      runs: [
        { name: "names", task: "entities" },
        { name: "relations", task: "relations" },
      ],
      views: true,
    });
  });

  it("count entities by span: wrong types, missed and invented ones", async () => {
    expect(await get("/v1/page/runs/names/confusion")).toEqual({
      labels: ["LOC", "PER", "no entity"],
      cells: [
        [0, 0, 1],
        [1, 2, 0],
        [1, 0, 0],
      ],
    });
    const { mistakes } = await get("/v1/page/runs/names/mistakes");
    expect(mistakes).toEqual([
      expect.objectContaining({
        id: "2",
        gold: "no entity",
        predicted: "LOC",
        probability: 0.7,
        entity: entity(14, 18, "LOC", 0.7),
      }),
      expect.objectContaining({ id: "1", gold: "PER", predicted: "LOC", probability: 0.6, image: true }),
      expect.objectContaining({
        id: "1",
        gold: "LOC",
        predicted: "no entity",
        entity: entity(14, 18, "LOC"),
      }),
    ]);
    const cell = await get("/v1/page/runs/names/mistakes?gold=PER&predicted=LOC");
    expect(cell.mistakes).toEqual([mistakes[1]]);
  });

  it("count relations by pair, None included, page by page", async () => {
    expect(await get("/v1/page/runs/relations/confusion")).toEqual({
      labels: ["None", "met"],
      cells: [
        [0, 1],
        [1, 1],
      ],
    });
    const first = await get("/v1/page/runs/relations/mistakes?limit=1");
    expect(first.mistakes).toMatchObject([
      { id: "2", gold: "None", predicted: "met", head: { start: 0 }, tail: { start: 8 } },
    ]);
    const second = await get(
      `/v1/page/runs/relations/mistakes?limit=1&after=${encodeURIComponent(first.next)}`,
    );
    expect(second).toMatchObject({ mistakes: [{ id: "1", gold: "met", predicted: "None" }] });
    expect(second.next).toBeUndefined();
  });

  it("show the pictures of their gold documents, and nothing under another name", async () => {
    const picture = await made.app.request("/v1/page/runs/names/documents/1/picture");
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/png"]);
    for (const path of [
      "runs/names/documents/2/picture",
      "runs/other/confusion",
      "runs/..%2fnames/confusion",
    ])
      expect((await made.app.request(`/v1/page/${path}`)).status).toBe(404);
  });

  it("find their gold documents through their configuration, or say how to name them", async () => {
    const gold = document("x", { entities: [entity(0, 3, "PER")] });
    await writeRun("configured", [gold], [gold]);
    await expect(openPage({ run: [at("configured")] })).rejects.toMatchObject({ code: "config/not-found" });
    const config = {
      task: "mner",
      data: { test: at("configured/gold.jsonl"), validation: at("names/gold.jsonl") },
    };
    await writeFile(at("configured/relata.config.json"), JSON.stringify(config));
    await (await openPage({ run: [at("configured")] })).close();
    await expect(openPage({ run: [folder] })).rejects.toMatchObject({ code: "config/not-found" });
    await expect(openPage({ run: [`${at("names")}=${at("configured/gold.jsonl")}`] })).rejects.toMatchObject({
      code: "data/other-predictions",
    });
    await expect(openPage({ run: [at("configured"), at("configured")] })).rejects.toMatchObject({
      code: "config/contradiction",
    });
  });
});

describe("views", () => {
  it("are listed by the score of the gold label, those without one last, in both orders", async () => {
    const { views } = await get("/v1/page/views");
    expect(views).toMatchObject([
      {
        document: "a",
        score: 0.25,
        adds: 0.75,
        label: "met",
        predicted: "met",
        picture: true,
        kept: true,
        round: 1,
        chain: "1",
      },
      { document: "b", score: 2, adds: -1 },
      { document: "c", score: null, label: "" },
    ]);
    const back = await get("/v1/page/views?order=-score&limit=2");
    expect(back.views.map((view: { document: string }) => view.document)).toEqual(["b", "a"]);
    expect(
      (await get(`/v1/page/views?order=-score&after=${encodeURIComponent(back.next)}`)).views,
    ).toMatchObject([{ document: "c" }]);
  });

  it("have pictures, and none under an id that is not one", async () => {
    const { views } = await get("/v1/page/views?limit=1");
    const picture = await made.app.request(`/v1/page/views/${views[0].id}/picture`);
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/png"]);
    for (const id of ["x", "..%2f..%2fstore.json", "a".repeat(64)])
      expect((await made.app.request(`/v1/page/views/${id}/picture`)).status).toBe(404);
  });

  it("need a complete store and its scores", async () => {
    await expect(openPage({ views: at("pictures") })).rejects.toMatchObject({
      code: "synthesis/no-such-store",
    });
    await expect(openPage({ views: `${at("store")}=${at("pictures")}` })).rejects.toMatchObject({
      code: "data/no-scores",
    });
  });
});
