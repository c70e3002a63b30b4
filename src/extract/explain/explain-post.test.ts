// Explains posts with small trained models; what is expected follows from reading the same posts with and without their pictures.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportBundle } from "../export-bundle.ts";
import type { Extractor } from "../extractor.ts";
import { load } from "../load.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../testing/tiny-models.ts";

let world: TinyWorld;
let bundle: Extractor;
let entities: string;

beforeAll(async () => {
  world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-explain-")));
  entities = await tinyModel(world, "mner", "pictures");
  const relations = await tinyModel(world, "mre", "pictures");
  const folder = join(world.folder, "bundle");
  await exportBundle({ entities, relations, folder });
  bundle = await load(folder, { threads: 1 });
}, 240_000);
afterAll(async () => {
  await bundle.dispose();
  await rm(world.folder, { recursive: true });
});

const illustrated = () =>
  world.corpus.posts.validation.flatMap(({ id, text, image }) =>
    image === undefined ? [] : [{ text, image: join(world.folder, "pictures", `${id}.png`) }],
  );

describe("explain", () => {
  it("gives the same answer as extract, and the answer that the same text has without a picture", async () => {
    let changes = 0;
    for (const post of illustrated().slice(0, 8)) {
      const { explanation, ...found } = await bundle.explain(post);
      expect(found).toEqual(await bundle.extract(post));
      const bare = await bundle.extract({ text: post.text });
      expect(explanation.withoutPicture).toEqual({ entities: bare.entities, relations: bare.relations });
      changes += explanation.changed.entities.length + explanation.changed.relations.length;
      for (const { withPicture, withoutPicture, start, end, text } of explanation.changed.entities) {
        expect(post.text.slice(start, end)).toBe(text);
        expect([withPicture, withoutPicture].some((guess) => guess !== null)).toBe(true);
      }
    }
    expect(changes).toBeGreaterThan(0); // or nothing was compared
  });

  it("names the picture's size, its one region and every layer of each model, whose gates sum to 1", async () => {
    const [post] = illustrated();
    const { explanation } = await bundle.explain(post!);
    const { width, height } = explanation.picture!;
    expect(explanation.regions).toEqual([
      { kind: "whole", box: [0, 0, width, height], models: ["entities", "relations"] },
    ]);
    expect(new Set(explanation.layers.map(({ model }) => model))).toEqual(new Set(["entities", "relations"]));
    for (const { gates, attention, regions } of explanation.layers) {
      expect(gates.reduce((sum, gate) => sum + gate, 0)).toBeCloseTo(1, 5);
      expect(attention).toBeGreaterThan(0);
      expect(attention).toBeLessThan(1);
      expect(regions).toEqual([attention]);
    }
    expect(explanation.experts).toBeUndefined();
  });

  it("counts offsets as the options say, in the comparison too", async () => {
    const [post] = illustrated();
    const text = `🎉 ${post!.text}`;
    const [own, points] = [
      await bundle.explain({ ...post!, text }),
      await bundle.explain({ ...post!, text }, { offsets: "code-point" }),
    ];
    expect(points.explanation.changed.relations).toEqual(
      own.explanation.changed.relations.map(({ head, tail, ...rest }) => ({
        ...rest,
        head: { start: head.start - 1, end: head.end - 1 },
        tail: { start: tail.start - 1, end: tail.end - 1 },
      })),
    );
    expect(points.explanation.withoutPicture!.entities.map(({ start }) => start + 1)).toEqual(
      own.explanation.withoutPicture!.entities.map(({ start }) => start),
    );
    expect(points.explanation.layers).toEqual(own.explanation.layers);
  });

  it("says that no picture was used for a post without one, and for a picture that does not exist", async () => {
    const { text } = illustrated()[0]!;
    for (const post of [{ text }, { text, image: join(world.folder, "no-such.png") }]) {
      const { explanation, visual } = await bundle.explain(post);
      expect(visual).toBe("image" in post ? "missing" : "none");
      expect(explanation).toEqual({
        withoutPicture: null,
        changed: { entities: [], relations: [] },
        regions: [],
        picture: null,
        layers: [],
      });
    }
  });

  it("explains a caption as it does a picture, without regions", async () => {
    const folder = await tinyModel(world, "mre", "captions");
    await using model = await load(folder, { threads: 1 });
    const { text, head, tail } = world.corpus.posts.validation[0]!;
    const people = [head, tail].map(({ start, end }) => ({ start, end, label: "person" }));
    const { explanation } = await model.explain({
      text,
      entities: people,
      caption: "two persons on a bench",
    });
    expect(explanation.withoutPicture).not.toBeNull();
    expect([explanation.regions, explanation.picture]).toEqual([[], null]);
    expect(explanation.layers.length).toBeGreaterThan(0);
    expect(explanation.changed.entities).toEqual([]); // given
  }, 120_000);

  it("has nothing to explain in a text-only model, and refuses a picture as extract does", async () => {
    const folder = await tinyModel(world, "mner", "none");
    await using model = await load(folder, { threads: 1 });
    const [post] = illustrated();
    await expect(model.explain(post!)).rejects.toMatchObject({ code: "data/unwanted-visual" });
    const { explanation, notes } = await model.explain(post!, { unwantedVisual: "report" });
    expect(explanation.withoutPicture).toBeNull();
    expect(notes.map(({ code }) => code)).toEqual(["data/unwanted-visual"]);
  }, 120_000);
});
