// A hub that misbehaves, and another host that must never see the access token.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resolveEncoder } from "./folder.ts";

const CONFIG = '{"model_type":"bert"}';
const WEIGHTS = "weights ".repeat(100);
const TOKEN = "hf_secret0123456789";
const oid = (text: string): string => createHash("sha1").update(`blob ${text.length}\0${text}`).digest("hex");
const LIST = JSON.stringify(
  [
    ["config.json", CONFIG],
    ["model.safetensors", WEIGHTS],
  ].map(([path = "", text = ""]) => ({ type: "file", path, size: text.length, oid: oid(text) })),
);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const servers: Server[] = [];
async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let work = "";
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "relata-hub-"));
  vi.stubEnv("HF_TOKEN", TOKEN);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  await rm(work, { recursive: true });
});

const usual: Answer = (request, response) => {
  const url = request.url ?? "";
  if (url.includes("/tree/")) response.end(LIST);
  else if (url.startsWith("/api")) response.end(JSON.stringify({ _id: "1", id: "o/n", sha: "a".repeat(40) }));
  else response.end(url.includes("config") ? CONFIG : WEIGHTS);
};
const download = (hubUrl: string) => resolveEncoder("o/n", { hubUrl, cacheDir: join(work, "hf") });

describe("a hub's access token", () => {
  it("goes to the hub, and not to the host that files are redirected to", async () => {
    const seen: (string | undefined)[] = [];
    const store = await serve((request, response) => {
      seen.push(request.headers.authorization);
      usual(request, response);
    });
    const asked: (string | undefined)[] = [];
    const hub = await serve((request, response) => {
      asked.push(request.headers.authorization);
      if (!request.url?.includes("/resolve/")) return usual(request, response);
      response.writeHead(302, { location: `${store}${request.url}` }).end();
    });
    expect((await download(hub)).config).toEqual({ model_type: "bert" });
    expect(new Set(asked)).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(seen).toEqual([undefined, undefined]);
  });

  it("is not sent along with a list that another host continues, and is left out of messages", async () => {
    const seen: string[] = [];
    const other = await serve((request, response) => {
      seen.push(request.url ?? "");
      response.end("[]");
    });
    const hub = await serve((request, response) => {
      if (request.url?.includes("/tree/")) response.setHeader("link", `<${other}/next>; rel="next"`);
      usual(request, response);
    });
    await expect(download(hub)).rejects.toMatchObject({ code: "encoder/hub-link-refused" });
    expect(seen).toEqual([]);
    const echo = await serve((_, response) => {
      response
        .writeHead(500, { "content-type": "application/json" })
        .end(JSON.stringify({ error: `no ${TOKEN}` }));
    });
    const said = await download(echo).catch((error: Error) => error.message);
    expect(said).toContain("no [HF_TOKEN]");
  });
});

describe("a hub without end", () => {
  it("is left after a bounded number of pages, redirects and bytes", async () => {
    const pages = await serve((request, response) => {
      if (request.url?.includes("/tree/"))
        response.setHeader("link", `<http://${request.headers.host}${request.url}>; rel="next"`);
      usual(request, response);
    });
    await expect(download(pages)).rejects.toMatchObject({ code: "encoder/hub-answer-too-large" });
    const circle = await serve((request, response) => {
      response.writeHead(307, { location: request.url }).end();
    });
    await expect(download(circle)).rejects.toMatchObject({ code: "encoder/hub-redirects" });
    const endless = await serve((request, response) => {
      if (!request.url?.includes("/resolve/")) return usual(request, response);
      response.on("error", () => {});
      const write = (): void => {
        while (response.write(Buffer.alloc(10_000)));
      };
      response.on("drain", write);
      write();
    });
    await expect(download(endless)).rejects.toMatchObject({ code: "encoder/damaged-download" });
  });

  it("that breaks off is asked for the rest alone", async () => {
    const ranges: (string | undefined)[] = [];
    const hub = await serve((request, response) => {
      if (!request.url?.includes("model.safetensors")) return usual(request, response);
      ranges.push(request.headers.range);
      const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0] ?? 0);
      const total = { "content-length": WEIGHTS.length - from };
      if (from === 0) {
        response.writeHead(200, total).write(WEIGHTS.slice(0, 300));
        setTimeout(() => response.destroy(), 300); // what is not taken from a broken connection by then is lost
      } else
        response
          .writeHead(206, { ...total, "content-range": `bytes ${from}-799/800` })
          .end(WEIGHTS.slice(from));
    });
    expect((await download(hub)).files.weights).toEqual(["model.safetensors"]);
    expect(ranges.at(-1)).toBe("bytes=300-");
    expect(new Set(ranges.slice(0, -1))).toEqual(new Set([undefined])); // more than one where a break came before the bytes
  });
});
