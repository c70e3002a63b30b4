// Trains and scores on documents that mark only existing relations: what becomes None, what is recorded, and what is reported.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import type { Document } from "../../data/document.ts";
import { readDocuments } from "../../data/readers.ts";
import { load } from "../../extract/load.ts";
import { writeTinyBert } from "../../world/tiny-encoders.ts";
import type { TrainingData } from "../requests.ts";
import { evaluateRelations } from "./evaluate.ts";
import { relationLabels } from "./read-relations.ts";
import { trainRelations } from "./train-relations.ts";

const WORDS = ["ada", "bo", "works", "for", "visited", "acme", "basalt", "but", "left"];
const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...WORDS];
const TYPES: Readonly<Record<string, string>> = { ada: "PER", bo: "PER", acme: "ORG", basalt: "ORG" };

const typeOf = (word: string) => TYPES[word.toLowerCase()] ?? "";

/** A document of plain words; `relations` by mention: "0>1 works_for". */
function post(id: string, text: string, ...relations: string[]): Document {
  const entities = [...text.matchAll(/\w+/g)].flatMap(({ 0: word, index }) =>
    typeOf(word) === "" ? [] : [{ start: index, end: index + word.length, label: typeOf(word) }],
  );
  const parsed = relations.map((relation) => {
    const [pair = "", label = ""] = relation.split(" ");
    const [head, tail] = pair.split(">").map(Number) as [number, number];
    return { head, tail, label };
  });
  return { id, text, entities, relations: parsed };
}

const TRAIN = [
  post("t1", "ada works for acme", "0>1 works_for"),
  post("t2", "ada visited basalt but works for acme", "0>2 works_for"),
  post("t3", "bo left acme", "0>1 left"),
  post("t4", "bo visited basalt"),
  post("t5", "ada"),
];
const VALIDATION = [
  post("v1", "bo works for basalt", "0>1 works_for"),
  post("v2", "BO  visited basalt"),
  post("t1", "ada works for acme", "0>1 left"),
];

let folder: string;
const at = (name: string) => join(folder, name);
const jsonl = async (name: string, documents: readonly Document[]) => {
  await writeFile(at(name), documents.map((document) => `${JSON.stringify(document)}\n`).join(""));
  return at(name);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-pairs-"));
  await writeTinyBert(at("bert"), VOCABULARY, 1);
  await jsonl("train.jsonl", TRAIN);
  await jsonl("validation.jsonl", VALIDATION);
});
afterAll(() => rm(folder, { recursive: true }));

function configOf(data: Readonly<Record<string, unknown>> = {}) {
  return parseConfig(
    {
      encoder: at("bert"),
      data: { train: at("train.jsonl"), validation: at("validation.jsonl"), ...data },
      model: { attention: { enabled: false }, mixup: { enabled: false } },
      training: { epochs: 1, batchSize: 4, learningRate: 1e-3, threads: 1, maxLength: 24 },
    },
    "test",
  );
}

async function trained(run: string, data: Readonly<Record<string, unknown>> = {}) {
  let seen: TrainingData | undefined;
  const summary = await trainRelations({
    config: configOf(data),
    runFolder: at(run),
    onData: (given) => {
      seen = given;
    },
  });
  return { ...summary, modelFolder: summary.modelFolder!, seen: seen! }; // it was evaluated, and onData is called before the first step
}

describe("training on relations that hold", () => {
  it("takes the pairs that extraction asks as None, in training, in validation and where the model is scored", async () => {
    const { seen, modelFolder } = await trained("typed");
    expect(seen.notes).toEqual([]);
    expect(seen.train).toMatchObject({
      examples: 5,
      pairs: { negatives: "typed", made: 2, byTypes: [{ head: "PER", tail: "ORG", count: 2 }] },
    });
    expect(seen.validation).toMatchObject({ examples: 3, pairs: { made: 1 } });
    const config = JSON.parse(await readFile(join(modelFolder, "config.json"), "utf8"));
    expect(config).toMatchObject({
      relations: ["None", "left", "works_for"],
      data: { negatives: "auto", noneLabel: null },
    });
    const record = JSON.parse(await readFile(at("typed/data.json"), "utf8"));
    expect(record.train.statistics.relations).toEqual({ None: 2, works_for: 2, left: 1 });

    // Posts without any relation can be scored on their own, and precision is about them.
    const silent = await jsonl("silent.jsonl", [
      post("s1", "bo visited acme"),
      post("s2", "acme left basalt"),
    ]);
    const predictions = at("silent-predicted.jsonl");
    const request = { model: modelFolder, data: silent, format: "relata", threads: 1 } as const;
    const scored = await evaluateRelations({ ...request, predictions });
    expect(scored.metrics).toMatchObject({ instances: 1, micro: { support: 0 } });
    const predicted = await readDocuments(predictions, { format: "relata" });
    expect(predicted.documents.map(({ relations }) => relations.length)).toEqual([1, 0]);
    const all = await evaluateRelations({ ...request, negatives: "all", typeConstraints: false });
    expect(all.metrics.instances).toBe(4);
    // Types that never had a relation get the answer None, since extraction does not ask about them.
    const constrained = await evaluateRelations({ ...request, negatives: "all" });
    expect(constrained.metrics.correct).toBeGreaterThanOrEqual(3);
    await expect(evaluateRelations({ ...request, negatives: "none" })).rejects.toMatchObject({
      code: "data/other-task",
    });
  });

  it("lets a relation model alone ask what its training asked", async () => {
    await using model = await load(at("typed/model-best"), { threads: 1 });
    const { text, entities } = post("x", "ada visited bo");
    const { relations } = await model.extract({ text, entities });
    expect(relations).toEqual([]); // PER > PER never had a relation
    expect(model.remarks).toEqual([]);
  });

  it("says what the splits share, and that a model is scored on what it has seen", async () => {
    const { overlap } = JSON.parse(await readFile(at("typed/data.json"), "utf8"));
    expect(overlap).toMatchObject([
      {
        ids: ["t1"],
        texts: ["ada works for acme"],
        similarTexts: 1,
        questions: 1,
        conflicts: [{ code: "data/conflicting-labels" }],
      },
    ]);
    const score = (data: string, allowTrainingData?: boolean) =>
      evaluateRelations({
        ...{ model: at("typed/model-best"), data: at(data), format: "relata", threads: 1 },
        allowTrainingData,
      });
    await expect(score("train.jsonl")).rejects.toMatchObject({ code: "data/trained-on" });
    expect((await score("validation.jsonl")).notes).toEqual([
      expect.stringContaining("trained on the texts of 2 of these 3 documents"),
      expect.stringContaining("3 of these 3 documents are validation documents"),
    ]);
    await jsonl("fresh.jsonl", [post("f", "ada left basalt", "0>1 left")]);
    expect((await score("fresh.jsonl")).notes).toEqual([]);
  });

  it("warns where nothing says None, and scores such a model on annotated pairs alone", async () => {
    const { seen, modelFolder } = await trained("positive", { negatives: "none" });
    expect(seen.notes).toEqual([expect.stringContaining("a relation for every pair")]);
    const request = {
      model: modelFolder,
      data: at("validation.jsonl"),
      format: "relata",
      threads: 1,
      allowTrainingData: true,
    } as const;
    const scored = await evaluateRelations(request);
    expect(scored.metrics.instances).toBe(2);
    expect(scored.notes).toContainEqual(expect.stringContaining("has no label None"));
    await expect(evaluateRelations({ ...request, negatives: "typed" })).rejects.toMatchObject({
      code: "config/no-none-label",
    });
  });

  it("adds None behind a label set that lacks it", async () => {
    const set = {
      documents: TRAIN,
      report: (await readDocuments(at("train.jsonl"), { format: "relata" })).report,
    };
    const named = await relationLabels(configOf({ relations: ["works_for", "left"] }), set);
    expect([...named.labels]).toEqual(["works_for", "left", "None"]);
    const without = await relationLabels(configOf({ negatives: "none" }), set);
    expect([...without.labels]).toEqual(["left", "works_for"]);
  });

  it("makes no pair for a student of real pictures, whose texts were generated for annotated pairs", async () => {
    const set = {
      documents: TRAIN,
      report: (await readDocuments(at("train.jsonl"), { format: "relata" })).report,
    };
    const config = configOf();
    const student = {
      ...config,
      method: "mi2rage",
      synthesis: { ...config.synthesis, real: "picture" },
    } as const;
    expect((await relationLabels(student, set)).rule.negatives).toBe("none");
    const ofTexts = { ...student, synthesis: { ...config.synthesis, real: "text" } } as const;
    expect((await relationLabels(ofTexts, set)).rule.negatives).toBe("typed");
    const asked = {
      encoder: "e",
      method: "mi2rage",
      data: { train: "t", validation: "v", negatives: "typed", pictures: "p" },
      visual: { kind: "pictures", encoder: "r" },
      synthesis: { store: "s", real: "picture" },
    };
    expect(() => parseConfig(asked, "test")).toThrow(
      expect.objectContaining({ code: "config/contradiction" }),
    );
  });
});

describe("a label that means none", () => {
  const annotated = (name: string) => [
    post("a1", "ada works for acme", "0>1 works_for"),
    post("a2", "bo visited basalt", `0>1 ${name}`),
    post("a3", "ada visited basalt but works for acme", "0>2 works_for", `0>1 ${name}`),
  ];

  it("is noticed, and read as None everywhere once it is named", async () => {
    await jsonl("na.jsonl", annotated("NA"));
    await writeFile(at("rel2id.json"), JSON.stringify({ NA: 0, works_for: 1, left: 2 }));
    const files = { train: at("na.jsonl"), validation: at("na.jsonl"), relations: at("rel2id.json") };
    const unnamed = await trained("unnamed", files);
    expect(unnamed.seen.notes).toEqual([expect.stringMatching(/"NA" .*"no relation".*--none-label NA/)]);
    expect(unnamed.seen.train.pairs).toMatchObject({ made: 0, reason: '"NA" may mean None' });

    const typed = await trained("typed-na", { ...files, negatives: "typed" });
    expect(typed.seen.notes).toEqual([expect.stringContaining('"NA" ')]);

    const named = await trained("named", { ...files, noneLabel: "NA" });
    expect(named.seen.notes).toEqual([]);
    const request = {
      data: at("na.jsonl"),
      format: "relata",
      threads: 1,
      allowTrainingData: true,
    } as const;
    // The model knows its data's name for None; a caller can name it for a model that does not.
    for (const [model, naming] of [
      [named.modelFolder, {}],
      [unnamed.modelFolder, { noneLabel: "NA" }],
    ] as const) {
      const { metrics, notes } = await evaluateRelations({ model, ...request, ...naming });
      expect(metrics.relations.map(({ label }) => label)).toEqual(["None", "works_for", "left"]);
      expect(metrics.micro.support).toBe(2);
      expect(notes.filter((note) => note.includes("no relation"))).toEqual([]);
    }
  });

  it("is refused where no relation is called so", async () => {
    await expect(trained("misnamed", { noneLabel: "N.A." })).rejects.toMatchObject({
      code: "config/no-such-label",
      message: expect.stringContaining("N.A."),
    });
  });
});
