// A server that follows the API's contract without models, for tests of the page alone: it serves dist/page/ with the strict policy.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import type { OfferedDocuments } from "../../../src/serving/page/answers.ts";
import type { Correction, DocumentState, TrainingDocument } from "../../../web/api/types.ts";
import { answerTo, MODELS } from "./fake-answers.ts";

const PAGE = resolve(import.meta.dirname, "../../../dist/page");
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};
/** A picture of 64 by 48 pixels. */
export const PICTURE = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><rect width="640" height="480" fill="#7aa0c4"/><circle cx="180" cy="250" r="110" fill="#e7c9a9"/><circle cx="470" cy="260" r="90" fill="#c8553d"/></svg>',
);

/** Of documents that are all indexed. */
const OFFER: OfferedDocuments = {
  ...{ indexed: 1, count: 0, done: 0, read: 0, pictures: true },
  labels: { entities: [], relations: [], categories: [] },
};

/** How the server behaves. */
export interface FakeOptions {
  readonly models?: number;
  readonly token?: string;
  readonly documents?: readonly TrainingDocument[];
  readonly runs?: boolean;
  readonly views?: boolean;
  /** Refuse this many extractions as too many. */
  readonly refuse?: number;
  /** Milliseconds before each result of a stream. */
  readonly delayMs?: number;
}

/** A running server and what it was sent. */
export interface Fake {
  readonly url: string;
  readonly saved: Map<string, Correction>;
  readonly requests: string[];
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function problem(
  response: ServerResponse,
  status: number,
  code: string,
  detail: string,
  remedy: string,
): void {
  response.writeHead(status, {
    "content-type": "application/problem+json",
    ...(status === 429 ? { "retry-after": "1" } : {}),
  });
  response.end(
    JSON.stringify({ type: `urn:relata:error:${code}`, title: code, status, code, detail, remedy }),
  );
}

interface PostBody {
  readonly text: string;
  readonly image?: unknown;
  readonly explain?: boolean;
}

/** Reads the JSON of a request, also from the field `request` of a multipart body. */
async function askedOf(
  request: IncomingMessage,
): Promise<PostBody & { readonly posts?: readonly PostBody[] }> {
  const body = (await bodyOf(request)).toString("utf8");
  if ((request.headers["content-type"] ?? "").startsWith("application/json")) return JSON.parse(body);
  const field = /name="request"\r\n\r\n([\s\S]*?)\r\n--/.exec(body)?.[1];
  if (field === undefined) throw new Error("the body has no field request");
  return JSON.parse(field);
}

/** Starts a server on any port. */
export async function startFake(options: FakeOptions = {}): Promise<Fake> {
  const saved = new Map<string, Correction>();
  const requests: string[] = [];
  const documents = options.documents ?? [];
  let refuse = options.refuse ?? 0;
  const stateOf = (id: string): DocumentState => saved.get(id)?.state ?? "open";

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const path = decodeURIComponent(url.pathname);
    if (path === "/healthz" || path === "/readyz") return json(response, {});
    if (!path.startsWith("/v1/")) {
      const name = path === "/" ? "index.html" : path.slice(1);
      const file = join(PAGE, name);
      if (!file.startsWith(PAGE) || !existsSync(file)) return json(response, {}, 404);
      response.writeHead(200, {
        "content-type": TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream",
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
      });
      response.end(readFileSync(file));
      return;
    }
    requests.push(`${request.method} ${url.pathname}${url.search}`);
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
      return problem(response, 401, "serving/no-token", "The request has no valid token", "Send a token.");
    }
    if (path === "/v1/models") return json(response, { models: MODELS.slice(0, options.models ?? 1) });
    if (path === "/v1/page") {
      return json(response, {
        documents: documents.length === 0 ? null : { ...OFFER, count: documents.length, done: saved.size },
        runs: options.runs === true ? [{ name: "relations", task: "mre" }] : [],
        views: options.views === true,
      });
    }
    if (path === "/v1/extract") {
      const asked = await askedOf(request);
      if (asked.text.includes("unreadable")) {
        return problem(response, 422, "data/blank-text", "The text cannot be read", "Send another text.");
      }
      return json(response, answerTo(asked));
    }
    if (path === "/v1/extract/stream") {
      const asked = await askedOf(request);
      if (refuse > 0) {
        refuse--;
        return problem(response, 429, "serving/queue-full", "400 posts wait", "Wait, then send again.");
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      let failed = 0;
      for (const [index, post] of (asked.posts ?? []).entries()) {
        if (options.delayMs !== undefined) await new Promise((done) => setTimeout(done, options.delayMs));
        const bad = post.text.includes("unreadable");
        if (bad) failed++;
        const result = bad
          ? {
              index,
              problem: {
                title: "Cannot be read",
                status: 422,
                code: "data/blank-text",
                detail: "The text cannot be read",
              },
            }
          : { index, ...answerTo(post) };
        response.write(`event: result\ndata: ${JSON.stringify(result)}\n\n`);
      }
      response.end(`event: done\ndata: ${JSON.stringify({ posts: asked.posts?.length, failed })}\n\n`);
      return;
    }
    if (path === "/v1/page/corrections.jsonl") {
      const lines = [...saved].map(([id, correction]) => JSON.stringify({ id, ...correction }));
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.end(`${lines.join("\n")}\n`);
      return;
    }
    if (path === "/v1/page/documents") {
      const state = url.searchParams.get("state") ?? "open";
      const after = Number(url.searchParams.get("after") ?? 0);
      const limit = Number(url.searchParams.get("limit") ?? 50);
      const all = documents
        .map((document, i) => ({
          id: document.id,
          text: document.text,
          ...(document.image === undefined ? {} : { image: true }),
          uncertainty: Math.round((1 - i / documents.length) * 1000) / 1000,
          state: stateOf(document.id),
        }))
        .filter((one) => state === "all" || (state === "open") === (one.state === "open"));
      const next = after + limit < all.length ? { next: String(after + limit) } : {};
      return json(response, { documents: all.slice(after, after + limit), ...next });
    }
    const [, id = "", rest = ""] = /^\/v1\/page\/documents\/(.+?)(\/picture)?$/.exec(path) ?? [];
    const document = documents.find((one) => one.id === id);
    if (document !== undefined && rest === "/picture") {
      response.writeHead(200, { "content-type": "image/svg+xml" });
      response.end(PICTURE);
      return;
    }
    if (document !== undefined && request.method === "PUT") {
      const correction = JSON.parse((await bodyOf(request)).toString("utf8")) as Correction;
      saved.set(id, correction);
      return json(response, { state: correction.state });
    }
    if (document !== undefined) {
      const correction = saved.get(id);
      return json(response, {
        document: correction === undefined ? document : { ...document, ...correction },
        predicted: answerTo(document),
        state: stateOf(id),
        ...(correction === undefined ? {} : { savedBy: correction.by, savedAt: new Date().toISOString() }),
      });
    }
    if (path === "/v1/page/runs/relations/confusion") {
      return json(response, {
        labels: ["None", "/per/per/peer", "/per/org/member_of", "/org/loc/contain"],
        cells: [
          [120, 4, 0, 1],
          [9, 44, 2, 0],
          [3, 0, 31, 0],
          [0, 1, 0, 17],
        ],
      });
    }
    if (path === "/v1/page/runs/relations/mistakes") {
      const after = Number(url.searchParams.get("after") ?? 0);
      const mistakes = Array.from({ length: 2 }, (_, i) => ({
        id: `m-${after + i}`,
        text: `Ann Lee met Bob in Rome, post ${after + i}`,
        gold: url.searchParams.get("gold"),
        predicted: url.searchParams.get("predicted"),
        head: { start: 0, end: 7, label: "PER" },
        tail: { start: 12, end: 15, label: "PER" },
        probability: 0.71,
      }));
      return json(response, { mistakes, ...(after < 4 ? { next: String(after + 2) } : {}) });
    }
    if (path === "/v1/page/views") {
      const after = Number(url.searchParams.get("after") ?? 0);
      const views = Array.from({ length: 6 }, (_, i) => ({
        id: `v-${after + i}`,
        document: `tweets-${after + i}`,
        text: `A generated text about Ann and Rome, number ${after + i}`,
        ...(i % 2 === 0 ? { picture: true } : {}),
        label: "/per/per/peer",
        score: Math.round((0.98 - (after + i) * 0.03) * 1000) / 1000,
        kept: i % 3 !== 2,
        round: 1 + (i % 2),
        chain: "1",
        adds: 0.4 - i * 0.1,
        predicted: i === 3 ? "None" : "/per/per/peer",
        ...(i % 3 === 2 ? { reason: "duplicate" } : {}),
      }));
      return json(response, { views, ...(after < 12 ? { next: String(after + 6) } : {}) });
    }
    if (/^\/v1\/page\/views\/[^/]+\/picture$/.test(path)) {
      response.writeHead(200, { "content-type": "image/svg+xml" });
      response.end(PICTURE);
      return;
    }
    return problem(response, 404, "serving/no-such-path", `There is no ${path}`, "See /openapi.json.");
  }

  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.end();
      else problem(response, 500, "serving/fault", String(error), "Look at the log.");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    saved,
    requests,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
