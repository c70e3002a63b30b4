// Sends requests to a hub: uses the environment's proxy, sends the access token only to the hub, and bounds
// redirects and answers.

import { type Response as Answer, type BodyInit, type Dispatcher, fetch } from "undici";
import type { ErrorCode } from "../base/codes/error-code.ts";
import { EncoderError } from "../base/errors.ts";
import { proxyDispatcher } from "../base/proxy.ts";

export const DEFAULT_HUB = "https://huggingface.co";

const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** A listing of 1,000 files takes 300 kB. */
const MAX_ANSWER_BYTES = 16_000_000;
/** Pages of 1,000 files each, and the requests before them. */
const MAX_ANSWERS = 100;
const ANSWER_MS = 120_000;
const LIMITS = { headersTimeout: 60_000, bodyTimeout: 60_000 };

/** One hub, for one download. */
export class HubTransport {
  /** The hub's address without a trailing slash. */
  readonly address: string;
  readonly #origin: string;
  readonly #token: string | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #dispatcher: Dispatcher;
  #answers = 0;

  /** @throws EncoderError `encoder/bad-hub-address`, `encoder/bad-token`; ConfigError `config/bad-proxy` */
  constructor(address: string, signal: AbortSignal | undefined, token: string | undefined = accessToken()) {
    const url = checkAddress(address);
    this.address = url.href.replace(/\/+$/, "");
    this.#origin = url.origin;
    this.#token = token;
    this.#signal = signal;
    this.#dispatcher = proxyDispatcher(LIMITS);
  }

  /** Removes the access token from a text that may quote a server. */
  redact(text: string): string {
    return this.#token === undefined ? text : text.replaceAll(this.#token, "[HF_TOKEN]");
  }

  /**
   * Follows redirects; sends the token only to the hub's own origin. The caller must read or cancel the
   * body of the answer.
   *
   * @throws EncoderError `encoder/hub-redirects`; network errors and the signal's reason
   */
  async get(
    address: string,
    headers: Readonly<Record<string, string>>,
    deadline?: AbortSignal,
  ): Promise<Answer> {
    const signals = [this.#signal, deadline].filter((signal) => signal !== undefined);
    let url = new URL(address);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const isHub = url.origin === this.#origin && this.#token !== undefined;
      const response = await fetch(url, {
        // fetch decompresses encoded bodies, and a few bytes may expand to very many.
        headers: {
          ...headers,
          "accept-encoding": "identity",
          ...(isHub && { authorization: `Bearer ${this.#token}` }),
        },
        redirect: "manual",
        dispatcher: this.#dispatcher,
        signal: signals.length === 0 ? null : AbortSignal.any(signals),
      });
      if (!REDIRECTS.has(response.status)) return response;
      await response.body?.cancel();
      const location = response.headers.get("location") ?? "";
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (next === undefined || !/^https?:$/.test(next.protocol) || next.username !== "") {
        throw this.#redirects(
          address,
          `to ${JSON.stringify(this.redact(location.slice(0, 200)))}, which is not a web address`,
        );
      }
      url = next;
    }
    throw this.#redirects(address, `more than ${MAX_REDIRECTS} times`);
  }

  /**
   * A `fetch` for the hub's lists: reads the whole answer, within bounds, and only from the hub itself.
   *
   * @throws EncoderError `encoder/hub-answer-too-large`, `encoder/hub-link-refused`, `encoder/hub-failed` and the codes of `get`;
   * HubStatus for an answer without success
   */
  readonly fetchList = async (input: string | URL | Request): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== this.#origin) {
      throw fault(
        "encoder/hub-link-refused",
        `${this.address} continues its list of files at another host, ${url.origin}`,
        this.address,
      );
    }
    this.#answers++;
    if (this.#answers > MAX_ANSWERS) {
      throw fault(
        "encoder/hub-answer-too-large",
        `${this.address} sent ${MAX_ANSWERS} pages and refers to another one`,
        this.address,
      );
    }
    const response = await this.get(url.href, { accept: "application/json" }, AbortSignal.timeout(ANSWER_MS));
    const body = await readUpTo(response, MAX_ANSWER_BYTES);
    if (body === undefined) {
      const what = `${this.address} answered ${url.pathname} with more than ${MAX_ANSWER_BYTES} bytes`;
      throw fault("encoder/hub-answer-too-large", what, this.address);
    }
    if (!response.ok) throw new HubStatus(response.status, this.wordsOf(response, body));
    if (!isJson(body, url.pathname.includes("/tree/"))) {
      throw fault(
        "encoder/hub-failed",
        `${this.address} answered ${url.pathname} with something other than a hub's JSON`,
        this.address,
      );
    }
    return new Response(body, { headers: [...response.headers] });
  };

  /** Whether there is an access token. */
  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  /**
   * A `fetch` for writing requests: sends the token only to the hub's own origin, whatever the caller put into the headers, and follows no
   * redirect, because a body would go along.
   *
   * @throws EncoderError `encoder/hub-redirects`; network errors and the signal's reason
   */
  readonly fetchWriting: typeof globalThis.fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    headers.delete("authorization");
    if (url.origin === this.#origin && this.#token !== undefined)
      headers.set("authorization", `Bearer ${this.#token}`);
    const signals = [this.#signal, init.signal].filter((signal) => signal != null);
    const response = await fetch(url, {
      method: init.method ?? "GET",
      headers: [...headers],
      body: (init.body ?? null) as BodyInit | null,
      redirect: "manual",
      dispatcher: this.#dispatcher,
      signal: signals.length === 0 ? null : AbortSignal.any(signals),
    });
    if (REDIRECTS.has(response.status)) {
      await response.body?.cancel();
      throw this.#redirects(
        `${this.address}${url.pathname}`,
        "a writing request: the repository may have moved",
      );
    }
    return response as unknown as Response; // the same class, of undici's own copy
  };

  /**
   * A hub's explanation of a failure, for a message: short, printable, without the token; empty if there is
   * none.
   */
  wordsOf(response: Answer, body: Uint8Array): string {
    const words = response.headers.get("x-error-message") ?? errorIn(Buffer.from(body).toString("utf8"));
    return words === undefined ? "" : `: ${JSON.stringify(this.redact(words).slice(0, 300))}`;
  }

  async dispose(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  #redirects(address: string, what: string): EncoderError {
    return fault("encoder/hub-redirects", `${address} redirects ${what}`, address);
  }
}

/** An answer without success to a question about a model. */
export class HubStatus extends Error {
  readonly status: number;
  /** As returned by `wordsOf`. */
  readonly words: string;

  constructor(status: number, words: string) {
    super(`status ${status}${words}`);
    this.status = status;
    this.words = words;
  }
}

/** The `error` of a JSON answer. */
function errorIn(body: string): string | undefined {
  if (!body.startsWith("{")) return undefined;
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === "string" ? error : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined; // an error page in another format
    throw cause;
  }
}

function isJson(body: Buffer, isList: boolean): boolean {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null && Array.isArray(value) === isList;
  } catch (cause) {
    if (cause instanceof SyntaxError) return false;
    throw cause;
  }
}

/** Returns the body, or undefined if it is longer, without reading the rest. */
async function readUpTo(response: Answer, maxBytes: number): Promise<Buffer<ArrayBuffer> | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += (piece as Uint8Array).length;
    if (length > maxBytes) return undefined; // leaving the loop cancels the body
    pieces.push(piece as Uint8Array);
  }
  return Buffer.concat(pieces);
}

/** The environment's access token for gated and private models; trims white space, which comes from files. */
function accessToken(): string | undefined {
  const token = process.env.HF_TOKEN?.trim();
  if (token === undefined || token === "") return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new EncoderError({
    code: "encoder/bad-token",
    message: "the access token in HF_TOKEN has characters that a token cannot have",
    place: "HF_TOKEN",
    remedy: "Set HF_TOKEN to the token only (hf_ followed by letters and digits), or unset it.",
  });
}

function checkAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isPlain =
    url && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "";
  if (isPlain) return url;
  throw new EncoderError({
    code: "encoder/bad-hub-address",
    message: "the hub's address must have the form https://host, without user name, password or query",
    place: "HF_ENDPOINT",
    remedy: "Correct HF_ENDPOINT (or hubUrl), or unset it. Give an access token in HF_TOKEN.",
  });
}

function fault(code: ErrorCode, message: string, place: string): EncoderError {
  return new EncoderError({
    code,
    message,
    place,
    remedy:
      "Download the model's folder by other means and pass its path, or set HF_ENDPOINT to another hub.",
    fault: "work",
  });
}
