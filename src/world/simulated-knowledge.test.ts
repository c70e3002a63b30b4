// What the simulated generators know: the views are functions of the source view and of noise, unless an oracle
// was asked for.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parsePlan } from "../plan/load-plan.ts";
import { preparePlan } from "../plan/run-plan.ts";
import { storeLayout } from "../synthesis/store/layout.ts";
import { readManifest } from "../synthesis/store/manifest.ts";
import { readLedger } from "../synthesis/store/read-ledger.ts";
import { NONE } from "./labels.ts";
import { scenesOf } from "./scenes.ts";
import { simulatedTruth } from "./simulated-truth.ts";
import {
  openSimulatedImageToText,
  openSimulatedTextToImage,
  simulatedPictureSchema,
  simulatedTextSchema,
} from "./simulator.ts";
import { SIMULATOR_ADAPTERS } from "./simulator-adapters.ts";
import { type PostTruth, readWorldTruth } from "./truth.ts";
import { type WorldFiles, writeWorld } from "./write.ts";

const SIGNAL = new AbortController().signal;
const FLAWLESS = { adapter: "simulator", labelKept: 1, drift: 0, refused: 0 };
const DIRECTIONS = ["text", "picture"] as const;

let folder: string;
/** The same world twice; in the second, training posts have each other's labels. */
let own: WorldFiles;
let permuted: WorldFiles;
let posts: readonly PostTruth[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-knowledge-"));
  const sizes = { train: 32, validation: 1, test: 1 };
  own = await writeWorld(join(folder, "own"), sizes);
  permuted = await writeWorld(join(folder, "permuted"), sizes);
  await permuteLabels(permuted);
  posts = (await readWorldTruth(own.folder)).truth.posts.filter(({ split }) => split === "train");
});
afterAll(() => rm(folder, { recursive: true }));

/** Gives every training post the label of the next one, in its document and in the truth. */
async function permuteLabels({ train, truth }: WorldFiles): Promise<void> {
  const documents = (await readFile(train, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const known = JSON.parse(await readFile(truth, "utf8"));
  const labels = documents.map(({ relations: [relation] }) => relation.label);
  const byId = new Map(known.posts.map((post: PostTruth) => [post.id, post]));
  let changed = 0;
  for (const [at, document] of documents.entries()) {
    const label = labels[(at + 1) % labels.length];
    if (label !== labels[at]) changed++;
    document.relations[0].label = label;
    (byId.get(document.id) as { label: string }).label = label;
  }
  expect(changed).toBeGreaterThan(20);
  await writeFile(train, documents.map((document) => `${JSON.stringify(document)}\n`).join(""));
  await writeFile(truth, JSON.stringify(known));
}

/** Runs a plan into a new store; the views by their place in the chains, and the names of the generators. */
async function generate(
  world: WorldFiles,
  direction: (typeof DIRECTIONS)[number],
  knows?: string,
  path = world.train,
) {
  const simulator = { adapter: "simulator", world: world.folder, ...(knows === undefined ? {} : { knows }) };
  const plan = {
    data: { path, ...(direction === "picture" ? { pictures: world.pictures } : {}) },
    ...{ direction, rounds: 2, chains: 1, textToImage: simulator, imageToText: simulator },
  };
  const store = await mkdtemp(join(folder, "store-"));
  const prepared = await preparePlan(parsePlan(plan, "test", world.folder, SIMULATOR_ADAPTERS), {
    folder: store,
    adapters: SIMULATOR_ADAPTERS,
    variables: {},
  });
  await prepared.run({});
  await prepared.dispose();
  const views = new Map<string, string>();
  for await (const row of readLedger(storeLayout(store).ledger)) {
    const { instance, chain, step, state } = row;
    views.set(`${instance} ${chain} ${step}`, `${state} ${"content" in row ? row.content : ""}`);
  }
  const { generators } = await readManifest(store);
  return { views, models: Object.values(generators).map((one) => one?.model) };
}

describe.each(DIRECTIONS)("generators that know the view, from a real %s", (direction) => {
  it("make the same views, byte for byte, when training posts have other labels", async () => {
    const [one, two] = [await generate(own, direction), await generate(permuted, direction)];
    expect(one.views.size).toBeGreaterThan(60);
    expect(two.views).toEqual(one.views);
    expect(one.models.join()).not.toContain("oracle");
  });

  it("make other views if they are an oracle, which their names say", async () => {
    const [one, two] = [
      await generate(own, direction, "label"),
      await generate(permuted, direction, "label"),
    ];
    const other = [...one.views].filter(([place, view]) => two.views.get(place) !== view);
    expect(other.length).toBeGreaterThan(10);
    for (const model of one.models) expect(model).toContain("oracle");
  });
});

describe("generators that know the view", () => {
  it("make the same pictures, byte for byte, of texts whose entities have other types and no relation", async () => {
    const documents = (await readFile(own.train, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const types = documents.flatMap(({ entities }) => entities.map(({ label }: { label: string }) => label));
    let at = 0;
    let changed = 0;
    for (const document of documents) {
      document.relations = [];
      for (const entity of document.entities) {
        const label = types[(++at + 3) % types.length];
        if (label !== entity.label) changed++;
        entity.label = label;
      }
    }
    expect(changed).toBeGreaterThan(20);
    const path = join(folder, "other-types.jsonl");
    await writeFile(path, documents.map((document) => `${JSON.stringify(document)}\n`).join(""));
    const [one, two] = [await generate(own, "text"), await generate(own, "text", undefined, path)];
    expect(one.views.size).toBeGreaterThan(60);
    expect(two.views).toEqual(one.views);
  });
});

const drawer = (faults: Record<string, unknown> = {}) =>
  openSimulatedTextToImage(
    simulatedPictureSchema.parse({ ...FLAWLESS, world: own.folder, black: 0, duplicate: 0, ...faults }),
  );
const writer = () =>
  openSimulatedImageToText(
    simulatedTextSchema.parse({ ...FLAWLESS, world: own.folder, frequentShare: 0, mentionLost: 0 }),
  );
const pictureOf = async ({ picture }: PostTruth) => ({
  mediaType: "image/png",
  bytes: await readFile(join(own.pictures, picture?.name ?? "")),
});

describe("a generator that knows the view", () => {
  it("makes the same of a view for every instance", async () => {
    const [pictures, texts] = [await drawer({ duplicate: 0.5 }), await writer()];
    const pictured = posts.filter(({ picture }) => picture !== undefined).slice(0, 12);
    for (const [at, { id, text, head, tail }] of pictured.entries()) {
      const other = pictured[(at + 1) % pictured.length] as PostTruth;
      const draw = (instance: string) =>
        pictures.picture({ prompt: text, seed: 3, exclude: [], instance, step: 1 }, SIGNAL);
      expect((await draw(other.id)).content).toEqual((await draw(id)).content);
      const picture = await pictureOf(pictured[at] as PostTruth);
      const mentions = [head.text, tail.text];
      const write = (instance: string) =>
        texts.text({ picture, mentions, seed: 3, instance, step: 1 }, SIGNAL);
      expect((await write(other.id)).content).toEqual((await write(id)).content);
    }
  });

  it("draws what the text states, and otherwise one of the labels that the text allows", async () => {
    const by = await drawer();
    for (const { id, text, label, textAllows, needsPicture } of posts) {
      const made = await by.picture({ prompt: text, seed: 1, exclude: [], instance: id, step: 1 }, SIGNAL);
      const truth = simulatedTruth(made.details);
      if (truth.kind !== "picture" || truth.scene === null) throw new Error("not a picture of a scene");
      expect(textAllows.flatMap((allowed) => scenesOf(allowed.label))).toContain(truth.scene);
      if (!needsPicture) expect(scenesOf(label)).toContain(truth.scene);
    }
  });

  it("writes what the picture shows of a pair like the mentions", async () => {
    const by = await writer();
    let bearing = 0;
    const related = posts.filter(({ picture, label }) => picture && !picture.unrelated && label !== NONE);
    for (const post of related) {
      const mentions = [post.head.text, post.tail.text];
      const picture = await pictureOf(post);
      const made = await by.text({ picture, mentions, seed: 1, instance: post.id, step: 1 }, SIGNAL);
      const text = new TextDecoder().decode(made.content.bytes);
      for (const mention of mentions) expect(text).toContain(mention);
      if (simulatedTruth(made.details).bearsLabel) bearing++;
    }
    // Shared scenes and names of every type mislead now and then.
    expect(bearing / related.length).toBeGreaterThan(0.6);
  });

  it("refuses pictures and mentions that are not of its world", async () => {
    const by = await writer();
    const [post] = posts as readonly [PostTruth];
    const ask = (mentions: readonly string[], bytes: Uint8Array) =>
      by.text(
        { picture: { mediaType: "image/png", bytes }, mentions, seed: 1, instance: post.id, step: 1 },
        SIGNAL,
      );
    await expect(ask([], Uint8Array.of(1, 2, 3))).rejects.toMatchObject({
      code: "synthesis/unknown-picture",
    });
    const pictured = posts.find(({ picture }) => picture !== undefined) as PostTruth;
    const { bytes } = await pictureOf(pictured);
    await expect(ask(["Silent River", "Anna Novak"], bytes)).rejects.toMatchObject({
      code: "synthesis/unknown-text", // the head of a relation is never a work here
    });
  });
});
