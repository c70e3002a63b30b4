// A server that speaks the part of S3 that relata uses: it verifies signatures, keeps objects in memory, and fails where it is told to. For tests
// and demonstrations.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

export const TEST_KEYS = {
  AWS_ACCESS_KEY_ID: "AKIATEST",
  AWS_SECRET_ACCESS_KEY: "secret/of+the=test",
};

export class S3TestServer {
  /** Objects of the bucket `bucket`, by key. */
  objects = new Map();
  uploads = new Map();
  received = [];
  #options;
  #server;

  constructor(options) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => response.destroy(error));
    });
  }

  static async start(options = {}) {
    const server = new S3TestServer(options);
    await new Promise((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
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
    if (fault === "error") return refuse(response, 500, "InternalError", "We encountered an internal error.");
    if (fault === "conflict")
      return refuse(response, 409, "ConditionalRequestConflict", "A conflicting operation occurred.");
    if (fault === "reset") return response.destroy();
    if (fault === "hang") return;
    if (bucket !== "bucket")
      return refuse(response, 404, "NoSuchBucket", "The specified bucket does not exist");
    const outcome = this.#carryOut(received, request, body);
    if (fault === "reset-after") return response.destroy();
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

  #carryOut({ method, key, query }, request, body) {
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

  #refusesPut(key, request, inParts) {
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

  #list(query) {
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

  #begin(key, metadata) {
    const upload = `upload-${this.received.length}`;
    this.uploads.set(upload, { key, metadata, parts: new Map() });
    return { status: 200, body: Buffer.from(`<Result><UploadId>${upload}</UploadId></Result>`) };
  }

  #part(id, part, body) {
    const upload = this.uploads.get(id);
    if (upload === undefined) return errorOf(404, "NoSuchUpload", "The specified upload does not exist.");
    upload.parts.set(part, body);
    return { status: 200, headers: { etag: tagOf(body) } };
  }

  #complete(id, request, xml) {
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
    const bytes = Buffer.concat(parts);
    this.objects.set(upload.key, { bytes, metadata: upload.metadata });
    this.uploads.delete(id);
    return { status: 200, body: Buffer.from("<CompleteMultipartUploadResult/>") };
  }
}

function errorOf(status, code, message) {
  return { status, body: Buffer.from(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`) };
}

function refuse(response, status, code, message) {
  response.statusCode = status;
  response.end(errorOf(status, code, message).body);
}

function tagOf(bytes) {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

function metadataOf({ headers }) {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith("x-amz-meta-") ? [[name, String(value)]] : [],
    ),
  );
}

const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const sha256 = (content) => createHash("sha256").update(content).digest("hex");

/** Why a request is not let in, by the rules of Signature Version 4; undefined if it is. */
function deniedBy(request, url, body, now) {
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
  const encode = (text) =>
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
