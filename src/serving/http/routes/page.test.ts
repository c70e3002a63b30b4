// The page's files: only those of its build, by name, with types, a strict policy, and caches that a new build replaces.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestApp, testApp } from "../../testing/serve-app.ts";

const SCRIPT = "/assets/index-BX3k_1aZ.js";

let folder: string;
let made: TestApp;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-static-"));
  const page = join(folder, "page");
  await mkdir(join(page, "assets"), { recursive: true });
  await writeFile(join(page, "index.html"), "<!doctype html><title>relata</title>");
  await writeFile(join(page, SCRIPT), "export {};");
  await writeFile(join(page, "unknown.abc"), "?");
  await writeFile(join(folder, "secret.txt"), "secret");
  await symlink(join(folder, "secret.txt"), join(page, "link.txt"));
  made = testApp({ pageFolder: page, tokens: ["a-token-of-16-letters"] });
});
afterAll(async () => {
  await made.close();
  await rm(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) => made.app.request(path, { headers });

it("is open without a token, with a policy that allows nothing from elsewhere", async () => {
  for (const path of ["/", "/index.html"]) {
    const answer = await get(path);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const policy = answer.headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|https?:/);
  }
  expect((await get("/v1/models")).status).toBe(401);
});

it("keeps files whose name has their hash for ever, and asks again for the others", async () => {
  const script = await get(SCRIPT);
  expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  const index = await get("/");
  expect(index.headers.get("cache-control")).toBe("no-cache");
  const etag = index.headers.get("etag") ?? "";
  const again = await get("/", { "if-none-match": `"other", ${etag}` });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  expect((await get("/", { "if-none-match": '"other"' })).status).toBe(200);
  expect((await get("/unknown.abc")).headers.get("content-type")).toBe("application/octet-stream");
});

it.each([
  "/../secret.txt",
  "/%2e%2e/secret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/link.txt",
  "/assets",
  "/index.html/",
])("has nothing at %s", async (path) => {
  const answer = await get(path);
  expect(answer.status).toBe(404);
});

it("says that there is no page without its build", async () => {
  for (const pageFolder of [undefined, join(folder, "none")]) {
    const bare = testApp({ pageFolder });
    const answer = await bare.app.request("/");
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: "serving/page-not-built" }),
    ]);
    await bare.close();
  }
});
