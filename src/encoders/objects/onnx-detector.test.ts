// Whole detectors from ONNX files in every layout, on pictures whose objects are known; what they must find is written out by hand.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { openObjectDetector } from "./onnx-detector.ts";
import { type CellLayout, painted, STEEPNESS, TOKENS, writeCellDetector } from "./testing/bright-cells.ts";

let folder: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-detectors-"));
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

let made = 0;
const write = (layout: CellLayout, settings: Record<string, unknown> = {}) =>
  writeCellDetector(join(folder, `detector-${made++}`), layout, settings);

async function found(
  layout: CellLayout,
  settings: Record<string, unknown>,
  picture: Parameters<typeof painted>,
  text = "",
) {
  const detector = await openObjectDetector(runtime, await write(layout, settings));
  try {
    return await detector.detect(painted(...picture), text);
  } finally {
    await detector.dispose();
  }
}

/** 128 x 64 pixels, so cells are 32 x 16: the third of the second row is red, the first of the third row darker blue. */
const PICTURE: Parameters<typeof painted> = [
  128,
  64,
  [
    { box: [64, 16, 96, 32], color: "red", light: 255 },
    { box: [0, 32, 32, 48], color: "blue", light: 204 },
  ],
];
const RED = { left: 64, top: 16, right: 96, bottom: 32 };
const BLUE = { left: 0, top: 32, right: 32, bottom: 48 };
const e = (share: number) => Math.exp(STEEPNESS * (share - 0.5));

describe("openObjectDetector, in each layout", () => {
  it.each([
    // Softmax over red, blue and nothing; a black cell has e(0), e(0) and 1.
    { layout: "detr", red: e(1) / (e(1) + e(0) + 1), blue: e(0.8) / (e(0.8) + e(0) + 1) },
    { layout: "yolo", red: 1, blue: 0.8 },
    { layout: "yolov5", red: 0.9, blue: 0.9 * 0.8 },
  ] as const)("finds boxes, scores and classes ($layout)", async ({ layout, red, blue }) => {
    const { objects, degenerate } = await found(layout, {}, PICTURE);
    expect(objects).toEqual([
      { box: RED, score: expect.closeTo(red, 5), label: "red" },
      { box: BLUE, score: expect.closeTo(blue, 5), label: "blue" },
    ]);
    expect(degenerate).toBe(0);
  });

  it("takes DETR's classes by themselves under a sigmoid, nothing being a class then", async () => {
    const { objects } = await found("detr", { activation: "sigmoid", scoreThreshold: 0.6 }, PICTURE);
    expect(objects.map(({ score }) => score)).toEqual([
      expect.closeTo(e(1) / (1 + e(1)), 5),
      expect.closeTo(e(0.8) / (1 + e(0.8)), 5),
    ]);
  });

  it.each(["end-to-end", "boxes"] as const)("takes finished boxes (%s)", async (layout) => {
    const settings = layout === "boxes" ? { labels: "labels" } : {};
    expect((await found(layout, settings, PICTURE)).objects).toEqual([{ box: RED, score: 1, label: "red" }]);
  });

  it("finds nothing in a black picture, also where the network gives lists without entries", async () => {
    const black: Parameters<typeof painted> = [20, 20, []];
    for (const layout of ["detr", "yolo", "boxes"] as const) {
      expect(await found(layout, {}, black)).toEqual({ objects: [], degenerate: 0 });
    }
  });

  it("looks for what the text names", async () => {
    const grounded = { textLength: TOKENS, scoreThreshold: 0.6 };
    const both = await found("owl-vit", grounded, PICTURE, "the blue and the red");
    expect(both.objects).toEqual([
      { box: RED, score: expect.closeTo(e(1) / (1 + e(1)), 5), label: "red" },
      { box: BLUE, score: expect.closeTo(e(0.8) / (1 + e(0.8)), 5), label: "blue" },
    ]);
    const one = await found("owl-vit", grounded, PICTURE, "is it blue?");
    expect(one.objects.map(({ label }) => label)).toEqual(["blue"]);
    expect((await found("owl-vit", grounded, PICTURE, "what is it?")).objects).toEqual([]);
  });

  it("looks for the described queries whatever the text says", async () => {
    const path = await write("owl-vit", { textLength: TOKENS, scoreThreshold: 0.6, queries: ["red"] });
    const detector = await openObjectDetector(runtime, path);
    expect(detector.usesText).toBe(false);
    const { objects } = await detector.detect(painted(...PICTURE), "blue");
    expect(objects.map(({ label }) => label)).toEqual(["red"]);
    await detector.dispose();
  });
});

describe("openObjectDetector, from the input back to the picture", () => {
  it("undoes a letterbox", async () => {
    // 64 x 32 into 32 x 32: half size, rows 8 to 24; its cells 8 x 8 are 16 x 16 pixels of the picture.
    const wide: Parameters<typeof painted> = [64, 32, [{ box: [48, 16, 64, 32], color: "red", light: 255 }]];
    const resize = { kind: "letterbox", width: 32, height: 32, fill: 0 };
    for (const placement of ["center", "corner"]) {
      const { objects } = await found("yolo", { resize: { ...resize, placement } }, wide);
      expect(objects.map(({ box }) => box)).toEqual([{ left: 48, top: 16, right: 64, bottom: 32 }]);
    }
  });

  it("clips boxes at the picture's edge, and drops and counts those beside it", async () => {
    // Everything is red, the letterbox as well; 64 x 24 pixels are rows 10 to 22 of the input.
    const red: Parameters<typeof painted> = [64, 24, [{ box: [0, 0, 64, 24], color: "red", light: 255 }]];
    const resize = { kind: "letterbox", width: 32, height: 32, fill: 255 };
    const { objects, degenerate } = await found("end-to-end", { resize, iouThreshold: 1 }, red);
    expect(degenerate).toBe(8); // rows 0 to 8 and 24 to 32 of the input
    // Rows 8 to 16 of the input are rows -4 to 12 of the picture, rows 16 to 24 are 12 to 28.
    expect(objects.map(({ box: { top, bottom } }) => [top, bottom])).toEqual([
      ...new Array(4).fill([0, 12]),
      ...new Array(4).fill([12, 24]),
    ]);
  });

  it("keeps the best, the large enough", async () => {
    const all: Parameters<typeof painted> = [64, 64, [{ box: [0, 0, 64, 64], color: "red", light: 255 }]];
    expect((await found("yolo", { maxObjects: 3 }, all)).objects.map(({ box }) => box.left)).toEqual([
      0, 16, 32,
    ]);
    expect((await found("yolo", { minAreaShare: 1 / 15 }, all)).objects).toEqual([]);
  });
});

describe("openObjectDetector, with a faulty detector", () => {
  it.each([
    { what: "an unknown layout", settings: { layout: "ssd" }, code: "encoder/bad-description" },
    { what: "an unknown field", settings: { treshold: 1 }, code: "encoder/bad-description" },
    {
      what: "a prompt without a place",
      settings: { layout: "owl-vit", prompt: "x" },
      code: "encoder/bad-description",
    },
    { what: "no such file", settings: { model: "other.onnx" }, code: "encoder/no-model-file" },
    { what: "a wrong input", settings: { input: "images" }, code: "encoder/no-such-input" },
    { what: "a wrong output", settings: { logits: "scores" }, code: "encoder/no-such-output" },
    {
      what: "another input size",
      settings: { resize: { kind: "exact", width: 64, height: 64 } },
      code: "encoder/broken-detector",
    },
    {
      what: "a further input that is not there",
      settings: { pixelMask: { input: "mask", height: 64, width: 64 } },
      code: "encoder/no-such-input",
    },
    { what: "outputs of another shape", settings: { boxes: "logits" }, code: "encoder/bad-detector-output" },
    {
      what: "scores that are not finished",
      settings: { layout: "boxes", scores: "logits", boxes: "pred_boxes" },
      code: "encoder/bad-detector-output",
    },
  ])("names what is wrong: $what", async ({ settings, code }) => {
    const path = await write("detr", { classes: undefined, ...settings });
    await expect(openObjectDetector(runtime, path)).rejects.toMatchObject({
      code,
      place: expect.stringContaining(join(folder, "")),
      remedy: expect.stringMatching(/./),
    });
  });

  it("names a file that is not an ONNX file", async () => {
    const path = await write("detr");
    await writeFile(join(path, "../detector.onnx"), "not a network");
    await expect(openObjectDetector(runtime, path)).rejects.toMatchObject({
      code: "encoder/broken-detector",
      place: path,
    });
  });

  it("refuses a description that is not JSON, and one that is not there", async () => {
    const path = await write("detr");
    await writeFile(path, "{");
    for (const place of [path, join(folder, "absent.json")]) {
      await expect(openObjectDetector(runtime, place)).rejects.toMatchObject({
        code: "encoder/bad-description",
      });
    }
  });

  it("refuses numbers that are NaN, and names network and output", async () => {
    // Beyond float32 mean and deviation are infinite, and infinity over infinity is NaN.
    const huge = [1e300, 1e300, 1e300];
    const path = await write("yolo", { mean: huge, deviation: huge });
    await expect(openObjectDetector(runtime, path)).rejects.toMatchObject({
      code: "encoder/detector-not-finite",
      place: expect.stringMatching(/detector\.onnx: output0$/),
    });
  });

  it("refuses infinite class scores of one picture", async () => {
    await expect(found("detr", { scale: 1e300 }, PICTURE)).rejects.toMatchObject({
      code: "encoder/detector-not-finite",
      place: expect.stringMatching(/detector\.onnx: logits$/),
    });
  });
});

describe("fingerprints of detectors", () => {
  const fingerprintOf = async (path: string) => {
    const detector = await openObjectDetector(runtime, path);
    await detector.dispose();
    return detector.fingerprint;
  };

  it("change with weights, rules and tokenizer, not with the place", async () => {
    const first = await fingerprintOf(await write("detr"));
    expect(await fingerprintOf(await write("detr"))).toBe(first);
    expect(await fingerprintOf(await write("detr", { scoreThreshold: 0.4 }))).not.toBe(first);

    const path = await write("owl-vit", { textLength: TOKENS });
    const grounded = await fingerprintOf(path);
    const vocabulary = join(path, "../vocab.txt");
    await writeFile(vocabulary, `${await readFile(vocabulary, "utf8")}green\n`);
    expect(await fingerprintOf(path)).not.toBe(grounded);

    const apart = await write("yolo");
    const alone = await fingerprintOf(apart);
    await writeFile(join(apart, "../detector.onnx.data"), "weights");
    expect(await fingerprintOf(apart)).toBe(alone); // the model names no such file
  });
});

describe("example descriptions", () => {
  it.each(["detr-detector.json", "yolo-detector.json", "owl-vit-detector.json"])(
    "%s lacks nothing but its network",
    async (file) => {
      const path = new URL(`../../../examples/${file}`, import.meta.url).pathname;
      expect(existsSync(path)).toBe(true);
      await expect(openObjectDetector(runtime, path)).rejects.toMatchObject({
        code: "encoder/no-model-file",
      });
    },
  );
});
