// The code of a pixel thread: receives tasks as messages, one after the other, and sends back the resulting
// pixels.
import { parentPort } from "node:worker_threads";
import { type PixelTask, workOnPixels } from "./pixel-work.ts";

parentPort?.on("message", (task: PixelTask) => {
  const result = workOnPixels(task);
  parentPort?.postMessage(result, [result.data.buffer as ArrayBuffer]);
});
