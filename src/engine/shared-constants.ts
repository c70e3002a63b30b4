// Constants that several sessions read from the same memory, as they are and as onnxruntime's kernels rearrange them: each session otherwise rearranges its own copy.
import type { HostTensor } from "../graph/host-tensor.ts";
import { Environment } from "./environment.ts";
import { Lifetime } from "./lifetime.ts";
import type { Pointer } from "./ort-api.ts";
import { locateLibrary } from "./ort-library.ts";

const PLACE = "shared constants";

/**
 * Weights that sessions share. Give it to `Runtime.createSession` or `Prediction` with the weights among the supplied ones; dispose of it after the sessions.
 *
 * @example
 * import { type Runtime, SharedConstants } from "relata/engine";
 * import { hostTensor } from "relata/graph";
 *
 * declare const runtime: Runtime;
 * declare const model: Uint8Array;
 * const weight = hostTensor("float32", [2, 2], [1, 2, 3, 4]);
 * const shared = new SharedConstants();
 * shared.add(weight);
 * const first = await runtime.createSession(model, { supplied: new Map([["weight", weight]]), shared });
 * const second = await runtime.createSession(model, { supplied: new Map([["weight", weight]]), shared });
 * await Promise.all([first.dispose(), second.dispose()]);
 * await shared.dispose();
 */
export class SharedConstants {
  /** onnxruntime's container of rearranged weights, which finds equal ones by their content. */
  readonly container: Pointer;
  readonly #environment: Environment;
  readonly #memory = new Set<ArrayBufferLike>();
  /** OrtValues around the weights: sessions read them without owning them. */
  readonly #values: Pointer[] = [];
  readonly #lifetime = new Lifetime(PLACE);

  /** @param library path of onnxruntime's shared library; default: the one in onnxruntime-node */
  constructor(library?: string) {
    this.#environment = Environment.acquire(locateLibrary(library));
    try {
      this.container = this.#environment.api.create("CreatePrepackedWeightsContainer", PLACE);
    } catch (error) {
      this.#environment.release();
      throw error;
    }
  }

  /** Declares that sessions share the memory of `tensor`, which must not change any more. */
  add(tensor: HostTensor): void {
    this.#lifetime.check();
    this.#memory.add(tensor.data.buffer);
  }

  /** Whether a tensor is a view of shared memory. */
  has({ data }: HostTensor): boolean {
    return this.#memory.has(data.buffer);
  }

  /** Takes over an OrtValue, which lives as long as this object. */
  keep(value: Pointer): void {
    this.#values.push(value);
  }

  /** Releases what sessions shared. Further calls do nothing. */
  dispose(): Promise<void> {
    const { api } = this.#environment;
    return this.#lifetime.end(() => {
      for (const value of this.#values) api.call("ReleaseValue", PLACE, value);
      api.call("ReleasePrepackedWeightsContainer", PLACE, this.container);
      this.#environment.release();
    });
  }
}
