// Sends signed requests to an S3 server, and repeats those that fail for the moment.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AwsV4Signer } from "aws4fetch";
import { type Dispatcher, fetch } from "undici";
import { ConfigError } from "../../base/errors.ts";
import { proxyDispatcher } from "../../base/proxy.ts";
import { isCode } from "../../base/system-errors.ts";
import type { S3Settings } from "./address.ts";
import { isTemporary, type Refusal, readRefusal, unreachableError } from "./failures.ts";

/** How requests are repeated. */
export interface S3Limits {
  /** Attempts after the first. */
  readonly retries: number;
  /** Wait before the first repetition; doubles with each one. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Wait for the headers of an answer, and between two pieces of it. */
  readonly timeoutMs: number;
}

const DEFAULT_S3_LIMITS: S3Limits = {
  retries: 8,
  firstWaitMs: 200,
  longestWaitMs: 20_000,
  timeoutMs: 60_000,
};

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Key in the bucket; undefined: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** What the request does, for messages: "cannot read u/1 of". */
  readonly what: string;
}

/** An answer, whatever its status. */
export interface S3Answer {
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** Undefined: success. */
  readonly refusal: Refusal | undefined;
  /** Attempts before this one that may have been carried out though their answer was lost. */
  readonly unsure: number;
}

type Signer = typeof AwsV4Signer;

/** A client of one bucket. */
export class S3Client {
  readonly #settings: S3Settings;
  readonly #limits: S3Limits;
  readonly #signer: Signer;
  readonly #dispatcher: Dispatcher;
  /** Keys that follow from the secret, the day and the region. */
  readonly #cache = new Map<string, ArrayBuffer>();

  private constructor(settings: S3Settings, limits: S3Limits, signer: Signer) {
    this.#settings = settings;
    this.#limits = limits;
    this.#signer = signer;
    this.#dispatcher = proxyDispatcher({ headersTimeout: limits.timeoutMs, bodyTimeout: limits.timeoutMs });
  }

  /** @throws ConfigError `units/no-s3-client` */
  static async open(settings: S3Settings, limits: Partial<S3Limits> = {}): Promise<S3Client> {
    return new S3Client(settings, { ...DEFAULT_S3_LIMITS, ...limits }, await loadSigner());
  }

  /**
   * Sends a request until it is answered for good.
   *
   * @returns the answer, which may be a refusal
   * @throws DataError `units/object-store-failed` if the server cannot be reached
   */
  async send(request: S3Request): Promise<S3Answer> {
    const { retries, firstWaitMs, longestWaitMs } = this.#limits;
    let unsure = 0;
    for (let failures = 0; ; failures++) {
      let answer: S3Answer | undefined;
      let fault: unknown;
      try {
        answer = await this.#attempt(request, unsure);
      } catch (error) {
        fault = error;
      }
      const { refusal } = answer ?? {};
      if (answer !== undefined && (refusal === undefined || !isTemporary(refusal))) return answer;
      if (failures === retries) {
        if (answer !== undefined) return answer;
        throw unreachableError(this.#settings, request.what, fault);
      }
      if (refusal?.status !== 429) unsure++;
      // Full jitter keeps workers that failed together from coming back together.
      await sleep(Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** failures));
    }
  }

  async #attempt(request: S3Request, unsure: number): Promise<S3Answer> {
    const { method, headers = {}, body } = request;
    const signer = new this.#signer({
      ...{
        method,
        url: this.#urlOf(request).href,
        service: "s3",
        region: this.#settings.region,
        cache: this.#cache,
      },
      ...credentialsOf(this.#settings),
      // Signed, so that the server refuses a body that arrives changed.
      headers: {
        ...headers,
        "x-amz-content-sha256": createHash("sha256")
          .update(body ?? "")
          .digest("hex"),
      },
    });
    const signed = await signer.sign();
    const response = await fetch(signed.url, {
      method,
      headers: [...signed.headers],
      ...(body === undefined ? {} : { body }),
      redirect: "manual",
      dispatcher: this.#dispatcher,
    });
    const received = new Uint8Array(await response.arrayBuffer());
    const found = new Headers([...response.headers]);
    const refusal = response.ok ? undefined : readRefusal(response.status, found, received);
    return { headers: found, body: received, refusal, unsure };
  }

  #urlOf({ key, query = {} }: S3Request): URL {
    const { endpoint, bucket, pathStyle } = this.#settings;
    const url = new URL(endpoint);
    if (!pathStyle) url.host = `${bucket}.${url.host}`;
    const base = url.pathname.replace(/\/+$/, "");
    url.pathname =
      [base, ...(pathStyle ? [bucket] : []), ...(key === undefined ? [] : [key])].join("/") || "/";
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  async close(): Promise<void> {
    await this.#dispatcher.close();
  }
}

function credentialsOf({ credentials }: S3Settings) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

async function loadSigner(): Promise<Signer> {
  try {
    return (await import("aws4fetch")).AwsV4Signer;
  } catch (cause) {
    if (!isCode(cause, "ERR_MODULE_NOT_FOUND")) throw cause;
    throw new ConfigError({
      code: "units/no-s3-client",
      message: "the package aws4fetch, which signs requests to S3, is not installed",
      place: "aws4fetch",
      remedy: "Install it: npm install aws4fetch",
      cause,
    });
  }
}
