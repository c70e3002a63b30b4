// Fetches pictures from the addresses that the operator allows: only below the given prefixes, also after redirects, never from
// the operator's own network, without credentials, and within limits of bytes and time.
import { lookup } from "node:dns";
import { isIP } from "node:net";
import { Agent, type Dispatcher, request } from "undici";
import { ConfigError, RelataError } from "../../../base/errors.ts";
import { pictureTooLarge } from "../body/base64.ts";
import { RequestError } from "../request-error.ts";
import { isPublicAddress } from "./public-address.ts";

const MAX_REDIRECTS = 3;
const TIMEOUT_MS = 10_000; // for the whole picture
const CONNECT_TIMEOUT_MS = 3000;
const CONNECTIONS_PER_HOST = 16;

export interface FetchOptions {
  /** The field that has the address. */
  readonly place: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** This server's part of the caller's trace. */
  readonly traceparent: string;
}

/** The addresses that pictures may come from. */
export class PictureUrls {
  readonly #prefixes: readonly URL[];
  readonly #public: Dispatcher;
  readonly #direct: Dispatcher;

  /** @throws ConfigError `serving/wrong-setting` for a prefix that is not an http or https address */
  constructor(prefixes: readonly string[]) {
    this.#prefixes = prefixes.map(prefixOf);
    const limits = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS, connections: CONNECTIONS_PER_HOST };
    this.#public = new Agent({ ...limits, connect: { timeout: CONNECT_TIMEOUT_MS, lookup: publicLookup } });
    this.#direct = new Agent({ ...limits, connect: { timeout: CONNECT_TIMEOUT_MS } });
  }

  /**
   * Returns the bytes behind an address.
   *
   * @throws RequestError `serving/picture-url-refused`, `serving/picture-url-failed`, `serving/body-too-large`; the signal's reason
   */
  async fetch(address: string, options: FetchOptions): Promise<Buffer> {
    const { place, signal } = options;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    let url = this.#allowed(address, undefined, place);
    try {
      for (let redirects = 0; ; redirects++) {
        const answer = await this.#get(url, limited, options.traceparent);
        if (answer.statusCode < 300 || answer.statusCode > 399) return await bytesOf(answer, options);
        answer.body.destroy();
        if (redirects === MAX_REDIRECTS) throw failed(place, `redirects more than ${MAX_REDIRECTS} times`);
        const { location } = answer.headers;
        if (typeof location !== "string") throw failed(place, "redirects to nowhere");
        url = this.#allowed(location, url, place);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RelataError) throw error;
      throw failed(place, reasonOf(error), error);
    }
  }

  /** Closes connections. */
  async close(): Promise<void> {
    await Promise.all([this.#public.destroy(), this.#direct.destroy()]);
  }

  /** @throws RequestError `serving/picture-url-refused` */
  #allowed(address: string, base: URL | undefined, place: string): URL {
    const url = URL.canParse(address, base?.href) ? new URL(address, base) : undefined;
    const what = base === undefined ? "the address" : "the address that it redirects to";
    if (url === undefined) throw refused(place, `${what} is not a URL`);
    if (url.username !== "" || url.password !== "") throw refused(place, `${what} has a name or a password`);
    url.hash = "";
    if (this.#prefixes.length === 0) throw refused(place, "the server fetches no pictures");
    // Encoded slashes and dots mean something else to other servers.
    const isPlain = !/%2f|%5c|%2e|%00/i.test(url.pathname);
    if (!isPlain || !this.#prefixes.some((prefix) => isBelow(url, prefix)))
      throw refused(place, `${what} is not below one that the server fetches pictures from`);
    return url;
  }

  async #get(url: URL, signal: AbortSignal, traceparent: string): Promise<Dispatcher.ResponseData> {
    const answer = await request(url, {
      method: "GET",
      // An operator who writes an address, or localhost, means it; a name must lead to the internet.
      dispatcher: isLiteral(url.hostname) ? this.#direct : this.#public,
      headers: { accept: "image/*", "accept-encoding": "identity", "user-agent": "relata", traceparent },
      signal,
    });
    // A body that is given up reports so; whoever reads one learns of it by the reading itself.
    answer.body.on("error", () => undefined);
    return answer;
  }
}

function prefixOf(prefix: string): URL {
  const url = URL.canParse(prefix) ? new URL(prefix) : undefined;
  const isUsable =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.search === "" &&
    url.hash === "";
  if (isUsable) return url;
  throw new ConfigError({
    code: "serving/wrong-setting",
    message: `--picture-urls must be the beginning of an http or https address, got ${JSON.stringify(prefix)}`,
    place: "--picture-urls",
    value: prefix,
    remedy: "Write scheme, host and path, such as https://pictures.example.org/posts/.",
  });
}

/** Below a prefix, and not only beginning with the same letters: /posts is not the beginning of /posts-of-others. */
function isBelow(url: URL, prefix: URL): boolean {
  if (url.origin !== prefix.origin) return false;
  const folder = prefix.pathname.endsWith("/") ? prefix.pathname : `${prefix.pathname}/`;
  return url.pathname === prefix.pathname || url.pathname.startsWith(folder);
}

function isLiteral(hostname: string): boolean {
  return hostname === "localhost" || isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}

type LookupFunction = NonNullable<import("node:net").TcpNetConnectOpts["lookup"]>;

/** Looks a name up and keeps only public addresses. The connection is made to what was checked, so a second answer changes nothing. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, []);
    const open = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = open;
    if (first === undefined) return callback(new NotPublic(), []);
    if (options.all === true) callback(null, open);
    else callback(null, first.address, first.family);
  });
};

class NotPublic extends Error {
  override readonly name = "NotPublic";
}

async function bytesOf(answer: Dispatcher.ResponseData, { place, maxBytes }: FetchOptions): Promise<Buffer> {
  const { statusCode, headers, body } = answer;
  try {
    if (statusCode !== 200) throw failed(place, `is answered with status ${statusCode}`);
    if ((headers["content-encoding"] ?? "identity") !== "identity")
      throw failed(place, "is answered with a compressed body, which was not asked for");
    if (Number(headers["content-length"] ?? 0) > maxBytes) throw pictureTooLarge(place, maxBytes);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw pictureTooLarge(place, maxBytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    body.destroy();
  }
}

/** What a caller may know: nothing of the operator's network. */
function reasonOf(error: unknown): string {
  if (error instanceof NotPublic) return "leads to an address that is not on the public internet";
  const { name, code } = error as { readonly name?: string; readonly code?: string };
  if (name === "TimeoutError" || code?.endsWith("_TIMEOUT"))
    return `took more than ${TIMEOUT_MS / 1000} seconds`;
  return "cannot be reached";
}

function refused(place: string, message: string): RequestError {
  return new RequestError({ code: "serving/picture-url-refused", message: `${place}: ${message}`, place });
}

/** `what` follows "the address of the picture". */
function failed(place: string, what: string, cause?: unknown): RequestError {
  return new RequestError({
    code: "serving/picture-url-failed",
    message: `${place}: the address ${what}`,
    place,
    cause,
  });
}
