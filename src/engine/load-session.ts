// Loads a model into onnxruntime: options made, graph parsed and optimised on a worker thread, everything released on failure.
import { existsSync } from "node:fs";
import { EngineError } from "../errors.ts";
import type { Environment } from "./environment.ts";
import { addressOf, type Pointer } from "./ort-api.ts";
import { createSessionOptions, type NativeSessionSettings } from "./session-options.ts";

/**
 * An OrtSession; release with ReleaseSession.
 *
 * @throws EngineError `engine/no-model`, `engine/runtime-failed`
 */
export async function loadSession(
  environment: Environment,
  place: string,
  model: Uint8Array | string,
  settings: NativeSessionSettings,
): Promise<Pointer> {
  checkModel(place, model);
  const { api } = environment;
  const options = createSessionOptions(environment, place, settings);
  const gate = settings.device === "cpu" ? environment.cpuGate : environment.deviceGate;
  const turn = gate.enter();
  try {
    if (turn !== undefined) {
      await turn;
      checkModel(place, model); // the bytes may have been transferred away while this waited
    }
    const out = new BigUint64Array(1);
    const target = addressOf(out);
    if (typeof model === "string") {
      await api.callAsync("CreateSession", place, environment.pointer, model, options, target);
    } else {
      const { pointer } = environment;
      const size = model.byteLength;
      await api.callAsync("CreateSessionFromArray", place, pointer, addressOf(model), size, options, target);
      if (model.byteLength !== size) checkModel(place, model); // uses `model`, so it was reachable all the while
    }
    return out[0] as Pointer;
  } finally {
    gate.leave();
    api.call("ReleaseSessionOptions", place, options);
  }
}

function checkModel(place: string, model: Uint8Array | string): void {
  if (typeof model === "string" ? existsSync(model) : model.byteLength > 0) return;
  throw new EngineError({
    code: "engine/no-model",
    message:
      typeof model === "string"
        ? `${place}: file ${model} does not exist`
        : `${place}: the model has no bytes`,
    place: typeof model === "string" ? model : "model",
    value: typeof model === "string" ? model : model.byteLength,
    remedy: "Give the path of an ONNX file, or its bytes in a buffer that was not transferred away.",
  });
}
