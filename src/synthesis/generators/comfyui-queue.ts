// ComfyUI's queue: checks whether it still has a prompt, and removes abandoned prompts.
import { z } from "zod";
import { SynthesisError } from "../../base/errors.ts";
import { readJson } from "./http-answer.ts";
import type { HttpClient } from "./http-client.ts";

// An item is a list: number, id, workflow, further data (with the client's id), outputs.
const itemSchema = z.tuple([z.unknown(), z.string()], z.unknown());
const queueSchema = z.looseObject({
  queue_running: z.array(itemSchema).nullish(),
  queue_pending: z.array(itemSchema).nullish(),
});
const clientSchema = z.looseObject({ client_id: z.string() });

/** A cancelled run is not kept waiting for the courtesy of clearing the server's queue. */
const FAREWELL_MS = 2000;

interface QueuedPrompt {
  readonly id: string;
  /** As the prompt was sent with; undefined where the server does not say. */
  readonly client: string | undefined;
}

export class ComfyuiQueue {
  readonly #client: HttpClient;
  readonly #farewells = new Set<Promise<void>>();
  /** False once the server turned out to have no queue that can be read (a gateway before it). */
  #isReadable = true;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  /** Whether the prompt waits or is being drawn; undefined where the server does not say. */
  async holds(id: string, signal: AbortSignal): Promise<boolean | undefined> {
    if (!this.#isReadable) return undefined;
    try {
      return (await this.#read(signal)).some((prompt) => prompt.id === id);
    } catch (error) {
      if (!(error instanceof SynthesisError) || !UNREADABLE.has(error.code)) throw error;
      this.#isReadable = false;
      return undefined;
    }
  }

  /**
   * Takes a prompt that nobody waits for any more out of the queue; one that is being drawn is drawn to its end. Where the call ended before
   * the server had said its id, the prompt is found by the client's.
   */
  abandon(prompt: { readonly id: string | undefined; readonly client: string }): void {
    const farewell = this.#takeOut(prompt, AbortSignal.timeout(FAREWELL_MS)).then(
      () => undefined,
      () => undefined, // the picture is given up either way, and the reason for that is what the caller hears
    );
    this.#farewells.add(farewell);
    void farewell.then(() => this.#farewells.delete(farewell));
  }

  /** Resolves when the server has been notified of everything that was abandoned, or does not listen. */
  async settled(): Promise<void> {
    await Promise.all(this.#farewells);
  }

  async #takeOut(
    { id, client }: { readonly id: string | undefined; readonly client: string },
    signal: AbortSignal,
  ): Promise<void> {
    const ids =
      id === undefined
        ? (await this.#read(signal)).filter((prompt) => prompt.client === client).map((prompt) => prompt.id)
        : [id];
    if (ids.length === 0) return;
    const body = { mediaType: "application/json", bytes: JSON.stringify({ delete: ids }) };
    const url = this.#client.address("queue");
    await this.#client.send({ url, method: "POST", accept: "*/*", counted: false, body }, signal);
  }

  async #read(signal: AbortSignal): Promise<QueuedPrompt[]> {
    const url = this.#client.address("queue");
    const request = { url, method: "GET", accept: "application/json", counted: false } as const;
    const answer = await this.#client.send(request, signal);
    const { queue_running, queue_pending } = readJson(answer, queueSchema, this.#client.key);
    return [...(queue_running ?? []), ...(queue_pending ?? [])].map(([, id, ...rest]) => ({
      id,
      client: rest.map((value) => clientSchema.safeParse(value)).find(({ success }) => success)?.data
        ?.client_id,
    }));
  }
}

/** What servers answer that have no queue to show. */
const UNREADABLE: ReadonlySet<string> = new Set([
  "synthesis/request-refused",
  "synthesis/not-json",
  "synthesis/unexpected-answer",
]);
