// Plans that make texts from texts: their one round, their adapters, and that no label changes what is made.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GENERATOR_ADAPTERS } from "../experiments/generator-adapters.ts";
import { parsePlan } from "./load-plan.ts";
import { preparePlan } from "./run-plan.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-rewriting-plan-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = (value: object) =>
  parsePlan(
    { data: { path: "posts.jsonl" }, direction: "text", ...value },
    "test",
    folder,
    GENERATOR_ADAPTERS,
  );

describe("a plan of texts from texts", () => {
  test("has one round without saying so, and takes its files from the plan's folder", () => {
    const made = plan({ textToText: { adapter: "word-changes", corpus: "posts.jsonl" } });
    expect(made).toMatchObject({ rounds: 1, textToText: { corpus: join(folder, "posts.jsonl") } });
    expect(plan({ textToImage: { adapter: "comfyui", workflow: "w.json" } }).rounds).toBe(2);
    expect(plan({ rounds: 3, textToText: { adapter: "word-changes" } }).rounds).toBe(3); // refused when it runs
  });

  test("names an adapter for texts from texts", () => {
    expect(() => plan({ textToText: { adapter: "retrieval" } })).toThrow(
      'textToText.adapter is "retrieval", which is not an adapter for textToText',
    );
  });

  test("makes the same views of documents whose labels were exchanged", async () => {
    const ledgerWith = async (name: string, labels: readonly string[], types: readonly string[]) => {
      const at = join(folder, name);
      mkdirSync(at);
      const documents = labels.map((label, i) => ({
        id: `post-${i}`,
        text: `Ada met Bo at the old station number ${i} on a grey day`,
        entities: [
          { start: 0, end: 3, label: types[0] },
          { start: 8, end: 10, label: types[1] },
        ],
        relations: [{ head: 0, tail: 1, label }],
      }));
      writeFileSync(join(at, "posts.jsonl"), documents.map((one) => `${JSON.stringify(one)}\n`).join(""));
      const value = {
        ...{ data: { path: "posts.jsonl" }, direction: "text", chains: 3 },
        textToText: { adapter: "word-changes", corpus: "posts.jsonl" },
      };
      const store = join(at, "views");
      const prepared = await preparePlan(parsePlan(value, "test", at, GENERATOR_ADAPTERS), {
        ...{ adapters: GENERATOR_ADAPTERS, folder: store, variables: {} },
      });
      expect((await prepared.run({})).complete).toBe(true);
      await prepared.dispose();
      return readFileSync(join(store, "ledger.jsonl"), "utf8");
    };
    const first = await ledgerWith("a", ["meets", "None", "lives"], ["person", "person"]);
    const exchanged = await ledgerWith("b", ["lives", "meets", "None"], ["place", "person"]);
    expect(exchanged).toBe(first);
    expect(first).not.toContain("meets");
  });
});
