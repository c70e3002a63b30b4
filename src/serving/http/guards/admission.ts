// Limits how many requests are answered at once and how many bytes of them are held, before their bodies are read.
import type { ServingMetrics } from "../../metrics.ts";
import { RequestError } from "../request-error.ts";

/** Bodies held at once, as a multiple of the largest one that is accepted. */
const BODIES_AT_ONCE = 16;

const RETRY_SECONDS = 1; // a request takes less; who waits longer only wastes room

/** Room for requests. */
export class Admission {
  readonly #metrics: ServingMetrics;
  readonly #maxRequests: number;
  readonly #maxBytes: number;
  #requests = 0;
  #bytes = 0;

  constructor(
    settings: { readonly maxConcurrentRequests: number; readonly maxBodyBytes: number },
    metrics: ServingMetrics,
  ) {
    this.#metrics = metrics;
    this.#maxRequests = settings.maxConcurrentRequests;
    this.#maxBytes = BODIES_AT_ONCE * settings.maxBodyBytes;
  }

  /** Takes room for a request, to be given back with `leave`. @throws RequestError `serving/too-many-requests` */
  enter(): void {
    if (this.#requests >= this.#maxRequests)
      throw tooMany(`${this.#requests} requests are being answered, and the limit is ${this.#maxRequests}`);
    this.#requests++;
    this.#report();
  }

  /** @param heldBytes what `hold` took for this request */
  leave(heldBytes: number): void {
    this.#requests--;
    this.#bytes -= heldBytes;
    this.#report();
  }

  /** Takes room for bytes of a body. @throws RequestError `serving/too-many-requests` */
  hold(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes)
      throw tooMany(
        `the bodies of ${this.#requests} requests fill the ${this.#maxBytes} bytes that are held`,
      );
    this.#bytes += bytes;
  }

  #report(): void {
    this.#metrics.load(this.#requests, this.#bytes);
  }
}

function tooMany(message: string): RequestError {
  return new RequestError({
    code: "serving/too-many-requests",
    message,
    fault: "work",
    headers: { "retry-after": String(RETRY_SECONDS) },
  });
}
