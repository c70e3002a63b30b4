// Stores of texts made from texts: what is recorded, what is rejected, and which plans are refused.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../base/sha256.ts";
import type { ChainPlan } from "./chain-plan.ts";
import { type Generated, PLAIN_TEXT, type RewriteRequest, type TextToText } from "./generators/generator.ts";
import type { SourceInstance } from "./instance.ts";
import { runChains } from "./run-chains.ts";
import { seedOfStep } from "./steps.ts";
import { lineageOf } from "./store/lineage.ts";
import { readManifest } from "./store/manifest.ts";
import { openViewStore } from "./store/open-store.ts";
import { surveyStore } from "./store/survey.ts";
import { ScriptedPictures } from "./testing/scripted-generators.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-rewriting-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SEED = 3;
// The second "Bo" is the mention.
const TEXT = "Bo Street: Ada met Bo";
const SPANS = [
  { start: 11, end: 14 },
  { start: 19, end: 21 },
];

/** A text, or a text with more of what generators answer. */
type Answer = string | (Omit<Generated, "content"> & { readonly text: string });

class Scripted implements TextToText {
  readonly identity = { adapter: "scripted", model: "words", settings: {} };
  readonly concurrency = 2;
  readonly costPerCall = 0.5;
  readonly requests: RewriteRequest[] = [];
  readonly #answers: readonly Answer[];

  constructor(...answers: readonly Answer[]) {
    this.#answers = answers;
  }

  rewrite(request: RewriteRequest): Promise<Generated> {
    // Chains run at once: the seed says which one asks.
    const { instance, step, seed } = request;
    const chain = this.#answers.findIndex((_, i) => seedOfStep(SEED, { instance, chain: i, step }) === seed);
    const answer = this.#answers[chain]!;
    this.requests.push(request);
    const { text, ...more } = typeof answer === "string" ? { text: answer } : answer;
    return Promise.resolve({
      content: { mediaType: PLAIN_TEXT, bytes: new TextEncoder().encode(text) },
      ...more,
    });
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

async function* oneText(): AsyncGenerator<SourceInstance> {
  const bytes = new TextEncoder().encode(TEXT);
  const real = () => Promise.resolve({ mediaType: PLAIN_TEXT, bytes });
  yield { id: "post", real, fingerprint: sha256(bytes), mentions: ["Ada", "Bo"], spans: SPANS, exclude: [] };
}

function planOf(textToText: TextToText, changes: Partial<ChainPlan> = {}): ChainPlan {
  return {
    ...{ direction: "text", rounds: 1, chains: 1, seed: SEED, duplicateLevels: 8 },
    instances: oneText,
    textToText,
    ...changes,
  };
}

async function viewsOf(...answers: readonly Answer[]) {
  const generator = new Scripted(...answers);
  await runChains({ folder, plan: planOf(generator, { chains: answers.length }) });
  const views = [];
  for await (const view of (await openViewStore(folder)).views()) views.push(view);
  return { generator, views };
}

describe("texts from texts", () => {
  test("are views of the one step of a chain, with their mentions, price and origin", async () => {
    const { generator, views } = await viewsOf("Ada has met Bo");
    expect(generator.requests).toMatchObject([{ text: TEXT, mentions: SPANS, instance: "post", step: 1 }]);
    expect(views).toMatchObject([
      {
        ...{ kind: "text", round: 1, step: 1, parent: undefined, rejected: undefined },
        mentions: [
          { start: 0, end: 3 },
          { start: 12, end: 14 },
        ],
      },
    ]);
    const manifest = await readManifest(folder);
    expect(manifest.generators).toEqual({ textToText: generator.identity });
    const survey = await surveyStore(folder, manifest);
    expect(survey.cost).toEqual({ textToImage: 0, imageToText: 0, textToText: 0.5 });
    expect(survey.steps).toMatchObject([{ step: 1, kind: "text", generated: 1 }]);
    const lineage = await lineageOf(folder, manifest, "post");
    expect(lineage).toMatchObject({ real: { text: TEXT }, chains: [{ calls: [{ prompt: TEXT }] }] });
  });

  test("are rejected with the words of the real text, without a mention, or with another's words", async () => {
    const { views } = await viewsOf("bo  street: Ada met Bo", "Ada met Robert", "Bo saw Ada", "bo saw ada", {
      text: "Bo saw Ada",
      mentions: [
        { start: 0, end: 2 },
        { start: 7, end: 10 },
      ],
    });
    expect(views.map(({ rejected }) => rejected)).toEqual([
      "unchanged-text",
      "mention-lost",
      undefined,
      "near-duplicate",
      "mention-lost", // the generator says that they are elsewhere
    ]);
  });

  test("have the mentions where the generator says, not where the words occur first", async () => {
    const spans = [
      { start: 15, end: 18 },
      { start: 19, end: 21 },
    ];
    const { views } = await viewsOf({ text: "Bo Street: met Ada Bo", mentions: spans });
    expect(views).toMatchObject([{ rejected: undefined, mentions: spans }]);
  });

  test.each<[string, Partial<ChainPlan>]>([
    ['direction is "picture"', { direction: "picture" }],
    ["rounds is 2", { rounds: 2 }],
    ["closing is true", { closing: true }],
    ["textToImage is set", { textToImage: new ScriptedPictures() }],
  ])("are not made where %s", async (what, changes) => {
    await expect(runChains({ folder, plan: planOf(new Scripted(), changes) })).rejects.toMatchObject({
      code: "config/contradiction",
      message: expect.stringContaining(what),
    });
  });
});
