// A static web server for tests and measurements of pages: serves folders under prefixes, isolates pages if asked to, spoils files, and remembers what was requested.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".css": "text/css",
};

/** Serves folders, or texts of pages, by prefix: the longest one counts. */
export async function serveStatic(roots, { isolated = false } = {}) {
  const requests = [];
  const faults = new Map();
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    requests.push(path);
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    const [, fault] = [...faults].find(([end]) => path.endsWith(end)) ?? [];
    if (fault?.kind === "status") {
      response.writeHead(fault.status).end();
      return;
    }
    const content = await contentOf(path);
    if (content === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader(
      "content-type",
      TYPES[extname(path)] ?? (path.endsWith("/") ? TYPES[".html"] : "application/octet-stream"),
    );
    send(response, content, fault);
  });
  const contentOf = async (path) => {
    const prefix = Object.keys(roots)
      .filter((one) => path.startsWith(one))
      .sort((a, b) => b.length - a.length)[0];
    const root = prefix === undefined ? undefined : roots[prefix];
    if (root === undefined || prefix === undefined) return undefined;
    if (typeof root !== "string") return Buffer.from(root.page);
    try {
      return await readFile(join(root, normalize(`/${path.slice(prefix.length) || "index.html"}`)));
    } catch (error) {
      const { code } = error;
      if (code === "ENOENT" || code === "EISDIR") return undefined;
      throw error;
    }
  };
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    faults,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function send(response, content, fault) {
  if (fault?.kind === "edit") {
    response.end(fault.edit(Buffer.from(content)));
    return;
  }
  if (fault?.kind === "broken-off") {
    response.setHeader("content-length", content.length);
    response.write(content.subarray(0, fault.after), () => response.destroy());
    return;
  }
  response.end(content);
}
