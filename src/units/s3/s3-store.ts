// A prefix of an S3 bucket as an object store. A key is made once by a conditional put (`If-None-Match: *`), which the server has to know.
import { randomUUID } from "node:crypto";
import { mapConcurrently } from "../../base/concurrently.ts";
import { ConfigError } from "../../base/errors.ts";
import { type ObjectStore, requireKey, requirePrefix } from "../object-store.ts";
import { readS3Address, type S3Settings } from "./address.ts";
import { S3Client, type S3Limits } from "./client.ts";
import { refusedError } from "./failures.ts";
import { elementText, elementTexts } from "./xml.ts";

/** Settings of a store; the defaults are for networks. */
export interface S3Options extends Partial<S3Limits> {
  /** Larger content is sent in parts of `partBytes`. */
  readonly singleBytes?: number;
  /** At least 5 MiB, S3's smallest part. */
  readonly partBytes?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const SINGLE_BYTES = 64 << 20; // a part that fails is sent again, not the whole
const PART_BYTES = 16 << 20;
const PARTS_AT_ONCE = 4;
/** Begins with a dot, so no list names it. */
const PROBE = ".relata-probe";
const WRITER = "x-amz-meta-relata-writer";
const ONCE = { "if-none-match": "*" } as const;

/**
 * Opens `s3://bucket/prefix`.
 *
 * @throws ConfigError `units/bad-address`, `units/no-credentials`, `units/no-s3-client`
 */
export async function openS3Store(address: string, options: S3Options = {}): Promise<ObjectStore> {
  const settings = readS3Address(address, options.environment);
  return new S3Store(settings, await S3Client.open(settings, options), options);
}

class S3Store implements ObjectStore {
  readonly place: string;
  readonly #settings: S3Settings;
  readonly #client: S3Client;
  readonly #singleBytes: number;
  readonly #partBytes: number;
  /** What the server was asked, once for each way to put. */
  readonly #probes = new Map<"whole" | "in parts", Promise<void>>();

  constructor(settings: S3Settings, client: S3Client, options: S3Options) {
    this.place = settings.place;
    this.#settings = settings;
    this.#client = client;
    this.#singleBytes = options.singleBytes ?? SINGLE_BYTES;
    this.#partBytes = options.partBytes ?? PART_BYTES;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const what = `cannot read ${key} of`;
    const { body, refusal } = await this.#client.send({ method: "GET", key: this.#keyOf(key), what });
    if (refusal === undefined) return body;
    if (refusal.status === 404 && refusal.code !== "NoSuchBucket") return undefined;
    throw refusedError(this.#settings, what, refusal);
  }

  async has(key: string): Promise<boolean> {
    const what = `cannot look for ${key} in`;
    const { refusal } = await this.#client.send({ method: "HEAD", key: this.#keyOf(key), what });
    if (refusal === undefined) return true;
    if (refusal.status === 404) return false;
    throw refusedError(this.#settings, what, refusal);
  }

  async putIfAbsent(key: string, content: Uint8Array): Promise<boolean> {
    const full = this.#keyOf(key);
    const what = `cannot write ${key} to`;
    await this.#probed("whole", () => this.#probe());
    if (content.length <= this.#singleBytes) return this.#putOnce(full, content, what);
    await this.#probed("in parts", () => this.#probeParts());
    return this.#putParts(full, content, what);
  }

  async *list(prefix: string): AsyncGenerator<string> {
    requirePrefix(prefix);
    const { prefix: own } = this.#settings;
    const what = `cannot list ${prefix === "" ? "the keys" : prefix} of`;
    let token: string | undefined;
    do {
      const { body, refusal } = await this.#client.send({
        method: "GET",
        what,
        query: {
          ...{ "list-type": "2", "encoding-type": "url", prefix: own + prefix },
          ...(token === undefined ? {} : { "continuation-token": token }),
        },
      });
      if (refusal !== undefined) throw refusedError(this.#settings, what, refusal);
      const xml = new TextDecoder().decode(body);
      for (const text of elementTexts(xml, "Key")) {
        const key = decodeURIComponent(text.replaceAll("+", " ")).slice(own.length);
        if (isKey(key)) yield key;
      }
      token =
        elementText(xml, "IsTruncated") === "true" ? elementText(xml, "NextContinuationToken") : undefined;
    } while (token !== undefined);
  }

  async remove(key: string): Promise<void> {
    const what = `cannot remove ${key} from`;
    const { refusal } = await this.#client.send({ method: "DELETE", key: this.#keyOf(key), what });
    if (refusal !== undefined && refusal.status !== 404) throw refusedError(this.#settings, what, refusal);
  }

  #keyOf(key: string): string {
    requireKey(key);
    return this.#settings.prefix + key;
  }

  /** A put whose answer was lost may have made the key: the object then names its writer. */
  async #putOnce(key: string, content: Uint8Array, what: string): Promise<boolean> {
    const writer = randomUUID();
    const headers = { ...ONCE, [WRITER]: writer };
    const { refusal, unsure } = await this.#client.send({ method: "PUT", key, headers, body: content, what });
    if (refusal === undefined) return true;
    if (refusal.status !== 412) throw this.#refused(what, refusal);
    return unsure > 0 && (await this.#writerOf(key, what)) === writer;
  }

  async #writerOf(key: string, what: string): Promise<string | null> {
    const { headers, refusal } = await this.#client.send({ method: "HEAD", key, what });
    if (refusal !== undefined) throw refusedError(this.#settings, what, refusal);
    return headers.get(WRITER);
  }

  async #putParts(key: string, content: Uint8Array, what: string): Promise<boolean> {
    const writer = randomUUID();
    const upload = await this.#beginUpload(key, what, writer);
    try {
      const starts = Array.from(
        { length: Math.ceil(content.length / this.#partBytes) },
        (_, i) => i * this.#partBytes,
      );
      const tags = await mapConcurrently(starts, PARTS_AT_ONCE, (start) =>
        this.#sendPart(
          key,
          upload,
          start / this.#partBytes + 1,
          content.subarray(start, start + this.#partBytes),
          what,
        ),
      );
      const { refusal, unsure } = await this.#completeUpload(key, upload, tags, what);
      if (refusal === undefined) return true;
      const isLost = unsure > 0 && (refusal.status === 412 || refusal.code === "NoSuchUpload");
      if (isLost && (await this.#writerOf(key, what)) === writer) return true;
      if (refusal.status !== 412) throw this.#refused(what, refusal);
      await this.#abortUpload(key, upload, what);
      return false;
    } catch (error) {
      // What was sent costs storage until it is aborted; the first error is the one to report.
      await this.#abortUpload(key, upload, what).catch(() => undefined);
      throw error;
    }
  }

  async #beginUpload(key: string, what: string, writer: string): Promise<string> {
    const { body, refusal } = await this.#client.send({
      ...{ method: "POST", key, query: { uploads: "" }, headers: { [WRITER]: writer }, what },
    });
    const upload =
      refusal === undefined ? elementText(new TextDecoder().decode(body), "UploadId") : undefined;
    if (upload !== undefined) return upload;
    throw refusedError(
      this.#settings,
      what,
      refusal ?? { status: 200, code: "", message: "an answer without an UploadId", date: null },
    );
  }

  async #sendPart(
    key: string,
    upload: string,
    part: number,
    body: Uint8Array,
    what: string,
  ): Promise<string> {
    const query = { partNumber: String(part), uploadId: upload };
    const { headers, refusal } = await this.#client.send({ method: "PUT", key, query, body, what });
    const tag = headers.get("etag");
    if (refusal === undefined && tag !== null) return tag;
    throw refusedError(
      this.#settings,
      what,
      refusal ?? { status: 200, code: "", message: "an answer without an ETag", date: null },
    );
  }

  /** The answer may say 200 first and a refusal in its body: S3 begins to answer before it has joined the parts. */
  async #completeUpload(key: string, upload: string, tags: readonly string[], what: string) {
    const parts = tags.map(
      (tag, i) =>
        `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag.replaceAll('"', "&quot;")}</ETag></Part>`,
    );
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
    const answer = await this.#client.send({
      method: "POST",
      key,
      query: { uploadId: upload },
      headers: ONCE,
      body,
      what,
    });
    const xml = new TextDecoder().decode(answer.body);
    if (answer.refusal !== undefined || !xml.includes("<Error>")) return answer;
    const [code = "", message = ""] = [elementText(xml, "Code"), elementText(xml, "Message")];
    return {
      ...answer,
      refusal: { status: code === "PreconditionFailed" ? 412 : 500, code, message, date: null },
    };
  }

  async #abortUpload(key: string, upload: string, what: string): Promise<void> {
    await this.#client.send({ method: "DELETE", key, query: { uploadId: upload }, what });
  }

  /** Probes a way to put, unless it has been; what fails is tried again. */
  async #probed(way: "whole" | "in parts", probe: () => Promise<void>): Promise<void> {
    const probing = this.#probes.get(way) ?? probe();
    this.#probes.set(way, probing);
    await probing.catch((error: unknown) => {
      this.#probes.delete(way);
      throw error;
    });
  }

  /** Puts the probe: a server that accepts it twice ignores the condition. */
  async #probe(): Promise<void> {
    const what = "cannot write to";
    const key = this.#settings.prefix + PROBE;
    for (let put = 1; put <= 2; put++) {
      const { refusal } = await this.#client.send({
        method: "PUT",
        key,
        headers: ONCE,
        body: new Uint8Array(),
        what,
      });
      if (refusal?.status === 412) return;
      if (refusal !== undefined) throw this.#refused(what, refusal);
    }
    throw this.#unconditional("it wrote the same key twice");
  }

  /** The same for content in parts; the probe's key exists. */
  async #probeParts(): Promise<void> {
    const what = "cannot write to";
    const key = this.#settings.prefix + PROBE;
    const upload = await this.#beginUpload(key, what, "probe");
    const tag = await this.#sendPart(key, upload, 1, new Uint8Array(1), what);
    const { refusal } = await this.#completeUpload(key, upload, [tag], what);
    if (refusal === undefined) throw this.#unconditional("it wrote the same key twice, in parts");
    await this.#abortUpload(key, upload, what);
    if (refusal.status !== 412) throw this.#refused(what, refusal);
  }

  #refused(what: string, refusal: Parameters<typeof refusedError>[2]) {
    if (refusal.status === 501) return this.#unconditional(`${refusal.code} ${refusal.message}`.trim());
    return refusedError(this.#settings, what, refusal);
  }

  #unconditional(why: string): ConfigError {
    return new ConfigError({
      code: "units/no-conditional-put",
      message: `the server of ${this.place} does not know conditional puts (If-None-Match: *): ${why}`,
      place: this.place,
      value: why,
      remedy:
        "Without them, two workers could write one result. Use a newer server (Amazon S3, MinIO, Cloudflare R2 and Ceph know them), or a folder that all machines share.",
    });
  }
}

function isKey(key: string): boolean {
  try {
    requireKey(key);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
