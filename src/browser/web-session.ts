// Runs one exported graph with onnxruntime-web, a batch at a time: converts tensors, and turns failures into errors with a code.
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web";
import { EngineError } from "../base/errors.ts";
import type { BatchRunner } from "../extractors/shared/predict-examples.ts";
import { elementCount, type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import type { WebRuntime } from "./onnx-runtime.ts";

/** A graph, its weights expanded to float32, and the name of the file that it expects them in. */
export interface WebGraphBytes {
  readonly label: string;
  readonly graph: Uint8Array;
  readonly weightFile: string;
  readonly weights: Uint8Array;
}

type Tensors = Readonly<Record<string, HostTensor>>;

/** Runs of all sessions of a worker follow one another: onnxruntime-web allows one at a time. */
let last: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const run = last.then(work, work);
  last = run;
  return run;
}

/** A compiled graph. */
export class WebSession implements BatchRunner {
  readonly #runtime: WebRuntime;
  readonly #session: InferenceSession;
  readonly #label: string;

  private constructor(runtime: WebRuntime, session: InferenceSession, label: string) {
    this.#runtime = runtime;
    this.#session = session;
    this.#label = label;
  }

  /** @throws EngineError `web/runtime-failed` */
  static async create(
    runtime: WebRuntime,
    { label, graph, weightFile, weights }: WebGraphBytes,
  ): Promise<WebSession> {
    try {
      const session = await inTurn(() =>
        runtime.ort.InferenceSession.create(graph, {
          executionProviders: [runtime.device],
          externalData: [{ path: weightFile, data: weights }],
          graphOptimizationLevel: "all",
        }),
      );
      return new WebSession(runtime, session, label);
    } catch (cause) {
      throw failed(label, "cannot be loaded", cause);
    }
  }

  /** Runs one batch; inputs that the graph does not use are ignored. @throws EngineError `web/runtime-failed` */
  run(batch: Tensors): Promise<Tensors> {
    return inTurn(async () => {
      const feeds: Record<string, OrtTensor> = {};
      try {
        for (const name of this.#session.inputNames) feeds[name] = this.#tensor(batch[name]!); // tasks fill every input
        const results = await this.#session.run(feeds);
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, floats(value)]));
      } catch (cause) {
        throw failed(this.#label, "failed", cause);
      } finally {
        for (const tensor of Object.values(feeds)) tensor.dispose();
      }
    });
  }

  async runAll<Batch>(
    batches: readonly Batch[],
    inputs: (batch: Batch) => Tensors,
    take: (batch: Batch, outputs: Tensors) => void,
  ): Promise<void> {
    for (const batch of batches) take(batch, await this.run(inputs(batch)));
  }

  async dispose(): Promise<void> {
    await inTurn(() => this.#session.release());
  }

  #tensor({ dtype, shape, data }: HostTensor): OrtTensor {
    return new this.#runtime.ort.Tensor(dtype as "float32", data as Float32Array, [...shape]);
  }
}

/** Copies an output, whose memory onnxruntime may use again. All outputs are float32. */
function floats({ data, dims }: OrtTensor): HostTensor {
  const values = data as Float32Array;
  return hostTensor("float32", dims, values.slice(0, elementCount(dims)) as Float32Array<ArrayBuffer>);
}

function failed(label: string, what: string, cause: unknown): EngineError {
  return new EngineError({
    code: "web/runtime-failed",
    message: `the graph of ${label} ${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
    place: label,
    remedy:
      'Load the page again. If it stays so, try the device "wasm", and report the message with the browser\'s version.',
    cause,
    fault: "work",
  });
}
