import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openObjectDetector } from "../encoders/objects/onnx-detector.ts";
import { Runtime } from "../engine/runtime.ts";
import { stream } from "../training/random.ts";
import { canvas, disc } from "./canvas.ts";
import { drawScene, PICTURE_SIZE } from "./drawings.ts";
import { writeObjectDetector } from "./object-detector.ts";
import { SCENES } from "./scenes.ts";

let folder: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-detector-"));
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

describe("the corpus's object detector", () => {
  it("finds the window around the only thing in a picture first, and nothing in an empty one", async () => {
    const detector = await openObjectDetector(runtime, await writeObjectDetector(folder));
    const picture = canvas(PICTURE_SIZE, PICTURE_SIZE, [60, 120, 200]);
    expect((await detector.detect(picture, "")).objects).toEqual([]);
    disc(picture, 72, 24, 11, [250, 250, 250]);
    const { objects, degenerate } = await detector.detect(picture, "");
    expect(objects[0]?.box).toEqual({ left: 56, top: 8, right: 88, bottom: 40 }); // the centre of 32 pixels is (72, 24)
    expect(degenerate).toBe(0);
    await detector.dispose();
  });

  it("finds three different parts in every scene", async () => {
    const detector = await openObjectDetector(runtime, await writeObjectDetector(folder));
    for (const scene of SCENES) {
      const { objects } = await detector.detect(drawScene(scene, stream(3, 0, scene)), "");
      expect({ scene, enough: objects.length >= 3 }).toEqual({ scene, enough: true });
    }
    await detector.dispose();
  });
});
