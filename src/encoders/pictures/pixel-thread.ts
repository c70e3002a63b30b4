// What runs in a pixel thread: takes tasks as messages, one after the other, and hands back what became of the pixels.
import { parentPort } from "node:worker_threads";
import { type PixelTask, workOnPixels } from "./pixel-work.ts";

parentPort?.on("message", (task: PixelTask) => {
  const result = workOnPixels(task);
  parentPort?.postMessage(result, [result.data.buffer as ArrayBuffer]);
});
