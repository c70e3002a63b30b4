import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  GeneratorRefusal,
  type ImageToText,
  PLAIN_TEXT,
  type TextToImage,
  type ViewContent,
} from "../synthesis/generators/generator.ts";
import { PERSONS_ALONE } from "./generate.ts";
import { NONE } from "./labels.ts";
import { recogniseText } from "./recognise.ts";
import { scenesOf } from "./scenes.ts";
import { type SimulatedTruth, simulatedTruth } from "./simulated-truth.ts";
import {
  openSimulatedImageToText,
  openSimulatedTextToImage,
  simulatedPictureSchema,
  simulatedTextSchema,
} from "./simulator.ts";
import { type PostTruth, readWorldTruth, TRUTH_FILE } from "./truth.ts";
import { fillWording, WORDINGS } from "./wordings.ts";
import { type WorldFiles, writeWorld } from "./write.ts";

/** An oracle with all faults off, so that each test switches on the ones it needs. */
const FLAWLESS = { knows: "label", labelKept: 1, drift: 0, refused: 0 };
const SIGNAL = new AbortController().signal;

let folder: string;
let files: WorldFiles;
let posts: readonly PostTruth[];
let train: readonly PostTruth[];
let related: readonly PostTruth[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-simulator-"));
  files = await writeWorld(folder, { train: 200, validation: 40, test: 1 });
  posts = (await readWorldTruth(folder)).truth.posts;
  train = posts.filter(({ split }) => split === "train");
  related = train.filter(({ picture, label }) => picture && !picture.unrelated && label !== NONE);
});
afterAll(() => rm(folder, { recursive: true }));

const drawer = (faults: Record<string, unknown> = {}, world = folder) =>
  openSimulatedTextToImage(
    simulatedPictureSchema.parse({
      adapter: "simulator",
      world,
      ...FLAWLESS,
      black: 0,
      duplicate: 0,
      ...faults,
    }),
  );
const writer = (faults: Record<string, unknown> = {}, world = folder) =>
  openSimulatedImageToText(
    simulatedTextSchema.parse({
      adapter: "simulator",
      world,
      ...FLAWLESS,
      frequentShare: 0,
      mentionLost: 0,
      ...faults,
    }),
  );
const draw = (by: TextToImage, { id, text }: Pick<PostTruth, "id" | "text">, seed = 1, step = 1) =>
  by.picture({ prompt: text, seed, exclude: [], instance: id, step }, SIGNAL);
const mentionsOf = ({ head, tail }: PostTruth) => [head.text, tail.text];
const write = (by: ImageToText, post: PostTruth, picture: ViewContent, mentions: string[], step = 2) =>
  by.text({ picture, mentions, seed: 1, instance: post.id, step }, SIGNAL);
const realPicture = async ({ picture }: PostTruth): Promise<ViewContent> => ({
  mediaType: "image/png",
  bytes: await readFile(join(files.pictures, picture?.name ?? "")),
});
const textOf = ({ content }: { readonly content: ViewContent }) => new TextDecoder().decode(content.bytes);
const bytesOf = (made: { readonly content: ViewContent } | undefined) =>
  Buffer.from(made?.content.bytes ?? []).toString("base64"); // a string is compared faster than bytes one by one
const pixelsOf = async (content: ViewContent) => sharp(content.bytes).raw().toBuffer();
const shareOf = <T>(all: readonly T[], holds: (one: T) => boolean) => all.filter(holds).length / all.length;
const pictureOf = (truth: SimulatedTruth) => {
  if (truth.kind !== "picture") throw new Error("not a picture");
  return truth;
};
/** The truths of one picture per post. */
async function drawAll(by: TextToImage, of: readonly PostTruth[], step = 1) {
  return Promise.all(
    of.map(async (post) => ({
      post,
      truth: pictureOf(simulatedTruth((await draw(by, post, 1, step)).details)),
    })),
  );
}

describe("the simulated text-to-image generator", () => {
  it("gives the same bytes for the same request and seed, and others for another seed", async () => {
    const by = await drawer();
    const post = train[0] as PostTruth;
    const [first, again, other] = [
      await draw(by, post),
      await draw(await drawer(), post),
      await draw(by, post, 2),
    ];
    expect(again).toEqual(first);
    expect(other.content.bytes).not.toEqual(first.content.bytes);
    expect((await sharp(first.content.bytes).metadata()).width).toBe(96);
  });

  it("shows the label of a training post with the stated probability, and never where it lost it", async () => {
    const kept = await drawAll(await drawer({ labelKept: 0.65 }), train);
    // 200 draws of probability 0.65: a standard deviation of 0.034.
    expect(Math.abs(shareOf(kept, ({ truth }) => truth.bearsLabel) - 0.65)).toBeLessThan(0.1);
    for (const { post, truth } of kept) {
      expect(truth.bearsLabel).toBe(truth.fault === "none");
      expect(scenesOf(post.label).includes(truth.scene ?? "hills")).toBe(truth.bearsLabel);
    }
  });

  it("falls back to few frequent scenes, so that lost pictures are less diverse", async () => {
    const lost = { labelKept: 0, frequentScenes: 2 };
    const scenes = async (frequentShare: number) => {
      const all = await drawAll(await drawer({ ...lost, frequentShare }), train);
      expect(all.every(({ truth }) => !truth.bearsLabel)).toBe(true);
      return new Set(all.map(({ truth }) => truth.scene));
    };
    expect(await scenes(1)).toEqual(new Set(["hills", "table"]));
    expect((await scenes(0)).size).toBe(20);
  });

  it("loses more at later steps", async () => {
    const by = await drawer({ labelKept: 0.9, drift: 0.3 });
    const kept = async (step: number) =>
      shareOf(await drawAll(by, train, step), ({ truth }) => truth.bearsLabel);
    // 0.9 and 0.9 x 0.7 x 0.7 = 0.441, each within three standard deviations of 200 draws.
    expect(Math.abs((await kept(1)) - 0.9)).toBeLessThan(0.065);
    expect(Math.abs((await kept(3)) - 0.441)).toBeLessThan(0.105);
  });

  it("makes black pictures, near duplicates and refusals as often as it is told to", async () => {
    const black = await draw(await drawer({ black: 1 }), train[0] as PostTruth);
    expect((await pixelsOf(black.content)).every((byte) => byte === 0)).toBe(true);
    expect(simulatedTruth(black.details)).toMatchObject({ scene: null, bearsLabel: false, fault: "black" });

    const stock = await drawer({ duplicate: 1, labelKept: 0, frequentScenes: 1, frequentShare: 1 });
    const post = related[0] as PostTruth; // has a relation: its lost pictures are all of the one frequent scene
    const [a, b] = await Promise.all(
      [1, 2].map(async (seed) => pixelsOf((await draw(stock, post, seed)).content)),
    );
    const widest = (a ?? []).reduce((most, byte, at) => Math.max(most, Math.abs(byte - (b?.[at] ?? 0))), 0);
    expect(widest).toBeGreaterThan(0);
    expect(widest).toBeLessThanOrEqual(12); // twice the grain

    const refusing = await drawer({ refused: 1 });
    await expect(draw(refusing, post)).rejects.toBeInstanceOf(GeneratorRefusal);
  });

  it("draws what a text says, when it was generated, whatever the instance's label is", async () => {
    const by = await drawer();
    const post = train.find(({ label }) => label === "per/per/siblings") as PostTruth;
    const [wording = ""] = WORDINGS.get("per/per/couple") ?? [];
    const text = `caption : ${fillWording(wording, post.head.text, "somebody").text} .`;
    const { details } = await draw(by, { ...post, text }, 1, 3);
    expect(scenesOf("per/per/couple")).toContain(pictureOf(simulatedTruth(details)).scene);
    const [open = ""] = WORDINGS.get("open") ?? [];
    const empty = await draw(by, { ...post, text: fillWording(open, "somebody", "somebody").text }, 1, 3);
    expect(simulatedTruth(empty.details)).toMatchObject({ fault: "blind" });
  });
});

describe("the simulated image-to-text generator", () => {
  it("states the label of a training post's own picture, with both mentions where they are asked for", async () => {
    const by = await writer();
    for (const post of related.slice(0, 60)) {
      const made = await write(by, post, await realPicture(post), mentionsOf(post), 1);
      expect(made.content.mediaType).toBe(PLAIN_TEXT);
      expect(simulatedTruth(made.details)).toEqual({
        kind: "text",
        wording: post.label,
        bearsLabel: true,
        lostMentions: 0,
        fault: "none",
      });
      for (const mention of mentionsOf(post)) expect(textOf(made)).toContain(mention);
      expect(recogniseText(textOf(made), post.id).wording).toBe(post.label);
      expect(textOf(await write(by, post, await realPicture(post), [], 1))).not.toContain(post.head.text);
    }
  });

  it("says nothing of the label where it lost it, and leaves out one mention as often as it is told to", async () => {
    const post = related[0] as PostTruth;
    const lost = await write(
      await writer({ labelKept: 0 }),
      post,
      await realPicture(post),
      mentionsOf(post),
      1,
    );
    expect(simulatedTruth(lost.details)).toMatchObject({ wording: "open", bearsLabel: false, fault: "lost" });
    const careless = await writer({ mentionLost: 1 });
    const made = await write(careless, post, await realPicture(post), mentionsOf(post), 1);
    expect(mentionsOf(post).filter((mention) => textOf(made).includes(mention))).toHaveLength(1);
    expect(simulatedTruth(made.details)).toMatchObject({ lostMentions: 1, bearsLabel: true });
  });

  it("falls back on the most frequent other relation of the pair where it lost what the picture tells", async () => {
    const by = await writer({ labelKept: 0, frequentShare: 1 });
    const said = await Promise.all(
      related.map(async (post) => {
        const made = await write(by, post, await realPicture(post), mentionsOf(post), 1);
        return {
          post,
          wording: recogniseText(textOf(made), post.id).wording,
          truth: simulatedTruth(made.details),
        };
      }),
    );
    expect(said.filter(({ truth }) => truth.bearsLabel || truth.fault !== "lost")).toEqual([]);
    const fallbacks = (label: string) =>
      new Set(said.filter(({ post }) => post.label === label).map(({ wording }) => wording));
    expect(fallbacks("per/per/couple")).toEqual(new Set(["per/per/siblings"]));
    expect(fallbacks("per/per/colleagues")).toEqual(new Set(["per/per/couple"]));
    expect(fallbacks("per/loc/travels_to")).toEqual(new Set(["per/loc/lives_in"]));
    expect(fallbacks("org/loc/based_in")).toEqual(new Set(["open"])); // there is no other
  });

  it("says of a simulated picture what can be seen in it: what the picture lost stays lost", async () => {
    const draws = await drawer({ labelKept: 0.4, frequentShare: 0.3 });
    const by = await writer();
    const told = await Promise.all(
      train.map(async (post) => {
        const picture = await draw(draws, post);
        const text = await write(by, post, picture.content, []);
        return { post, picture: simulatedTruth(picture.details), text: simulatedTruth(text.details) };
      }),
    );
    const lost = told.filter(({ picture }) => !picture.bearsLabel);
    expect(lost.length).toBeGreaterThan(60);
    expect(lost.filter(({ text }) => text.bearsLabel)).toEqual([]);
    const kept = told.filter(({ picture, post }) => picture.bearsLabel && post.label !== NONE);
    expect(shareOf(kept, ({ text }) => text.bearsLabel)).toBeGreaterThan(0.7); // shared scenes mislead now and then
    const misled = lost.filter(({ text }) => text.kind === "text" && text.wording !== "open");
    expect(misled.length).toBeGreaterThan(0);
  });
});

describe("a chain of both", () => {
  it("bears the label less and less with every round", async () => {
    const [pictures, texts] = [await drawer({ labelKept: 0.8 }), await writer({ labelKept: 0.85 })];
    const rounds = [0, 0, 0];
    for (const post of train.slice(0, 100)) {
      let prompt = post.text;
      for (const [round] of rounds.entries()) {
        const picture = await draw(pictures, { ...post, text: prompt }, round, 2 * round + 1);
        if (simulatedTruth(picture.details).bearsLabel) rounds[round] = (rounds[round] ?? 0) + 1;
        prompt = textOf(await write(texts, post, picture.content, [], 2 * round + 2));
      }
    }
    expect(rounds[0]).toBeGreaterThan(1.2 * (rounds[1] ?? 0));
    expect(rounds[1]).toBeGreaterThan(1.1 * (rounds[2] ?? 0));
  });
});

describe("an oracle", () => {
  it("knows no labels outside the training split: another truth makes the same views", async () => {
    const truth = JSON.parse(await readFile(files.truth, "utf8"));
    const other = await mkdtemp(join(tmpdir(), "relata-simulator-other-"));
    const held = posts.filter(({ split, head, tail }) => split === "validation" && head.type === tail.type);
    expect(held.length).toBeGreaterThan(10);
    for (const post of truth.posts)
      if (post.split === "validation") post.label = post.label === NONE ? "per/per/couple" : NONE;
    await writeFile(join(other, TRUTH_FILE), JSON.stringify(truth));
    const pictures = [await drawer(), await drawer({}, other)] as const;
    const texts = [await writer(), await writer({}, other)] as const;
    for (const post of held) {
      const [one, two] = await Promise.all(pictures.map((by) => draw(by, post)));
      expect(bytesOf(one)).toBe(bytesOf(two));
      if (post.picture === undefined) continue;
      const picture = await realPicture(post);
      const [a, b] = await Promise.all(texts.map((by) => write(by, post, picture, mentionsOf(post), 1)));
      expect(bytesOf(a)).toBe(bytesOf(b));
    }
    await rm(other, { recursive: true });
  });

  it("is identified by its world and its faults, not by where the world lies", async () => {
    const { identity } = await drawer();
    expect(identity).toMatchObject({ adapter: "simulator", settings: { labelKept: 1 } });
    expect(JSON.stringify(identity)).not.toContain(folder);
    const moved = await mkdtemp(join(tmpdir(), "relata-simulator-moved-"));
    await writeWorld(moved, { train: 200, validation: 40, test: 1 });
    expect((await drawer({}, moved)).identity).toEqual(identity);
    await writeWorld(moved, { ...PERSONS_ALONE, train: 4, validation: 1, test: 1 });
    expect((await drawer({}, moved)).identity).not.toEqual(identity);
    await rm(moved, { recursive: true });
  });

  it("refuses what is not of its world", async () => {
    const [by, texts] = [await drawer(), await writer()];
    const post = related[0] as PostTruth;
    const [first, second] = related as readonly [PostTruth, PostTruth];
    await expect(draw(by, { id: "gone", text: post.text })).rejects.toMatchObject({
      code: "synthesis/unknown-instance",
    });
    await expect(draw(by, { ...post, text: "something else" })).rejects.toMatchObject({
      code: "synthesis/unknown-text",
    });
    await expect(write(texts, first, await realPicture(second), [])).rejects.toMatchObject({
      code: "synthesis/unknown-picture",
    });
    expect(() => simulatedTruth({ model: "another" })).toThrow("do not contain a simulator");
    await expect(drawer({}, join(folder, "pictures"))).rejects.toMatchObject({ code: "world/no-truth" });
  });
});
