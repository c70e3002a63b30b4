// Users' presets, and plans that are refused before anything runs.
import { describe, expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import { Extensions } from "../extensions/extension.ts";
import type { Plan } from "./plan.ts";
import { definePreset } from "./preset-contract.ts";
import { presetNamed, presetsWith } from "./presets/presets.ts";
import { OPTIONS } from "./testing/weights.ts";

const base = parseConfig({ encoder: "e", data: { train: "t", validation: "v" } }, "test");
const variant = { name: "a", description: "", overrides: {}, evaluations: [{ set: "validation" }] };
const plan: Plan = { title: "T", description: "", reference: "a", variants: [variant] };

const planned = (given: unknown) => {
  const preset = definePreset({
    name: "mine",
    version: "1",
    description: "",
    plan: () => {
      if (given instanceof Error) throw given;
      return given as Plan;
    },
  });
  return presetNamed("mine", new Extensions([preset])).plan(base, OPTIONS);
};

describe("a user's preset", () => {
  it("gives its plan", () => {
    expect(planned(plan)).toBe(plan);
  });

  it.each<[string, unknown, string, RegExp]>([
    [
      "throws",
      new Error("no values"),
      "extension/failed",
      /the preset "mine" failed planning \(Error: no values\)/,
    ],
    ["gives nothing", undefined, "extension/bad-answer", /the plan/],
    ["has no variants", { ...plan, variants: [] }, "extension/bad-answer", /variants/],
    [
      "has a name for no folder",
      { ...plan, variants: [{ ...variant, name: "../a" }] },
      "extension/bad-answer",
      /variants.0.name/,
    ],
    [
      "names one twice",
      { ...plan, variants: [variant, variant] },
      "extension/bad-answer",
      /two variants are called "a"/,
    ],
    ["has a lost reference", { ...plan, reference: "b" }, "extension/bad-answer", /the reference "b"/],
    ["misspells a field", { ...plan, tittle: "" }, "extension/bad-answer", /tittle/],
  ])("that %s is named", (_, given, code, message) => {
    expect(() => planned(given)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it("cannot take the name of one of relata's own", () => {
    const taken = definePreset({ name: "mi2rage", version: "1", description: "", plan: () => plan });
    expect(() => presetsWith(new Extensions([taken]))).toThrow(/"mi2rage" of a preset is taken/);
  });
});
