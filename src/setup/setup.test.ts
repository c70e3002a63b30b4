import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownPosts, vocabularyOf } from "../../test/own-posts.ts";
import { loadTrainConfig } from "../config/load.ts";
import type { Document } from "../data/document.ts";
import { writeTinyBert } from "../world/tiny-encoders.ts";
import { chooseSettings, type EncoderFacts, type Wishes } from "./choose-settings.ts";
import { type DataFacts, readFacts } from "./data-facts.ts";
import { lookAround, splitOf } from "./look-around.ts";
import { proposeConfig } from "./propose.ts";
import { configText } from "./write-settings.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-setup-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, documents: readonly Document[]) =>
  writeFile(join(folder, name), documents.map((one) => `${JSON.stringify(one)}\n`).join(""));

const FACTS: DataFacts = {
  path: "train.jsonl",
  format: "relata",
  documents: 200,
  rejected: 0,
  entities: [["PERSON", 300]],
  relations: [["knows", 100]],
  categories: [],
  images: [],
  pairsOnly: false,
  pairsPerText: 2,
  lengths: [...Array.from({ length: 199 }, (_, i) => 5 + (i % 20)), 90],
};
const ROOMY: EncoderFacts = {
  specialTokens: 2,
  longestInput: 512,
  readsPackedPairs: true,
  documentsThatFit: () => 1000,
};
const chosenValue = (chosen: ReturnType<typeof chooseSettings>, field: string) =>
  chosen.settings.find((one) => one.field === field)?.value;

describe("lookAround", () => {
  it("finds data by the split in its name, encoders by config.json, and the fullest folder of pictures", async () => {
    for (const path of ["bert", "pictures", "other", "node_modules/x", "runs/first"])
      await mkdir(join(folder, path), { recursive: true });
    const files = [
      "train.jsonl",
      "train-older.jsonl",
      "dev.json",
      "notes.md",
      "package.json",
      "bert/tokenizer.json",
      "node_modules/x/train.jsonl",
      "runs/first/test.jsonl",
      "pictures/a.jpg",
      "pictures/b.PNG",
      "other/c.png",
    ];
    for (const file of files) await writeFile(join(folder, file), "{}");
    await writeFile(join(folder, "bert", "config.json"), '{"model_type":"bert"}');
    await symlink(join(folder, "bert"), join(folder, "linked"));
    await symlink(join(folder, "gone"), join(folder, "broken"));
    expect(await lookAround(folder)).toEqual({
      files: [
        { path: "dev.json", split: "validation" },
        { path: "train.jsonl", split: "train" },
        { path: "train-older.jsonl", split: "train" },
      ],
      encoders: [
        { path: "./bert", modelType: "bert" },
        { path: "./linked", modelType: "bert" },
      ],
      pictureFolders: ["pictures", "other"],
    });
  });

  it.each([
    ["train.jsonl", "train"],
    ["mnre_val .txt", "validation"],
    ["WebNLG-dev.json", "validation"],
    ["testing.conll", "test"],
    ["strained.jsonl", undefined],
    ["latest.jsonl", undefined],
    ["train-test.jsonl", undefined],
  ])("tells the split of %s", (name, split) => expect(splitOf(name)).toBe(split));
});

describe("chooseSettings", () => {
  it("takes both tasks where both are annotated, and one where only one is", () => {
    const task = (facts: Partial<DataFacts>) =>
      chooseSettings({ encoder: "x" }, { ...FACTS, ...facts }, FACTS, ROOMY).task;
    expect(task({})).toBe("both");
    expect(task({ relations: [] })).toBe("mner");
    expect(task({ entities: [], relations: [], categories: [["work", 3]] })).toBe("classification");
    expect(task({ pairsOnly: true })).toBe("mre");
  });

  it("leaves nearly all texts whole, counts those that are cut, and obeys the encoder", () => {
    const chosen = chooseSettings({ encoder: "x" }, FACTS, FACTS, ROOMY);
    expect(chosenValue(chosen, "training.maxLength")).toBe(32); // 24 tokens, 2 special ones, 4 markers
    expect(chosen.settings.find(({ field }) => field === "training.maxLength")?.reason).toBe(
      "tokens per text; the longest has 96: 1 text of 200 will be cut",
    );
    const short = { ...ROOMY, longestInput: 20 };
    expect(chosenValue(chooseSettings({ encoder: "x" }, FACTS, FACTS, short), "training.maxLength")).toBe(20);
  });

  it("makes batches smaller where memory is short, and steps no smaller", () => {
    const tight = { ...ROOMY, documentsThatFit: (tokens: number) => Math.floor(160 / tokens) };
    const chosen = chooseSettings({ encoder: "x" }, FACTS, FACTS, tight);
    expect(chosenValue(chosen, "training.batchSize")).toBe(5);
    expect(chosenValue(chosen, "training.accumulation")).toBe(2);
    expect(
      chosenValue(chooseSettings({ encoder: "x" }, FACTS, FACTS, ROOMY), "training.batchSize"),
    ).toBeUndefined();
  });

  it("reads a text once for all its pairs where it has many, and the encoder can", () => {
    const many = { ...FACTS, pairsPerText: 9.2 };
    const pairs = (wishes: Partial<Wishes>, facts = many, encoder = ROOMY) => {
      const chosen = chooseSettings({ encoder: "x", ...wishes }, facts, FACTS, encoder);
      const of = (field: string) => chosenValue(chosen, field);
      return [of("model.relation.pairs"), of("relations.training.batchSize") ?? of("training.batchSize")];
    };
    expect(pairs({})).toEqual(["packed", 2]);
    expect(pairs({ task: "mre" }, { ...many, pairsPerText: 40 })).toEqual(["packed", 1]);
    expect(pairs({}, FACTS)).toEqual([undefined, undefined]);
    expect(pairs({ task: "mner" })).toEqual([undefined, undefined]);
    expect(pairs({ captions: "captions.jsonl" })).toEqual([undefined, undefined]);
    expect(pairs({}, many, { ...ROOMY, readsPackedPairs: false })).toEqual([undefined, undefined]);
  });

  it("warns of few documents, rare labels, labels that training lacks, and an encoder that it did not see", () => {
    const few: DataFacts = { ...FACTS, documents: 40, relations: [["knows", 3]] };
    const other: DataFacts = { ...FACTS, documents: 10, relations: [["owns", 4]] };
    expect(chooseSettings({ encoder: "a/b" }, few, other, undefined).warnings).toEqual([
      expect.stringContaining("Only 40 training documents"),
      expect.stringContaining("Only 10 validation documents"),
      "Rarely seen in training, so hardly learned: knows (3).",
      "In the validation documents only: owns (training refuses them; check that both files are labelled alike).",
      expect.stringContaining("The encoder a/b is not on this machine"),
    ]);
  });
});

describe("labels that only the validation documents have", () => {
  const rare = Array.from({ length: 20 }, (_, i): [string, number] => [`rare ${i}`, 1]);
  const validation: DataFacts = { ...FACTS, relations: [["knows", 40], ...rare] };
  const chosen = chooseSettings({ encoder: "x" }, FACTS, validation, ROOMY);

  it("are named as labels, so that training starts, and in a warning that says what becomes of them", () => {
    expect(chosenValue(chosen, "data.relations")).toEqual(
      ["knows", ...rare.map(([label]) => label)].toSorted(),
    );
    expect(chosenValue(chosen, "data.entityTypes")).toBeUndefined();
    expect(chosen.warnings).toEqual([
      expect.stringMatching(
        /^In the validation documents only: rare 0, .* and 8 more \(20 cases that no model can learn here, counted as missed\)\.$/,
      ),
    ]);
  });

  it("are in the written configuration, as the loader reads it", async () => {
    const file = join(folder, "relata.config.ts");
    await writeFile(file, configText(chosen.settings, "module"));
    const config = await loadTrainConfig({ path: file });
    expect(config).toMatchObject({
      relations: { data: { relations: chosenValue(chosen, "data.relations") } },
    });
  });
});

describe("configText", () => {
  it("is a module whose settings the loader reads back, whatever the paths hold", async () => {
    const path = 'data/"odd" */ $x\n.jsonl';
    const chosen = chooseSettings({ encoder: "a/b" }, { ...FACTS, path }, FACTS, ROOMY);
    const file = join(folder, "relata.config.ts");
    await writeFile(file, configText(chosen.settings, "module"));
    const config = await loadTrainConfig({ path: file });
    expect(config).toMatchObject({ task: "both" });
    if (config.task !== "both") return;
    for (const one of [config.entities, config.relations]) {
      expect(one.data.train).toBe(join(folder, path));
      expect(one.training.maxLength).toBe(32);
      expect([one.visual.kind, one.model.attention.enabled, one.model.mixup.enabled]).toEqual([
        "none",
        false,
        false,
      ]);
    }
  });
});

describe("proposeConfig", () => {
  it("reads the documents with the encoder's own tokenizer", async () => {
    const posts = ownPosts({ count: 60 });
    await write("train.jsonl", posts);
    await write("validation.jsonl", ownPosts({ count: 10, seed: 2, name: "val" }));
    await writeTinyBert(join(folder, "bert"), vocabularyOf(posts), 1);
    const files = { train: join(folder, "train.jsonl"), validation: join(folder, "validation.jsonl") };
    const proposal = await proposeConfig(
      files,
      { encoder: join(folder, "bert") },
      { out: "relata.config.ts" },
    );
    expect(proposal.task).toBe("both");
    expect(proposal.train).toMatchObject({ documents: 60, format: "relata", rejected: 0 });
    const words = Math.max(...posts.map(({ text }) => text.split(" ").length));
    expect(proposal.train.lengths.at(-1)).toBeGreaterThan(words); // subwords and punctuation count too
  });

  it("counts the pairs that training asks about: those of the types that a relation joins, per different text", async () => {
    const entities = ["Ada", "Bo", "Cy"].map((name, i) => ({
      start: 4 * i,
      end: 4 * i + name.length,
      label: "PERSON",
    }));
    const document = { text: "Ada Bo  Cy", entities, relations: [{ head: 0, tail: 1, label: "knows" }] };
    const plain = { text: "Ada", entities: entities.slice(0, 1), relations: [] };
    await write("train.jsonl", [
      { id: "a", ...document },
      { id: "b", ...plain },
      { id: "c", ...document, text: "Ada Bo, Cy", relations: [] },
    ]);
    expect(await readFacts(join(folder, "train.jsonl"))).toMatchObject({ documents: 3, pairsPerText: 6 });
    await write("train.jsonl", [{ id: "a", ...document, relations: [] }]);
    expect(await readFacts(join(folder, "train.jsonl"))).toMatchObject({ pairsPerText: 0 });
  });

  it.each(["elsewhere.config.ts", "elsewhere.config.json"])(
    "writes paths that lead from the folder of %s to the files, and leaves ids of the hub",
    async (name) => {
      await write("train.jsonl", ownPosts({ count: 60 }));
      await write("dev.jsonl", ownPosts({ count: 40, seed: 2 }));
      await mkdir(join(folder, "configs"));
      const out = join(folder, "configs", name);
      const here = (path: string) => relative(".", join(folder, path));
      const files = { train: here("train.jsonl"), validation: here("dev.jsonl") };
      const wishes = { encoder: "a/b", pictures: here("pictures"), pictureEncoder: "c/d" };
      const { text } = await proposeConfig(files, wishes, { out });
      await writeFile(out, text);
      const config = await loadTrainConfig({ path: out });
      if (config.task !== "both") throw new Error(`the task is ${config.task}`);
      const { data, encoder, visual } = config.relations;
      expect(data).toMatchObject({
        ...{ train: join(folder, "train.jsonl"), validation: join(folder, "dev.jsonl") },
        pictures: join(folder, "pictures"),
      });
      expect([encoder, visual.encoder]).toEqual(["a/b", "c/d"]);
    },
  );

  it("refuses a name that no reader of configurations takes, before it reads anything", async () => {
    const files = { train: "none.jsonl", validation: "none.jsonl" };
    await expect(proposeConfig(files, { encoder: "a/b" }, { out: "relata.yaml" })).rejects.toMatchObject({
      code: "config/wrong-extension",
    });
  });

  it("refuses a file without a usable row", async () => {
    await write("train.jsonl", ownPosts({ count: 3 }));
    await writeFile(join(folder, "validation.jsonl"), '{"image":"a.jpg","caption":"a dog"}\n');
    const files = { train: join(folder, "train.jsonl"), validation: join(folder, "validation.jsonl") };
    await expect(proposeConfig(files, { encoder: "a/b" }, { out: "relata.config.ts" })).rejects.toMatchObject(
      {
        code: "data/no-documents",
        place: files.validation,
      },
    );
  });
});
