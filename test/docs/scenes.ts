// Prepares the folder in which a page's commands run: documents, pictures, encoders, models, plans, all tiny.
import { copyFile, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Document } from "../../src/data/document.ts";
import { exportBundle } from "../../src/extract/export-bundle.ts";
import { tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { writeTinyBert } from "../../src/world/tiny-encoders.ts";
import { ownPosts, vocabularyOf, writeOwnCorpus } from "../own-posts.ts";

/** `empty`: nothing. `world`: a small embedded corpus in `world/`. `models`: documents and models of both tasks. `bundle`: those,
 * joined. `run`: those, and a scored run. `student`: documents, a plan and a configuration of MI2RAGE. `own`: realistic posts and a plan that retrieves pictures. `views`: a store made from it. `exports`: files of annotation tools, and tables. */
export type Scene = "empty" | "world" | "models" | "bundle" | "run" | "student" | "own" | "views" | "exports";

type Command = (cwd: string, line: string) => Promise<unknown>;

/** Creates scenes below a folder, each once; `run` executes a command. */
export class Scenes {
  readonly #folder: string;
  readonly #run: Command;
  readonly #made = new Map<Scene, Promise<string>>();
  #copies = 0;

  constructor(folder: string, run: Command) {
    this.#folder = folder;
    this.#run = run;
  }

  /** Returns a copy of a scene that may be changed. */
  async copyOf(scene: Scene): Promise<string> {
    const copy = join(this.#folder, `copy-${++this.#copies}`);
    await cp(await this.#scene(scene), copy, { recursive: true });
    return copy;
  }

  #scene(scene: Scene): Promise<string> {
    const known = this.#made.get(scene);
    if (known !== undefined) return known;
    const made = this.#make(scene, join(this.#folder, scene));
    this.#made.set(scene, made);
    return made;
  }

  async #make(scene: Scene, folder: string): Promise<string> {
    switch (scene) {
      case "empty":
        await mkdir(folder);
        break;
      case "world":
        await mkdir(folder);
        await this.#run(folder, "relata world world --train 40 --validation 16 --test 16");
        await shorten(join(folder, "world"));
        break;
      case "models":
        await mkdir(folder);
        await writeModels(folder);
        break;
      case "bundle":
        await cp(await this.#scene("models"), folder, { recursive: true });
        await this.#run(folder, "relata export runs/mner/model-best runs/mre/model-best models/posts");
        break;
      case "run":
        await cp(await this.#scene("models"), folder, { recursive: true });
        await this.#run(folder, "relata train --config relata.config.json --run runs/first");
        await this.#run(
          folder,
          "relata evaluate runs/first/model-best test.jsonl --pictures pictures --predictions runs/first/test.jsonl",
        );
        break;
      case "student":
        await cp(await this.#scene("models"), folder, { recursive: true });
        await writeStudent(folder);
        break;
      case "own":
        await writeOwn(folder);
        break;
      case "views":
        await cp(await this.#scene("own"), folder, { recursive: true });
        await this.#run(folder, "relata synthesize plan.json --store views");
        break;
      case "exports":
        await writeExports(folder);
        break;
      default:
        scene satisfies never;
    }
    return folder;
  }
}

/** One epoch instead of the many in the world's configurations. */
async function shorten(world: string): Promise<void> {
  for (const name of ["i2srm.json", "mi2rage-text.json"]) {
    const config = JSON.parse(await readFile(join(world, name), "utf8"));
    config.training.epochs = 1;
    if (config.synthesis !== undefined)
      config.synthesis.selection = { ...config.synthesis.selection, folds: 2, epochs: 1 };
    await writeFile(join(world, name), JSON.stringify(config));
  }
}

const TRAINING = { epochs: 1, batchSize: 8, learningRate: 3e-3, maxLength: 64, threads: 1 };
const MODEL = { objects: 0, promptHidden: 16, attention: { enabled: false }, mixup: { enabled: false } };
const DATA = {
  train: "train.jsonl",
  validation: "validation.jsonl",
  pictures: "pictures",
  relations: "relations.json",
};
const VISUAL = { kind: "pictures", encoder: "resnet" };

async function writeModels(folder: string): Promise<void> {
  const at = (...names: readonly string[]) => join(folder, ...names);
  const world = await tinyWorld(folder);
  const write = (name: string, value: unknown) => writeFile(at(name), JSON.stringify(value));
  const entities = await tinyModel(world, "mner", "pictures");
  const relations = await tinyModel(world, "mre", "pictures");
  for (const [from, names] of [
    [entities, ["mner", "entities"]],
    [relations, ["mre", "relations"]],
  ] as const) {
    for (const name of names) await cp(from, at("runs", name, "model-best"), { recursive: true });
  }
  await exportBundle({ entities, relations, folder: at("runs", "quickstart", "bundle") });
  const { image = "" } = world.corpus.posts.train.find((post) => post.image !== undefined) ?? {};
  await copyFile(at("pictures", image), at("photo.jpg")); // the bytes say what format a picture has
  await mkdir(at("runs", "quickstart", "corpus", "pictures"), { recursive: true });
  await copyFile(at("pictures", image), at("runs", "quickstart", "corpus", "pictures", "1118ea396fa2.png"));
  await copyFile(at("relations.json"), at("rel2id.json"));
  await writeFile(at("docs.jsonl"), ownPosts({ count: 40 }).map(inCodePoints).join(""));
  await write("relata.config.json", {
    encoder: "bert",
    data: DATA,
    visual: VISUAL,
    model: MODEL,
    training: TRAINING,
  });
  const posts = world.corpus.posts.validation.map(({ text, image: name }, i) => ({
    id: `${i}`,
    text,
    image: name,
  }));
  await writeFile(at("texts.txt"), posts.map(({ text }) => `${text}\n`).join(""));
  await writeFile(at("posts.jsonl"), posts.map((post) => `${JSON.stringify(post)}\n`).join(""));
  const row = {
    token: ["Ann", "met", "Bob"],
    h: { name: "Ann", pos: [0, 1] },
    t: { name: "Bob", pos: [2, 3] },
  };
  await write("train.txt", { ...row, img_id: "p1.jpg", relation: "/per/per/peer" });
}

/** A post as a line whose offsets count code points, like Python's. */
function inCodePoints({ id, text, entities }: Document): string {
  const points = (offset: number) => [...text.slice(0, offset)].length;
  const spans = entities.map((entity) => ({
    ...entity,
    start: points(entity.start),
    end: points(entity.end),
  }));
  return `${JSON.stringify({ id, text, entities: spans })}\n`;
}

async function writeStudent(folder: string): Promise<void> {
  const write = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value));
  const simulator = { adapter: "simulator", world: "." };
  const data = { path: "train.jsonl", pictures: "pictures" };
  const plan = {
    data,
    direction: "text",
    rounds: 2,
    chains: 2,
    textToImage: simulator,
    imageToText: simulator,
  };
  await write("plan.json", plan);
  await write("relata.config.json", {
    ...{ method: "mi2rage", encoder: "bert", data: DATA, visual: VISUAL, cache: "cache" },
    synthesis: {
      store: "views",
      views: 2,
      selection: { method: "teacher", share: 0.5, folds: 2, epochs: 1 },
    },
    model: { fusion: { width: 16, heads: 2 } },
    training: TRAINING,
  });
}

async function writeOwn(folder: string): Promise<void> {
  await writeOwnCorpus(folder, { count: 40, pictures: true });
  const posts = ownPosts({ count: 20 });
  await writeFile(join(folder, "train.jsonl"), posts.map((post) => `${JSON.stringify(post)}\n`).join(""));
  for (const name of ["bert", "roberta-base"])
    await writeTinyBert(join(folder, name), vocabularyOf(posts), 1);
  const retrieval = {
    adapter: "retrieval",
    collections: [{ captions: "captions.jsonl", pictures: "pictures" }],
  };
  const plan = {
    ...{ data: { path: "train.jsonl" }, direction: "text", rounds: 1, chains: 2 },
    ...{ textToImage: { ...retrieval, encoder: "bert" }, imageToText: retrieval },
  };
  await writeFile(join(folder, "plan.json"), JSON.stringify(plan));
}

/** One post as each annotation tool would export it. */
async function writeExports(folder: string): Promise<void> {
  const text = "Ann Lee met Bo in Rome.";
  const mentions = [
    { start: 0, end: 7, label: "PER" },
    { start: 12, end: 14, label: "PER" },
  ];
  const result = mentions.map(({ label, ...offsets }, i) => ({
    ...{ id: `r${i}`, type: "labels", from_name: "label", to_name: "text" },
    value: { ...offsets, text: text.slice(offsets.start, offsets.end), labels: [label] },
  }));
  const relation = { type: "relation", from_id: "r0", to_id: "r1", direction: "right", labels: ["met"] };
  const annotations = [{ id: 1, completed_by: 1, was_cancelled: false, result: [...result, relation] }];
  const ann = mentions.map(
    ({ start, end, label }, i) => `T${i + 1}\t${label} ${start} ${end}\t${text.slice(start, end)}\n`,
  );
  const files = {
    "export.json": JSON.stringify([{ id: 1, data: { text }, annotations }]),
    "all.jsonl": JSON.stringify({
      id: 1,
      text,
      label: mentions.map(({ start, end, label }) => [start, end, label]),
    }),
    "out.jsonl": JSON.stringify({ text, _input_hash: 1, answer: "accept", spans: mentions }),
    "pairs.csv":
      "text,head,head_type,tail,tail_type,relation\nAnn met Bo,Ann,PER,Bo,PER,met\nCy left Rome,Cy,PER,Rome,LOC,left\n",
    "mentions.tsv":
      "id\ttext\tstart\tend\tlabel\n1\tAnn met Bo\t0\t3\tPER\n1\tAnn met Bo\t8\t10\tPER\n2\tCy slept\t0\t2\tPER\n",
    "posts.csv": "Tweet,people,places\nAnn met Bo,Ann|Bo,\nCy left Rome,Cy,Rome\n",
    "posts.jsonl": Array.from(
      { length: 20 },
      (_, i) => `${JSON.stringify({ id: i, text: `Post ${i} by Ann`, entities: [] })}\n`,
    ).join(""),
    "folder/post.txt": text,
    "folder/post.ann": `${ann.join("")}R1\tmet Arg1:T1 Arg2:T2\n`,
  };
  await mkdir(join(folder, "folder"), { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}
