// Sends requests to a generator's configured server: deadlines, retries, rate limit, bounded answers; the
// key goes only there.
import { type Dispatcher, fetch, type RequestInit, type Response } from "undici";
import { SynthesisError } from "../../base/errors.ts";
import { proxyDispatcher, proxyHint, proxyNamed } from "../../base/proxy.ts";
import type { ApiKey } from "./api-key.ts";
import { contentPolicy, isComplaint, readComplaintBody } from "./complaints.ts";
import { withDeadline } from "./deadline.ts";
import {
  type Complaint,
  complaintOf,
  HttpAnswer,
  MAX_COMPLAINT_BYTES,
  quoted,
  readComplaint,
  readUpTo,
} from "./http-answer.ts";
import { networkFailure, statusFailure } from "./http-failures.ts";
import type { HttpSettings } from "./http-settings.ts";
import { RateLimit } from "./rate-limit.ts";
import { type Attempt, retryAfterMs, retrying } from "./retry.ts";
import { type Environment, passwordsOf, Secrets } from "./secrets.ts";

export interface HttpClientOptions {
  readonly adapter: string;
  /** Address that paths are relative to. */
  readonly baseUrl: string;
  readonly key: ApiKey | undefined;
  readonly settings: HttpSettings;
  readonly environment: Environment;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly body?: { readonly mediaType: string; readonly bytes: Uint8Array | string } | undefined;
  readonly accept: string;
  /** Whether it counts for requestsPerMinute; polling and fetching results do not. */
  readonly counted?: boolean | undefined;
  /** Whether JSON holds what the protocol promises; a successful answer that does not, and speaks of an error, is one. Absent: JSON is none. */
  readonly holdsAnswer?: ((json: unknown) => boolean) | undefined;
}

// What a server may send a request through before it counts as a loop.
const MAX_REDIRECTS = 5;
const PROXY_VARIABLES = ["http", "https", "all"].flatMap((kind) => [
  `${kind}_proxy`,
  `${kind.toUpperCase()}_PROXY`,
]);
const REPEATED_STATUSES = new Set([429, 500, 502, 503, 504, 529]);

/** One client per generator. Neither inspecting nor serialising it shows the key. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #base: URL;
  readonly #limit: RateLimit;
  readonly #dispatcher: Dispatcher;

  /** @throws SynthesisError `synthesis/bad-address`; ConfigError `config/bad-proxy` */
  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#base = baseAddress(options.baseUrl, options.adapter);
    // The deadline is ours alone: undici's own limits of 300 seconds would cut slow generators off.
    this.#dispatcher = proxyDispatcher({ headersTimeout: 0, bodyTimeout: 0 });
    this.#limit = new RateLimit(options.settings.requestsPerMinute);
  }

  get key(): ApiKey | undefined {
    return this.#options.key;
  }

  /** Secrets of this client that must not be printed: the key and the passwords of proxies. */
  get secrets(): Secrets {
    const { key, environment } = this.#options;
    const passwords = PROXY_VARIABLES.flatMap((name) => passwordsOf(environment[name] ?? ""));
    return key === undefined ? new Secrets(passwords) : key.with(passwords);
  }

  get origin(): string {
    return this.#base.origin;
  }

  /** The address of a path below the base address. */
  address(path: string, query: Readonly<Record<string, string>> = {}): URL {
    const url = new URL(path === "" ? this.#base.href.replace(/\/$/, "") : path, this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  /** Posts JSON below the base address. */
  post(
    path: string,
    body: unknown,
    expected: Pick<HttpRequest, "accept" | "holdsAnswer">,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const bytes = JSON.stringify(body);
    const request = { url: this.address(path), method: "POST", ...expected } as const;
    return this.send({ ...request, body: { mediaType: "application/json", bytes } }, signal);
  }

  /**
   * Sends the request until it is answered with success or the retries are used up.
   *
   * @throws GeneratorRefusal, or SynthesisError `synthesis/timeout`, `synthesis/unreachable`, `synthesis/rate-limited`,
   * `synthesis/server-failed`, `synthesis/asked-to-wait`, `synthesis/not-authorised`, `synthesis/request-refused`,
   * `synthesis/redirect-refused`, `synthesis/answer-too-large`; the signal's reason when it fires.
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { retry } = this.#options.settings;
    return await retrying(retry, signal, async () => {
      if (request.counted !== false) await this.#limit.turn(signal);
      const outcome = await this.#attempt(request, signal);
      if (outcome.state === "failed" && outcome.waitMs !== undefined) {
        // Other requests of this generator would get the same answer.
        this.#limit.hold(Math.min(outcome.waitMs, retry.longestRetryAfterMs));
      }
      // Behind a request that was answered, one that reaches nobody does not make the call free.
      return outcome.state === "failed" && request.counted === false
        ? { ...outcome, isNotAsked: false }
        : outcome;
    });
  }

  /** Closes all connections; calls in progress fail. */
  async dispose(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #attempt(request: HttpRequest, signal: AbortSignal): Promise<Attempt<HttpAnswer>> {
    const place = this.#place(request.url);
    const { timeoutMs } = this.#options.settings;
    const timedOut = new SynthesisError({
      code: "synthesis/timeout",
      message: `${place} did not answer within ${timeoutMs} ms`,
      place,
      remedy: "Raise timeoutMs if the server is that slow, or check the server.",
      fault: "work",
    });
    try {
      return await withDeadline(
        signal,
        timeoutMs,
        () => timedOut,
        (limited) => this.#exchange(request, limited),
      );
    } catch (error) {
      if (error === timedOut) {
        const { code, message, remedy, fault } = timedOut;
        return { state: "failed", error: { code, message, place, remedy, fault } };
      }
      if (error instanceof TypeError) {
        return networkFailure(error, place, proxyHint(request.url), proxyNamed(request.url));
      }
      throw error;
    }
  }

  async #exchange(request: HttpRequest, signal: AbortSignal): Promise<Attempt<HttpAnswer>> {
    const place = this.#place(request.url);
    const response = await this.#follow(request, signal);
    const retryAfter = response.headers.get("retry-after");
    if (!response.ok) return this.#failure(await readComplaint(response), response.status, place, retryAfter);
    const bytes = await readUpTo(response, this.#options.settings.maxAnswerBytes);
    if (bytes === undefined) throw this.#tooLarge(place);
    const mediaType = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    const answer = new HttpAnswer({ status: response.status, mediaType, bytes, place });
    const { holdsAnswer = () => false } = request;
    if (answer.looksLikeJson && answer.json.state === "json" && isComplaint(answer.json.value, holdsAnswer)) {
      const complaint = complaintOf(response.status, bytes.subarray(0, MAX_COMPLAINT_BYTES));
      return this.#failure({ ...complaint, json: answer.json.value }, undefined, place, retryAfter);
    }
    return { state: "done", value: answer };
  }

  /**
   * The outcome of an error answer. @throws GeneratorRefusal when the server declines for good,
   * SynthesisError when nothing else helps
   */
  #failure(
    { status: answered, text, json }: Complaint,
    known: number | undefined,
    place: string,
    retryAfter: string | null,
  ): Attempt<never> {
    const reading = readComplaintBody(json);
    const said = quoted(reading.words ?? text, this.key);
    if (reading.isRefusal) throw contentPolicy(this.#options.adapter, said);
    const status = known ?? reading.status;
    const error = statusFailure({ answered, status, place, said, keyless: this.key === undefined });
    const isFinal = status === undefined || !REPEATED_STATUSES.has(status) || reading.isFinal;
    if (isFinal) throw new SynthesisError(error);
    return { state: "failed", error, waitMs: retryAfterMs(retryAfter, Date.now()) ?? reading.waitMs };
  }

  /** Follows redirects within the origin; any other could send the key or the prompt to a third party. */
  async #follow(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    let url = request.url;
    for (let hops = 0; ; hops++) {
      const response = await fetch(url, this.#init(request, url, signal));
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) return response;
      await response.body?.cancel();
      const target = URL.canParse(location, url.href) ? new URL(location, url) : null;
      const keepsMethod = request.method === "GET" || response.status === 307 || response.status === 308;
      if (target === null || target.origin !== url.origin || !keepsMethod || hops === MAX_REDIRECTS) {
        throw new SynthesisError({
          code: "synthesis/redirect-refused",
          message: `${this.#place(url)} redirects (${response.status}) to ${target === null ? "no address" : this.#place(target)}; redirects are not followed`,
          place: this.#place(url),
          remedy: "If you trust the final address, put it into the settings.",
          fault: "input",
        });
      }
      url = target;
    }
  }

  #init({ method, accept, body }: HttpRequest, url: URL, signal: AbortSignal): RequestInit {
    const headers: Record<string, string> = { accept, "user-agent": "relata" };
    if (body !== undefined) headers["content-type"] = body.mediaType;
    if (this.key !== undefined && url.origin === this.#base.origin) {
      headers.authorization = this.key.authorization();
    }
    return {
      method,
      headers,
      signal,
      redirect: "manual",
      dispatcher: this.#dispatcher,
      ...(body === undefined ? {} : { body: body.bytes }),
    };
  }

  /** Adapter and address, without query (signed links hold secrets there) and without the key. */
  #place(url: URL): string {
    const place = `${this.#options.adapter}: ${url.origin}${url.pathname}`;
    return this.key === undefined ? place : this.key.redact(place);
  }

  #tooLarge(place: string): SynthesisError {
    const { maxAnswerBytes } = this.#options.settings;
    return new SynthesisError({
      code: "synthesis/answer-too-large",
      message: `${place} answered with more than ${maxAnswerBytes} bytes`,
      place,
      value: maxAnswerBytes,
      remedy: "Raise maxAnswerBytes if such answers are expected.",
      fault: "work",
    });
  }
}

function baseAddress(text: string, adapter: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const fault =
    url === null || !/^https?:$/.test(url.protocol)
      ? "is not an http or https address"
      : url.username !== "" || url.password !== ""
        ? "contains a user name or password"
        : url.search !== "" || url.hash !== ""
          ? "contains a query or a fragment"
          : undefined;
  if (url === null || fault !== undefined) {
    // The address is not quoted: it may hold a password.
    throw new SynthesisError({
      code: "synthesis/bad-address",
      message: `${adapter}: the server's address ${fault ?? "cannot be read"}`,
      place: "baseUrl",
      remedy: "Write it like http://127.0.0.1:7860; put keys into an environment variable (keyFrom).",
    });
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
