// The page: the files that its build left, read once at the start. A request is compared with their names and never becomes a path.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import type { ServingApp, ServingContext } from "../dependencies.ts";
import { PAGE_HEADERS } from "../guards/security-headers.ts";
import { RequestError } from "../request-error.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Vite's names: `index-BX3k_1aZ.js`. A changed file has another name. */
const HASHED = /-[\w-]{8}\.\w+$/;
const FOREVER = "public, max-age=31536000, immutable";

interface PageFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly cache: string;
}

/** Serves the page's files at `/`; without a folder, or without a build in it, `/` says so. */
export function addPage(app: ServingApp, folder: string | undefined): void {
  const files = folder === undefined ? new Map<string, PageFile>() : filesOf(folder);
  if (!files.has("/index.html")) {
    app.get("/", () => {
      throw new RequestError({ code: "serving/page-not-built", message: "this server has no page" });
    });
    return;
  }
  for (const [path, file] of files) app.get(path, (c) => answer(c, file));
  const index = files.get("/index.html")!; // checked above
  app.get("/", (c) => answer(c, index));
}

function answer(c: ServingContext, { bytes, type, etag, cache }: PageFile): Response {
  const headers = { ...PAGE_HEADERS, "content-type": type, "cache-control": cache, etag };
  const known = c.req
    .header("if-none-match")
    ?.split(",")
    .map((one) => one.trim());
  if (known?.includes(etag) || known?.includes("*")) return c.body(null, 304, headers);
  return c.body(new Uint8Array(bytes), 200, headers);
}

function filesOf(folder: string): ReadonlyMap<string, PageFile> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = readFileSync(path);
      const type = TYPES[extname(entry.name)] ?? "application/octet-stream";
      const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
      const cache = HASHED.test(entry.name) ? FOREVER : "no-cache";
      return [`/${relative(folder, path).split(sep).join("/")}`, { bytes, type, etag, cache }];
    }),
  );
}
