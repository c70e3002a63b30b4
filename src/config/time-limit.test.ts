import { describe, expect, it } from "vitest";
import { parseConfig } from "./parse.ts";
import { secondsOf } from "./time-limit.ts";

const withLimit = (timeLimit: unknown) =>
  parseConfig({
    encoder: "roberta",
    data: { train: "a", validation: "b" },
    training: { timeLimit },
  }).training.timeLimit;

describe("a limit of time", () => {
  it("is in seconds, minutes or hours", () => {
    expect(["90s", "10m", "1.5h"].map((limit) => secondsOf(withLimit(limit) ?? ""))).toEqual([90, 600, 5400]);
  });

  it.each(["10", "10 m", "m", "-1m", "0m", "1d", 600])("is refused if it reads %j", (limit) => {
    expect(() => withLimit(limit)).toThrow("training.timeLimit: ");
  });
});
