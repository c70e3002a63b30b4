// Without views, a student of real pictures reads the two mentions that it is asked about, and nothing else of the text.
import { describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { LabelSet } from "../../data/labels.ts";
import { ReportBuilder } from "../../data/report.ts";
import { entityMarkers } from "../../encoders/tokenizing/markers.ts";
import { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { bertDefinition } from "../../encoders/tokenizing/vocabulary-files.ts";
import { pairRuleOf } from "../pairs/pair-rule.ts";
import { type StudentConfig, studentConfig } from "./model-config.ts";
import { studentMethod } from "./student-method.ts";
import { prepareSplit } from "./student-training.ts";

const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ada", "married", "sued", "bo", "today"];
const tokenizer = new TextTokenizer(bertDefinition(VOCABULARY.join("\n"), {}));
const encoder = { tokenizer, markers: entityMarkers(tokenizer) };
const labels = new LabelSet(["None", "couple"]);

const post = (text: string): Document => ({
  id: "one",
  text,
  entities: ["ada", "bo"].map((name) => ({
    start: text.indexOf(name),
    end: text.indexOf(name) + name.length,
    label: "PER",
  })),
  relations: [{ head: 0, tail: 1, label: "couple" }],
});
const TELLING = post("ada married bo today");
const OTHER = post("today bo sued ada");
const setOf = (one: Document) => ({
  documents: [one],
  report: new ReportBuilder("t", "relata").report(),
});

type Request = Parameters<typeof prepareSplit>[0];
async function prepared(one: Document, split: "train" | "validation", synthesis: object) {
  const set = setOf(one);
  const { examples } = await prepareSplit({
    ...{ set, split, encoder, visual: undefined, maxLength: 32, onPreparation: () => undefined },
    labels: { labels, rule: pairRuleOf("none", 1, set) },
    config: { training: { truncation: "report" }, synthesis },
  } as unknown as Request);
  return examples[0];
}

function saved(student: Partial<StudentConfig["student"]>) {
  const config = studentConfig({
    ...{ relations: [...labels.labels], encoder: {}, maxLength: 32, truncation: "report", addedTokens: 4 },
    student: {
      ...{ real: "picture", fusion: { width: 8, heads: 2, dropout: 0 }, promptLength: 4, blind: true },
      ...student,
    },
    visual: null,
  });
  return async (one: Document) => {
    const set = setOf(one);
    const { examples } = await studentMethod(config).examples({
      ...{ set, labels, ...encoder, maxLength: 32, truncation: "report", unknownRelations: "refuse" },
      pairs: { rule: pairRuleOf("none", 1, set), split: "scored", masked: true },
      ...{ views: undefined, ownVisual: false, visual: undefined, onPreparation: () => undefined },
    });
    return examples[0];
  };
}

const tokens = (example: { readonly input: { readonly ids: readonly number[] } } | undefined) =>
  example?.input.ids.map((id) => VOCABULARY[id] ?? "marker");
const MENTIONS = ["[CLS]", "marker", "ada", "marker", "marker", "bo", "marker", "[SEP]"];
const BLIND = { real: "picture", use: "synthetic", rounds: 0, chains: 1 };

describe("a student of real pictures without views", () => {
  it.each(["train", "validation"] as const)("reads the mentions alone in %s", async (split) => {
    for (const one of [TELLING, OTHER]) {
      const example = await prepared(one, split, BLIND);
      expect(tokens(example)).toEqual(MENTIONS);
      expect(example?.hidesOwn).toBe(false);
    }
  });

  it("reads the same once it is saved", async () => {
    const read = saved({ mentions: true });
    for (const one of [TELLING, OTHER]) expect(tokens(await read(one))).toEqual(MENTIONS);
  });

  it("leaves other students and earlier models as they are", async () => {
    expect(tokens(await prepared(TELLING, "validation", { ...BLIND, use: "real" }))).toContain("married");
    expect(tokens(await prepared(TELLING, "validation", { ...BLIND, real: "text" }))).toContain("married");
    expect(tokens(await saved({})(TELLING))).toContain("married");
  });
});
