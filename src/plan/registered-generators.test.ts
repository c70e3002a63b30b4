// Generators of users behind the plan's table, and what becomes of those that break their contract.
import { describe, expect, it } from "vitest";
import { GENERATOR_ADAPTERS } from "../experiments/generator-adapters.ts";
import { type Extension, Extensions } from "../extensions/extension.ts";
import { drawnPicture } from "../synthesis/generators/testing/drawn-content.ts";
import { defineGenerator } from "./generator-contract.ts";
import { parsePlan } from "./load-plan.ts";
import { openImageToText, openTextToImage } from "./open-generators.ts";
import { withRegistered } from "./registered-generators.ts";

const REQUEST = { prompt: "a hat", seed: 7, exclude: [], instance: "a", step: 1 };
const never = new AbortController().signal;

/** A generator of pictures with whatever `open` gives. */
const painter = (opened: unknown, more: object = {}) =>
  defineGenerator({
    name: "painter",
    version: "2.0.0",
    makes: "picture",
    open: () => opened as never,
    ...more,
  });

const opens = (extension: Extension, settings: object = {}) =>
  openTextToImage(
    { adapter: extension.name, ...settings },
    { variables: {} },
    withRegistered(GENERATOR_ADAPTERS, new Extensions([extension])),
  );

const answering = async (generate: unknown, signal = never, more: object = {}) =>
  (await opens(painter({ model: "m", generate, ...more }))).picture(REQUEST, signal);

describe("a user's generator", () => {
  it("is opened with its settings and answers pictures", async () => {
    const seen: unknown[] = [];
    const extension = defineGenerator({
      name: "painter",
      version: "2.0.0",
      makes: "picture",
      settings: ({ size }) => ({ size: Number(size) }),
      open: (settings) => ({
        model: "m",
        concurrency: 3,
        costPerCall: 0.5,
        async generate({ prompt, seed }) {
          seen.push([settings, prompt, seed]);
          return { bytes: await drawnPicture(prompt, seed), details: { seed } };
        },
      }),
    });
    const generator = await opens(extension, { size: "8" });
    const { content, details } = await generator.picture(REQUEST, never);
    expect(content.mediaType).toBe("image/png");
    expect(details).toEqual({ seed: 7 });
    expect(seen).toEqual([[{ size: 8 }, "a hat", 7]]);
    expect(generator).toMatchObject({
      identity: { adapter: "painter", model: "m", settings: { version: "2.0.0", size: 8 } },
      concurrency: 3,
      costPerCall: 0.5,
    });
  });

  it("answers texts", async () => {
    const extension = defineGenerator({
      name: "teller",
      version: "1",
      makes: "text",
      open: () => ({ model: "m", generate: ({ mentions }) => ` ${mentions.join(" meets ")} ` }),
    });
    const adapters = withRegistered(GENERATOR_ADAPTERS, new Extensions([extension]));
    const teller = await openImageToText({ adapter: "teller" }, { variables: {} }, adapters);
    const picture = { mediaType: "image/png", bytes: new Uint8Array(1) };
    const { content } = await teller.text(
      { picture, mentions: ["Ann", "Bo"], seed: 1, instance: "a", step: 1 },
      never,
    );
    expect(new TextDecoder().decode(content.bytes)).toBe("Ann meets Bo");
  });

  it("is in the table with relata's own, under a name that is free", () => {
    const plan = { data: { path: "a.jsonl" }, direction: "text", textToImage: { adapter: "paintr" } };
    const extensions = new Extensions([painter({})]);
    expect(() => parsePlan(plan, "plan", ".", GENERATOR_ADAPTERS, extensions)).toThrow(
      expect.objectContaining({
        code: "config/invalid",
        remedy: expect.stringMatching(/diffusion.*painter/),
      }),
    );
    const taken = painter({}, { name: "diffusion" });
    expect(() => withRegistered(GENERATOR_ADAPTERS, new Extensions([taken]))).toThrow(
      expect.objectContaining({ code: "extension/name-taken" }),
    );
  });

  it.each<[string, object, RegExp]>([["does not know", { size: 3 }, /has none, and "size" is given/]])(
    "refuses settings that it %s",
    async (_, settings, message) => {
      await expect(opens(painter({}), settings)).rejects.toMatchObject({
        code: "config/invalid",
        message: expect.stringMatching(message),
      });
    },
  );

  it("says in its own words which settings are wrong", async () => {
    const settings = () => {
      throw new Error("size: must be a number");
    };
    await expect(opens(painter({}, { settings }), { size: "x" })).rejects.toMatchObject({
      code: "config/invalid",
      message: 'textToImage: the generator "painter" refuses its settings (size: must be a number)',
    });
  });

  const generate = () => new Uint8Array();
  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /open gave no generator/],
    ["no model", { generate }, /"model" must be a text/],
    ["no function", { model: "m" }, /"generate" must be a function/],
    ["half a call at once", { model: "m", generate, concurrency: 0.5 }, /"concurrency"/],
    ["an endless price", { model: "m", generate, costPerCall: Number.NaN }, /"costPerCall"/],
    ["no time", { model: "m", generate, timeoutMs: 0 }, /"timeoutMs"/],
  ])("that opens as %s is named", async (_, opened, message) => {
    await expect(opens(painter(opened))).rejects.toMatchObject({
      code: "extension/bad-answer",
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, unknown, string, RegExp]>([
    ["a number", () => 5, "extension/bad-answer", /neither bytes/],
    ["nothing", async () => undefined, "extension/bad-answer", /neither bytes/],
    [
      "bytes that are not a picture",
      () => new Uint8Array(9),
      "synthesis/not-a-picture",
      /the generator "painter"/,
    ],
    ["an empty refusal", () => ({ refused: "" }), "extension/bad-answer", /"refused"/],
    ["an error", () => Promise.reject(new Error("out of paint")), "extension/failed", /out of paint/],
  ])("that answers %s fails that call", async (_, answer, code, message) => {
    await expect(answering(answer)).rejects.toMatchObject({
      code,
      fault: "work",
      message: expect.stringMatching(message),
    });
  });

  it("that refuses is not asked again", async () => {
    await expect(answering(() => ({ refused: "policy" }))).rejects.toMatchObject({
      name: "GeneratorRefusal",
      reason: "policy",
    });
  });

  it("that hangs fails after its time, and ends with the run", async () => {
    const hangs = () => new Promise(() => undefined);
    await expect(answering(hangs, never, { timeoutMs: 20 })).rejects.toMatchObject({
      code: "synthesis/timeout",
    });
    const controller = new AbortController();
    const call = answering(hangs, controller.signal);
    setTimeout(() => controller.abort(new Error("stopped")), 20);
    await expect(call).rejects.toThrow("stopped");
  });
});
