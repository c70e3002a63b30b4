// A server that speaks the part of S3 that relata uses: it verifies signatures, keeps objects in memory, and fails where a test says so.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const TEST_KEYS = {
  AWS_ACCESS_KEY_ID: "AKIATEST",
  AWS_SECRET_ACCESS_KEY: "secret/of+the=test",
} as const;

/** What goes wrong with a request: before it is carried out, after it, or with its answer. */
export type S3Fault = "slow-down" | "too-many" | "reset" | "reset-after" | "truncate" | "hang";

export interface S3ServerOptions {
  /** Asked for every request with a valid signature. */
  readonly fault?: (request: S3Received, number: number) => S3Fault | undefined;
  /** Keys on a page of a list. Default 1000. */
  readonly pageKeys?: number;
  /** Answers conditional puts like others; in parts: only those that complete uploads. */
  readonly ignoresConditions?: "all" | "in parts";
  /** Refuses them instead, like servers of the year 2020. */
  readonly refusesConditions?: boolean;
  /** Seconds by which the server's clock is ahead. */
  readonly clockAhead?: number;
}

export interface S3Received {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly bytes: number;
}

interface Stored {
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Upload extends Pick<Stored, "metadata"> {
  readonly key: string;
  readonly parts: Map<number, Buffer>;
}

export class S3TestServer {
  /** Objects of the bucket `bucket`, by key. */
  readonly objects = new Map<string, Stored>();
  readonly uploads = new Map<string, Upload>();
  readonly received: S3Received[] = [];
  readonly #options: S3ServerOptions;
  readonly #server: Server;

  private constructor(options: S3ServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(options: S3ServerOptions = {}): Promise<S3TestServer> {
    const server = new S3TestServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const now = Date.now() + 1000 * (this.#options.clockAhead ?? 0);
    response.setHeader("date", new Date(now).toUTCString());
    const url = new URL(request.url ?? "/", this.url);
    const denied = deniedBy(request, url, body, now);
    if (denied !== undefined) return refuse(response, 403, ...denied);
    const [, bucket, ...rest] = decodeURIComponent(url.pathname).split("/");
    const key = rest.join("/");
    const received = { method: request.method ?? "", key, query: url.searchParams, bytes: body.length };
    this.received.push(received);
    const fault = this.#options.fault?.(received, this.received.length);
    if (fault === "slow-down") return refuse(response, 503, "SlowDown", "Please reduce your request rate.");
    if (fault === "too-many") return refuse(response, 429, "TooManyRequests", "too many requests");
    if (fault === "reset") return void response.destroy();
    if (fault === "hang") return;
    if (bucket !== "bucket")
      return refuse(response, 404, "NoSuchBucket", "The specified bucket does not exist");
    const outcome = this.#carryOut(received, request, body);
    if (fault === "reset-after") return void response.destroy();
    for (const [name, value] of Object.entries(outcome.headers ?? {})) response.setHeader(name, value);
    response.statusCode = outcome.status;
    const answer = request.method === "HEAD" ? Buffer.alloc(0) : (outcome.body ?? Buffer.alloc(0));
    if (request.method !== "HEAD" && outcome.status !== 204)
      response.setHeader("content-length", answer.length);
    if (fault === "truncate") {
      response.write(answer.subarray(0, answer.length >> 1), () => response.destroy());
      return;
    }
    response.end(answer);
  }

  #carryOut({ method, key, query }: S3Received, request: IncomingMessage, body: Buffer): Outcome {
    const upload = query.get("uploadId");
    if (key === "") return this.#list(query);
    if (method === "POST" && query.has("uploads")) return this.#begin(key, metadataOf(request));
    if (method === "PUT" && upload !== null) return this.#part(upload, Number(query.get("partNumber")), body);
    if (method === "POST" && upload !== null) return this.#complete(upload, request, body.toString());
    if (method === "DELETE" && upload !== null) return { status: this.uploads.delete(upload) ? 204 : 404 };
    const stored = this.objects.get(key);
    switch (method) {
      case "PUT": {
        const refused = this.#refusesPut(key, request, false);
        if (refused) return refused;
        this.objects.set(key, { bytes: body, metadata: metadataOf(request) });
        return { status: 200, headers: { etag: tagOf(body) } };
      }
      case "HEAD":
      case "GET":
        if (stored === undefined) return errorOf(404, "NoSuchKey", "The specified key does not exist.");
        return {
          status: 200,
          body: stored.bytes,
          headers: { etag: tagOf(stored.bytes), ...stored.metadata },
        };
      case "DELETE":
        this.objects.delete(key);
        return { status: 204 };
      default:
        return errorOf(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    }
  }

  #refusesPut(key: string, request: IncomingMessage, inParts: boolean): Outcome | undefined {
    const { ignoresConditions, refusesConditions } = this.#options;
    if (request.headers["if-none-match"] !== "*") return undefined;
    if (refusesConditions)
      return errorOf(
        501,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
      );
    if (ignoresConditions === "all" || (ignoresConditions === "in parts" && inParts)) return undefined;
    if (!this.objects.has(key)) return undefined;
    return errorOf(
      412,
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
    );
  }

  #list(query: URLSearchParams): Outcome {
    const after = query.get("continuation-token") ?? "";
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(query.get("prefix") ?? "") && key > after)
      .sort();
    const page = keys.slice(0, this.#options.pageKeys ?? 1000);
    const isTruncated = page.length < keys.length;
    const contents = page.map(
      (key) => `<Contents><Key>${encodeURIComponent(key)}</Key><Size>1</Size></Contents>`,
    );
    const token = isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    const xml = `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${token}${contents.join("")}</ListBucketResult>`;
    return { status: 200, body: Buffer.from(xml) };
  }

  #begin(key: string, metadata: Stored["metadata"]): Outcome {
    const upload = `upload-${this.received.length}`;
    this.uploads.set(upload, { key, metadata, parts: new Map() });
    return { status: 200, body: Buffer.from(`<Result><UploadId>${upload}</UploadId></Result>`) };
  }

  #part(id: string, part: number, body: Buffer): Outcome {
    const upload = this.uploads.get(id);
    if (upload === undefined) return errorOf(404, "NoSuchUpload", "The specified upload does not exist.");
    upload.parts.set(part, body);
    return { status: 200, headers: { etag: tagOf(body) } };
  }

  #complete(id: string, request: IncomingMessage, xml: string): Outcome {
    const upload = this.uploads.get(id);
    if (upload === undefined) return errorOf(404, "NoSuchUpload", "The specified upload does not exist.");
    const refused = this.#refusesPut(upload.key, request, true);
    if (refused) return refused;
    const parts = [...xml.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag>/g)].map(
      ([, number, tag]) => {
        const part = upload.parts.get(Number(number));
        return part && tagOf(part) === tag?.replaceAll("&quot;", '"') ? part : undefined;
      },
    );
    if (parts.length === 0 || parts.includes(undefined))
      return errorOf(400, "InvalidPart", "One or more parts could not be found.");
    const bytes = Buffer.concat(parts as Buffer[]);
    this.objects.set(upload.key, { bytes, metadata: upload.metadata });
    this.uploads.delete(id);
    return { status: 200, body: Buffer.from("<CompleteMultipartUploadResult/>") };
  }
}

interface Outcome {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

function errorOf(status: number, code: string, message: string): Outcome {
  return { status, body: Buffer.from(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`) };
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.statusCode = status;
  response.end(errorOf(status, code, message).body);
}

function tagOf(bytes: Buffer): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

function metadataOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith("x-amz-meta-") ? [[name, String(value)]] : [],
    ),
  );
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

/** Why a request is not let in, by the rules of Signature Version 4; undefined if it is. */
function deniedBy(
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  now: number,
): [string, string] | undefined {
  const { authorization = "", "x-amz-date": date, "x-amz-content-sha256": bodyHash } = request.headers;
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (match === null || typeof date !== "string") return ["AccessDenied", "Access Denied"];
  const [, id, day = "", region = "", signedHeaders = "", signature = ""] = match;
  if (id !== TEST_KEYS.AWS_ACCESS_KEY_ID)
    return ["InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."];
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(Math.abs(at - now) < 15 * 60_000))
    return [
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    ];
  if (bodyHash !== sha256(body))
    return ["XAmzContentSHA256Mismatch", "The provided header does not match what was computed."];
  for (const name of Object.keys(request.headers))
    if (
      (name === "host" || name === "if-none-match" || name.startsWith("x-amz-")) &&
      !signedHeaders.split(";").includes(name)
    )
      return ["AccessDenied", `There were headers present in the request which were not signed: ${name}`];
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const canonical = [
    request.method,
    decodeURIComponent(url.pathname).split("/").map(encode).join("/"),
    query.join("&"),
    ...signedHeaders.split(";").map((name) => `${name}:${String(request.headers[name] ?? "").trim()}`),
    "",
    signedHeaders,
    bodyHash,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = [region, "s3", "aws4_request"].reduce(
    hmac,
    hmac(`AWS4${TEST_KEYS.AWS_SECRET_ACCESS_KEY}`, day),
  );
  const wanted = hmac(key, ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n"));
  if (timingSafeEqual(wanted, Buffer.from(signature, "hex"))) return undefined;
  return [
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided.",
  ];
}
