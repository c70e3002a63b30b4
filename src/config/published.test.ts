// The preset of the published values, and the table of docs/papers.md that lists them.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig } from "./parse.ts";
import { PUBLISHED } from "./published.ts";
import { settingsOf } from "./resuming.ts";
import type { Config, ConfigInput } from "./schema.ts";

const TASKS = ["mre", "mner"] as const;
const minimal = { encoder: "e", data: { train: "a.jsonl", validation: "b.jsonl" } };
const settings = (more: Partial<ConfigInput>) => settingsOf(parseConfig({ ...minimal, ...more }, "here"));

/** The rows of the table: a field, its published values by task, its default. */
function tableOf(page: string) {
  const section = page.slice(page.indexOf("### The preset `published`"));
  return [...section.matchAll(/^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map((row) => {
    const [, field = "", mre = "", mner = "", own = ""] = row.map((cell) => cell?.trim());
    return { field, mre, mner, own };
  });
}
const TABLE = tableOf(readFileSync(new URL("../../docs/papers.md", import.meta.url), "utf8"));

describe("the preset published", () => {
  it.each(TASKS)("has the values that docs/papers.md lists for %s, and no others", (task) => {
    const listed = TABLE.filter((row) => row[task] !== "-").map((row) => [row.field, row[task]]);
    const preset = [...settingsOf(PUBLISHED[task] as unknown as Config)];
    expect(new Map(preset.map(([field, value]) => [field, show(value)]))).toEqual(
      new Map(listed.map(([field, value]) => [field, value])),
    );
  });

  it.each(TASKS)("fills in what is left out for %s, below what is given", (task) => {
    const found = settings({ task, preset: "published", training: { epochs: 3 } });
    for (const [field, value] of settingsOf(PUBLISHED[task] as unknown as Config)) {
      expect([field, found.get(field)]).toEqual([field, field === "training.epochs" ? 3 : value]);
    }
  });

  it("differs from the defaults as docs/papers.md says", () => {
    for (const task of TASKS) {
      const own = settings({ task });
      for (const row of TABLE.filter((one) => one[task] !== "-")) {
        const value = own.get(row.field);
        if (row.own === "the same") expect([row.field, show(value)]).toEqual([row.field, row[task]]);
        else if (value !== undefined)
          expect([row.field, row.own]).toEqual([
            row.field,
            expect.stringMatching(new RegExp(`^${show(value)}(;|$)`)),
          ]);
        else expect(row.own).toMatch(/ or | up to /); // a rule, which docs/configuration.md repeats
      }
    }
    expect(TABLE.length).toBeGreaterThan(20);
  });
});

/** As the table writes it: without an exponent. */
function show(value: unknown): string {
  return value === 3e-5 ? "0.00003" : String(value);
}

describe("a configuration that a run of an earlier version has saved", () => {
  const saved = (task: "mre" | "mner") => {
    const published = parseConfig({
      ...minimal,
      task,
      preset: "published",
      training: { learningRate: 1e-4 },
    });
    const { keep: _keep, maxGradientNorm: _norm, headLearningRate: _head, ...training } = published.training;
    return parseConfig({ ...minimal, task, training });
  };

  it("keeps what it meant by fields without a value", () => {
    expect(saved("mre").training).toMatchObject({ headLearningRate: 1e-4, maxGradientNorm: "none" });
    expect(saved("mner").training).toMatchObject({ headLearningRate: 1e-4, taggerLearningRate: 0.05 });
    expect(saved("mre").training.earlyStopping.enabled).toBe(false);
    expect([saved("mre"), saved("mner")].map(({ model }) => model.mixup.rows)).toEqual(["pool", "all"]);
  });

  it("is not taken for one that a user has written", () => {
    const { training } = parseConfig({ ...minimal, training: { epochs: 3, learningRate: 1e-4 } });
    expect([training.maxGradientNorm, training.headLearningRate]).toEqual([1, undefined]);
  });
});
