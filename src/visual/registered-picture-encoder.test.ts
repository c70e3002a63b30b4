// Picture encoders of users, and what becomes of those that break their contract.
import { describe, expect, it } from "vitest";
import { Extensions } from "../extensions/extension.ts";
import { definePictureEncoder, type OpenedPictureEncoder } from "./picture-encoder-contract.ts";
import { openRegisteredPictureEncoder, registeredPictureEncoder } from "./registered-picture-encoder.ts";

const PICTURE = { width: 1, height: 1, data: new Uint8Array([1, 2, 3]) };
const answer = { maps: new Float32Array(8), pooled: Float32Array.of(1, 2, 3) };
const opened = { channels: 2, width: 3, encode: () => answer };

const encoderOf = (given: unknown, version = "1") =>
  definePictureEncoder({ name: "mine", version, open: () => given as OpenedPictureEncoder });
const open = (given: unknown, version?: string, argument = "") =>
  openRegisteredPictureEncoder(encoderOf(given, version), argument);

describe("a user's picture encoder", () => {
  it("is found by its name, with an argument or without", () => {
    const extensions = new Extensions([encoderOf(opened)]);
    expect(registeredPictureEncoder("mine", extensions)?.argument).toBe("");
    expect(registeredPictureEncoder("mine:./a:b", extensions)?.argument).toBe("./a:b");
    for (const place of ["./mine", "/tmp/mine", "mine/resnet", "mine.json", "other"])
      expect(registeredPictureEncoder(place, extensions)).toBeUndefined();
  });

  it("gives maps and a vector", async () => {
    const encoder = await open(opened);
    expect(encoder).toMatchObject({ channels: 2, classes: 3 });
    expect(await encoder.encode(PICTURE)).toEqual({ maps: answer.maps, logits: answer.pooled });
    await encoder.dispose();
  });

  it("has a fingerprint of all that changes its numbers", async () => {
    const prints = await Promise.all(
      [open(opened), open(opened, "2"), open(opened, "1", "a"), open({ ...opened, fingerprint: "b" })].map(
        async (encoder) => (await encoder).fingerprint,
      ),
    );
    expect(new Set(prints).size).toBe(4);
    expect((await open(opened)).fingerprint).toBe(prints[0]);
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /open gave no encoder/],
    ["no channels", { ...opened, channels: 0 }, /"channels" must be an integer/],
    ["endless width", { ...opened, width: Number.POSITIVE_INFINITY }, /"width" must be an integer/],
    ["no function", { ...opened, encode: 5 }, /"encode" must be a function/],
    ["a number as fingerprint", { ...opened, fingerprint: 5 }, /"fingerprint" must be a string/],
  ])("that opens as %s is named", async (_, given, message) => {
    await expect(open(given)).rejects.toMatchObject({
      code: "extension/bad-answer",
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /"maps" must be a Float32Array/],
    ["a list", { ...answer, pooled: [1, 2, 3] }, /"pooled" must be a Float32Array/],
    ["too few numbers", { ...answer, maps: new Float32Array(4) }, /"maps" must have 8 numbers, and has 4/],
    ["no number", { ...answer, pooled: Float32Array.of(1, Number.NaN, 3) }, /"pooled"\[1\] is NaN/],
  ])("that answers %s is named", async (_, given, message) => {
    const encoder = await open({ ...opened, encode: () => given });
    await expect(encoder.encode(PICTURE)).rejects.toMatchObject({
      code: "extension/bad-answer",
      message: expect.stringMatching(message),
    });
  });

  it("that throws is named, and one that hangs ends with the run", async () => {
    const throws = await open({ ...opened, encode: () => Promise.reject(new Error("too dark")) });
    await expect(throws.encode(PICTURE)).rejects.toMatchObject({
      code: "extension/failed",
      message: 'the picture encoder "mine" failed encoding a picture (Error: too dark)',
    });
    const controller = new AbortController();
    const encode = () => new Promise<never>(() => undefined);
    const hanging = await openRegisteredPictureEncoder(
      encoderOf({ ...opened, encode }),
      "",
      controller.signal,
    );
    const encoding = hanging.encode(PICTURE);
    controller.abort(new Error("stopped"));
    await expect(encoding).rejects.toThrow("stopped");
  });
});
