// Checks that a request from untyped code is refused with all its faults at once, named by field, before anything runs.
import { describe, expect, it } from "vitest";
import { exportBundle } from "../extract/export-bundle.ts";
import { load } from "../extract/load.ts";
import { evaluate } from "../library/evaluate.ts";
import { report } from "../library/report.ts";
import { scoreViews } from "../library/score-views.ts";
import { synthesize } from "../library/synthesize.ts";
import { train } from "../library/train.ts";
import { FIELD, requireRequest } from "./require-request.ts";

/** The function as untyped JavaScript sees it. */
type Untyped = (...values: unknown[]) => Promise<unknown>;

describe("a request without types", () => {
  it.each([
    [
      "train",
      train,
      { run: "x", config: {} },
      /runFolder.*missing.*unknown field "run"|unknown field "run".*/s,
    ],
    [
      "evaluate",
      evaluate,
      { model: "m", data: "d", picture: "p" },
      /unknown field "picture", did you mean "pictures"/,
    ],
    ["report", report, { run: "x" }, /runFolder: expected text, but it is missing/],
    ["exportBundle", exportBundle, { entity: "a", relation: "b", output: "c" }, /did you mean "relations"/],
    ["scoreViews", scoreViews, { config: {}, runFolder: 7 }, /runFolder: expected text, got a number/],
    [
      "synthesize",
      synthesize,
      { plan: {}, store: "s", onProgress: "yes" },
      /onProgress: expected a function/,
    ],
    ["load", load, undefined, /folder: expected text, but it is missing/],
  ])("%s names what is wrong with it", async (_, call, request, message) => {
    await expect((call as Untyped)(request)).rejects.toMatchObject({
      name: "ConfigError",
      code: "config/bad-request",
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ["train", train],
    ["evaluate", evaluate],
    ["report", report],
    ["exportBundle", exportBundle],
  ])("%s without any request says so", async (_, call) => {
    await expect((call as Untyped)()).rejects.toMatchObject({
      code: "config/bad-request",
      message: expect.stringMatching(/^the request .*: expected an object, but it is missing$/),
    });
  });

  it("load names an option that it does not have, and a precision that there is not", async () => {
    await expect((load as Untyped)("nowhere", { thread: 2, precision: "x" })).rejects.toMatchObject({
      code: "config/bad-request",
      message: expect.stringMatching(
        /precision: expected .*fp32.*int8.*unknown field "thread", did you mean "threads"/s,
      ),
    });
  });

  it("takes fields that are undefined for absent ones", () => {
    const shape = { name: FIELD.text, signal: FIELD.signal.optional() };
    expect(() => requireRequest(shape, { name: "a", signal: undefined }, "the request")).not.toThrow();
    expect(() => requireRequest(shape, { name: "a", signal: "now" }, "the request")).toThrow(
      "the request: signal: expected an AbortSignal",
    );
  });
});
