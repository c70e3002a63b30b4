import { describe, expect, it } from "vitest";
import { configFields, faultOf, settingOf, similarFields, valueAt } from "./fields.ts";
import { parseConfig } from "./parse.ts";

describe("configFields", () => {
  it("names the fields that hold values, at any depth and behind defaults, but no sections", () => {
    const fields = configFields();
    for (const name of ["encoder", "model.mixup.delta", "training.provider.options", "data.captions.train"])
      expect(fields.has(name)).toBe(true);
    for (const name of ["model", "model.mixup", "training.provider", "data.captions"])
      expect(fields.has(name)).toBe(false);
  });

  it("names every value of a configuration", () => {
    const config = parseConfig({ encoder: "e", data: { train: "a", validation: "b" } });
    const leaves = (value: object, name: string): string[] =>
      Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === "object" && !Array.isArray(inner)
          ? leaves(inner, `${name}${key}.`)
          : [`${name}${key}`],
      );
    const known = configFields();
    expect(leaves(config, "").filter((field) => !known.has(field))).toEqual([]);
    expect(valueAt(config, "model.mixup.delta")).toBe(0.7);
    expect(valueAt(config, "training.dropout")).toBeUndefined();
    expect(valueAt(config, "training.epochs.more")).toBeUndefined();
  });
});

describe("faultOf", () => {
  it("checks the type and the range of a value, and allows null where a field may be left out", () => {
    expect(faultOf("model.mixup.delta", 0.3)).toBeUndefined();
    expect(faultOf("model.mixup.delta", 1.5)).toBe(
      "model.mixup.delta: expected a number of at most 1, got 1.5",
    );
    expect(faultOf("model.mixup.delta", "0.3")).toBe('model.mixup.delta: expected a number, got "0.3"');
    expect(faultOf("model.mixup.delta", null)).toBe("model.mixup.delta: expected a number, got null");
    expect(faultOf("training.dropout", null)).toBeUndefined();
    expect(faultOf("training.dropout", 1)).toMatch(/less than 1/);
    expect(faultOf("training.batchSize", 1.5)).toMatch(/integer/);
    expect(faultOf("model.prefix.layers", [0, 1])).toBeUndefined();
    expect(faultOf("model.prefix.layers", [])).toBeDefined();
    expect(faultOf("model.mixup.rows", "some")).toMatch(/"pool" or "all"/);
    expect(faultOf("nothing", 1)).toBe('there is no field "nothing"');
  });
});

describe("similarFields", () => {
  it("finds fields by their last part, by a slip, and those of a section", () => {
    expect(similarFields("delta")).toEqual(["model.mixup.delta"]);
    expect(similarFields("training.batchsize")).toContain("training.batchSize");
    expect(similarFields("model.mixup.dleta")).toContain("model.mixup.delta");
    expect(similarFields("model.mixup")).toEqual([
      "model.mixup.enabled",
      "model.mixup.rows",
      "model.mixup.delta",
      "model.mixup.unmixedShare",
      "model.mixup.alpha",
    ]);
    expect(similarFields("xyzxyzxyz")).toEqual([]);
  });
});

it("settingOf sets one field", () => {
  expect(settingOf("a.b.c", 1)).toEqual({ a: { b: { c: 1 } } });
  expect(settingOf("a", null)).toEqual({ a: null });
});
