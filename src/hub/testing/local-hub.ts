// A hub on this machine for tests: creates repositories, tells how to upload, takes large files whole or in parts, commits, lists, and redirects downloads to another host.

import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const sha1 = (content: Uint8Array) =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** A file of a repository. */
interface Stored {
  readonly content: Uint8Array;
  readonly large: boolean;
}

interface Repo {
  readonly private: boolean;
  commit: string;
  files: Map<string, Stored>;
}

/** A request as it arrived. */
interface Seen {
  readonly host: "hub" | "store";
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
}

type Fault = (request: Seen, response: ServerResponse, body: Buffer) => boolean;

/** A running hub, and the store of large files on another port: another host for tokens. */
export class LocalHub {
  readonly repos = new Map<string, Repo>();
  readonly seen: Seen[] = [];
  /** Answers in place of the hub where it returns true. */
  fault: Fault = () => false;
  /** Extra entries of every list of files. */
  extra: readonly object[] = [];
  readonly #objects = new Map<string, Buffer>();
  readonly #parts = new Map<string, Buffer>();
  readonly #servers: Server[] = [];
  readonly #token: string;
  readonly #largeFrom: number;
  readonly #partBytes: number;
  address = "";
  #store = "";

  constructor({ token, largeFrom, partBytes }: { token: string; largeFrom: number; partBytes: number }) {
    this.#token = token;
    this.#largeFrom = largeFrom;
    this.#partBytes = partBytes;
  }

  async start(): Promise<void> {
    this.address = await this.#listen("hub");
    this.#store = await this.#listen("store");
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  async #listen(host: Seen["host"]): Promise<string> {
    const server = createServer(async (request, response) => {
      const body = await bodyOf(request);
      const { method = "", url: path = "", headers } = request;
      const seen = { host, method, path, authorization: headers.authorization };
      this.seen.push(seen);
      if (this.fault(seen, response, body)) return;
      if (host === "store") this.#answerStore(seen, request, response, body);
      else this.#answerHub(seen, response, body);
    });
    this.#servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #answerHub({ method, path, authorization }: Seen, response: ServerResponse, body: Buffer): void {
    const isKnown = authorization === `Bearer ${this.#token}`;
    if (method === "POST" && path === "/api/repos/create") {
      if (!isKnown) {
        json(response, 401, { error: "Invalid credentials in Authorization header" });
        return;
      }
      const { name, organization, visibility } = JSON.parse(body.toString());
      const id = `${organization}/${name}`;
      if (this.repos.has(id)) {
        json(response, 409, { error: "You already created this model repo" });
        return;
      }
      const start = new Map([[".gitattributes", { content: Buffer.from("*.bin"), large: false }]]);
      this.repos.set(id, { private: visibility === "private", commit: newCommit(), files: start });
      json(response, 200, { url: `${this.address}/${id}`, id });
      return;
    }
    const [, id = "", rest = ""] =
      /^(?:\/api\/models)?\/([^/]+\/[^/?]+?)(?:\.git)?(\/[^?]*|)(?:\?.*)?$/.exec(path) ?? [];
    const repo = this.repos.get(id);
    if (repo === undefined || (repo.private && !isKnown)) {
      json(response, 404, { error: "Repository not found" });
      return;
    }
    if (method === "GET" && rest.startsWith("/resolve/")) {
      this.#resolve(repo, rest, response);
      return;
    }
    if (method === "GET" && rest.startsWith("/tree/")) {
      json(response, 200, this.#tree(repo));
      return;
    }
    if (method === "GET") {
      json(response, 200, { _id: "1", id, sha: repo.commit, private: repo.private });
      return;
    }
    if (!isKnown) {
      json(response, 403, { error: "You don't have the rights to write here" });
      return;
    }
    if (rest.startsWith("/preupload/")) {
      const { files } = JSON.parse(body.toString()) as { files: { path: string; size: number }[] };
      const modes = files.map((file) => ({
        path: file.path,
        uploadMode: file.size >= this.#largeFrom ? "lfs" : "regular",
      }));
      json(response, 200, { files: modes });
      return;
    }
    if (rest === "/info/lfs/objects/batch") {
      this.#batch(response, body);
      return;
    }
    if (rest.startsWith("/commit/")) {
      this.#commit(repo, response, body);
      return;
    }
    json(response, 404, { error: `no such route: ${method} ${path}` });
  }

  #batch(response: ServerResponse, body: Buffer): void {
    const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
    const answers = objects.map(({ oid, size }) => {
      if (this.#objects.has(oid)) return { oid, size }; // it has arrived before
      const upload =
        size <= this.#partBytes
          ? { href: `${this.#store}/whole/${oid}`, header: {} }
          : { href: `${this.#store}/complete/${oid}`, header: this.#partHeader(oid, size) };
      return { oid, size, actions: { upload } };
    });
    json(response, 200, { transfer: "multipart", objects: answers });
  }

  #partHeader(oid: string, size: number): Record<string, string> {
    const count = Math.ceil(size / this.#partBytes);
    const parts = Array.from({ length: count }, (_, i) => {
      const part = String(i + 1).padStart(5, "0");
      return [part, `${this.#store}/part/${oid}/${part}`] as const;
    });
    return { chunk_size: String(this.#partBytes), ...Object.fromEntries(parts) };
  }

  #commit(repo: Repo, response: ServerResponse, body: Buffer): void {
    const files = new Map(repo.files);
    for (const line of body.toString().split("\n").filter(Boolean)) {
      const { key, value } = JSON.parse(line);
      if (key === "header" && value.parentCommit !== undefined && value.parentCommit !== repo.commit) {
        json(response, 412, { error: "A commit has happened since. Please refresh and try again." });
        return;
      }
      if (key === "file")
        files.set(value.path, { content: Buffer.from(value.content, "base64"), large: false });
      if (key === "lfsFile") {
        const content = this.#objects.get(value.oid);
        if (content === undefined) {
          json(response, 400, { error: `object ${value.oid} is missing` });
          return;
        }
        files.set(value.path, { content, large: true });
      }
      if (key === "deletedFile") files.delete(value.path);
    }
    repo.files = files;
    repo.commit = newCommit();
    json(response, 200, { commitOid: repo.commit, commitUrl: `${this.address}/commit`, hookOutput: "" });
  }

  #tree(repo: Repo): object[] {
    const entries = [...repo.files].map(([path, { content, large }]) => ({
      type: "file",
      path,
      size: content.length,
      oid: sha1(content),
      ...(large ? { lfs: { oid: sha256(content), size: content.length, pointerSize: 130 } } : {}),
    }));
    return [...entries, ...this.extra];
  }

  #resolve(repo: Repo, rest: string, response: ServerResponse): void {
    const path = decodeURIComponent(rest.split("/").slice(3).join("/"));
    const file = repo.files.get(path);
    if (file === undefined) {
      json(response, 404, { error: "Entry not found" });
      return;
    }
    if (!file.large) {
      response.writeHead(200, { "content-length": file.content.length }).end(file.content);
      return;
    }
    const location = `${this.#store}/content/${sha256(file.content)}`;
    response.writeHead(302, { location }).end();
  }

  #answerStore(
    { method, path }: Seen,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): void {
    const [, kind, oid = "", part] = path.split("/");
    if (method === "PUT" && kind === "part") {
      this.#parts.set(`${oid}/${part}`, body);
      response.writeHead(200, { etag: sha256(body) }).end();
      return;
    }
    if (method === "GET" && kind === "content") {
      this.#send(oid, request, response);
      return;
    }
    if (kind === "whole") {
      this.#keep(oid, body, response);
      return;
    }
    const { parts } = JSON.parse(body.toString()) as { parts: { partNumber: number; etag: string }[] };
    const pieces = parts.map(({ partNumber, etag }) => {
      const piece = this.#parts.get(`${oid}/${String(partNumber).padStart(5, "0")}`);
      return piece !== undefined && sha256(piece) === etag ? piece : Buffer.alloc(0);
    });
    this.#keep(oid, Buffer.concat(pieces), response);
  }

  #keep(oid: string, content: Buffer, response: ServerResponse): void {
    if (sha256(content) !== oid) {
      json(response, 400, { error: "the content has another hash" });
      return;
    }
    this.#objects.set(oid, content);
    response.writeHead(200).end();
  }

  #send(oid: string, request: IncomingMessage, response: ServerResponse): void {
    const content = [...this.repos.values()]
      .flatMap(({ files }) => [...files.values()])
      .find((file) => file.large && sha256(file.content) === oid)?.content;
    if (content === undefined) {
      json(response, 404, {});
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const range = { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? range : {}).end(content.subarray(from));
  }
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
}

function newCommit(): string {
  return createHash("sha1").update(randomUUID()).digest("hex");
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request) pieces.push(piece as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error; // the client went away
  }
  return Buffer.concat(pieces);
}
