import { describe, expect, it } from "vitest";
import { configFields } from "./config-fields.ts";

describe("the fields that flags set", () => {
  it("are those of the flags that were given, the command's own among them", () => {
    expect(
      configFields({ epochs: 3, pictures: "p", set: ["model.objects=0"] }, [["data.train", "t"]]),
    ).toEqual({
      data: { pictures: "p", train: "t" },
      visual: { kind: "pictures" },
      training: { epochs: 3 },
      model: { objects: 0 },
    });
  });

  it("have one value each, whichever options set them", () => {
    expect(configFields({ seed: 3, set: ["training.seed=3"] })).toEqual({ training: { seed: 3 } });
    for (const options of [
      { seed: 3, set: ["training.seed=4"] },
      { pictures: "p", textOnly: true },
    ])
      expect(() => configFields(options)).toThrow(expect.objectContaining({ code: "config/contradiction" }));
  });
});
