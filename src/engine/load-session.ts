// Loads a model into onnxruntime: makes options, parses and optimises the graph on a worker thread, and releases everything on failure.
import { EngineError } from "../base/errors.ts";
import { type FileFault, openRegularFile } from "../base/regular-file.ts";
import type { Environment } from "./environment.ts";
import { addressOf, type Pointer } from "./ort-api.ts";
import { createSessionOptions, type NativeSessionSettings } from "./session-options.ts";

/**
 * An OrtSession; release with ReleaseSession.
 *
 * @throws EngineError `engine/no-model`, `engine/unreadable-model`, `engine/runtime-failed`
 */
export async function loadSession(
  environment: Environment,
  place: string,
  model: Uint8Array | string,
  settings: NativeSessionSettings,
): Promise<Pointer> {
  if (typeof model === "string") await requireFile(place, model);
  else requireBytes(place, model);
  const { api } = environment;
  const options = createSessionOptions(environment, place, settings);
  const gate = settings.device === "cpu" ? environment.cpuGate : environment.deviceGate;
  const turn = gate.take();
  try {
    if (turn !== undefined) {
      await turn;
      if (typeof model !== "string") requireBytes(place, model); // the bytes may have been transferred away while this waited
    }
    const out = new BigUint64Array(1);
    const target = addressOf(out);
    if (typeof model === "string") {
      await api.callAsync("CreateSession", place, environment.pointer, model, options, target);
    } else {
      const { pointer } = environment;
      const size = model.byteLength;
      const bytes = [place, pointer, addressOf(model), size, options] as const;
      if (settings.shared === undefined) await api.callAsync("CreateSessionFromArray", ...bytes, target);
      else {
        const { container } = settings.shared;
        await api.callAsync(
          "CreateSessionFromArrayWithPrepackedWeightsContainer",
          ...bytes,
          container,
          target,
        );
      }
      if (model.byteLength !== size) requireBytes(place, model); // uses `model`, so it stayed reachable until here
    }
    return out[0] as Pointer;
  } finally {
    gate.give();
    api.call("ReleaseSessionOptions", place, options);
  }
}

/** onnxruntime would block on a pipe, and call a Git LFS pointer a damaged model. */
async function requireFile(place: string, path: string): Promise<void> {
  const file = await openRegularFile(path, (fault) => unreadable(place, path, fault));
  await file.close();
}

const REMEDY = "Give the path of an ONNX file, or its bytes in a buffer that was not transferred.";

function requireBytes(place: string, model: Uint8Array): void {
  if (model.byteLength > 0) return;
  throw new EngineError({
    code: "engine/no-model",
    message: `${place}: the model has no bytes`,
    place: "model",
    value: model.byteLength,
    remedy: REMEDY,
  });
}

function unreadable(place: string, path: string, { kind, problem, remedy, cause }: FileFault): EngineError {
  return new EngineError({
    code: kind === "absent" ? "engine/no-model" : "engine/unreadable-model",
    message: `${place}: file ${path} ${problem}`,
    place: path,
    value: path,
    cause,
    remedy: kind === "absent" ? REMEDY : remedy,
  });
}
