import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseConfig } from "./parse.ts";
import { changedSettings, MAY_CHANGE, settingsOf } from "./resuming.ts";
import { type Config, configSchema } from "./schema.ts";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
}

/** Every leaf field of the schema. */
function leaves(node: Node, field = ""): readonly string[] {
  if (node.properties === undefined) return [field];
  return Object.entries(node.properties).flatMap(([key, inner]) =>
    leaves(inner, field === "" ? key : `${field}.${key}`),
  );
}

const FIELDS = leaves(z.toJSONSchema(configSchema, { io: "input" }) as Node);
const BASE = parseConfig({ encoder: "bert", data: { train: "a.jsonl", validation: "b.jsonl" } }, "here");

/** The configuration with one field set, or without it. */
function having(field: string, value: unknown): Config {
  const config = structuredClone(BASE) as Record<string, unknown>;
  const path = field.split(".");
  let parent = config;
  for (const key of path.slice(0, -1)) {
    parent[key] ??= {};
    parent = parent[key] as Record<string, unknown>;
  }
  parent[path.at(-1) ?? ""] = value;
  return config as Config;
}

const freeEverywhere = MAY_CHANGE.filter(({ where }) => where === undefined).map(({ field }) => field);

describe("what may change when a run is resumed", () => {
  it("is a list of fields that exist", () => {
    expect(FIELDS.length).toBeGreaterThan(70);
    for (const { field } of MAY_CHANGE) expect(FIELDS).toContain(field);
  });

  it("is nothing but what is on the list: every other field of the schema is noticed", () => {
    for (const field of FIELDS) {
      const free = freeEverywhere.includes(field);
      const ways: [unknown, unknown][] = [
        [1, 2],
        [true, false],
        [
          ["a", "b"],
          ["b", "a"],
        ],
        [undefined, "x"],
        ["x", undefined],
      ];
      for (const [before, after] of ways) {
        const changed = changedSettings(having(field, before), having(field, after));
        expect(changed, field).toEqual([{ field, before, after, kind: free ? "free" : "fixed" }]);
      }
      expect(changedSettings(having(field, "same"), having(field, "same"))).toEqual([]);
    }
  });

  it("lets paths be compared by their content, and nothing else", () => {
    const byContent = FIELDS.filter(
      (field) => changedSettings(having(field, "/old/x"), having(field, "/new/x"))[0]?.kind === "path",
    );
    expect(byContent.sort()).toEqual([
      "data.captions.train",
      "data.captions.validation",
      "data.pictures",
      "data.relations",
      "data.train",
      "data.validation",
      "encoder",
      "from",
      "synthesis.selection.embedder",
      "synthesis.selection.scores",
      "synthesis.selection.teacherStore",
      "synthesis.store",
      "training.provider.library",
      "visual.detector",
      "visual.encoder",
      "visual.features",
    ]);
  });

  it("holds the features' cache only where there is one", () => {
    const cached = (features: string, kind: Config["visual"]["kind"]) => ({
      ...BASE,
      visual: { ...BASE.visual, kind, features },
    });
    expect(changedSettings(cached("a", "pictures"), cached("b", "pictures"))[0]?.kind).toBe("free");
    expect(changedSettings(cached("a", "features"), cached("b", "features"))[0]?.kind).toBe("path");
  });

  it("notices a field that only one of the two has", () => {
    const later = { ...BASE, training: { ...BASE.training, soon: 3 } } as Config;
    expect(changedSettings(BASE, later)).toEqual([
      { field: "training.soon", before: undefined, after: 3, kind: "fixed" },
    ]);
    expect(settingsOf(BASE).get("training.weightDecay")).toBe(0.01);
  });
});
