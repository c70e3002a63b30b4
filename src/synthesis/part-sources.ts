// The instances of a store's parts: in order, or those of single parts that a queue asks for.
import { Gate } from "../base/gate.ts";
import type { InstanceSource } from "./chain-plan.ts";
import type { SourceInstance } from "./instance.ts";
import type { Manifest } from "./store/manifest.ts";

/** The instances of one part. */
export interface PartInstances {
  readonly number: number;
  readonly sources: readonly SourceInstance[];
}

/** Cuts the instances into parts; the last one may have fewer, and so has the one in which `limit` ends. */
export async function* partsOf(
  instances: InstanceSource,
  { shardInstances }: Pick<Manifest, "shardInstances">,
  limit: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<PartInstances> {
  let sources: SourceInstance[] = [];
  let count = 0;
  for await (const source of instances()) {
    if (count >= limit) break;
    sources.push(source);
    count++;
    if (count % shardInstances !== 0) continue;
    yield { number: count / shardInstances - 1, sources };
    sources = [];
  }
  if (sources.length > 0) yield { number: Math.floor(count / shardInstances), sources };
}

/** Finds the instances of single parts. Parts are mostly asked for in ascending order, so that one pass over the data serves many. */
export class PartSources {
  readonly #begin: () => AsyncGenerator<PartInstances>;
  readonly #one = new Gate(1);
  #pass: AsyncGenerator<PartInstances> | undefined;
  #last = -1;

  constructor(instances: InstanceSource, manifest: Pick<Manifest, "shardInstances">) {
    this.#begin = () => partsOf(instances, manifest);
  }

  /** The instances of a part; empty if the data end before it. */
  of(part: number): Promise<readonly SourceInstance[]> {
    return this.#one.pass(async () => {
      if (this.#pass === undefined || part <= this.#last) {
        await this.#end();
        this.#pass = this.#begin();
      }
      for (;;) {
        const { done, value } = await this.#pass.next();
        if (done === true) {
          await this.#end();
          return [];
        }
        this.#last = value.number;
        if (value.number === part) return value.sources;
      }
    });
  }

  /** Closes the data. */
  close(): Promise<void> {
    return this.#one.pass(() => this.#end());
  }

  async #end(): Promise<void> {
    await this.#pass?.return(undefined);
    this.#pass = undefined;
    this.#last = -1;
  }
}
