import { afterEach, describe, expect, it } from "vitest";
import { type S3ServerOptions, S3TestServer, TEST_KEYS } from "../../../scripts/s3-server.mjs";
import { testObjectStore } from "../testing/store-contract.ts";
import { readS3Address } from "./address.ts";
import { openS3Store, type S3Options } from "./s3-store.ts";

const servers: S3TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: S3ServerOptions = {}): Promise<S3TestServer> {
  const server = await S3TestServer.start(options);
  servers.push(server);
  return server;
}

const QUICK = { firstWaitMs: 1, longestWaitMs: 4 } as const;

function open(server: S3TestServer, options: S3Options = {}, prefix = "runs/first") {
  const environment = { ...TEST_KEYS, AWS_ENDPOINT_URL_S3: server.url };
  return openS3Store(`s3://bucket/${prefix}`, { ...QUICK, environment, ...options });
}

const bytes = (text: string) => new TextEncoder().encode(text);
async function keysOf(store: Awaited<ReturnType<typeof open>>): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list("")) keys.push(key);
  return keys;
}

testObjectStore("an S3 bucket", async () => open(await start()));
testObjectStore("an S3 bucket, every content in parts", async () =>
  open(await start(), { singleBytes: 0, partBytes: 64_000 }),
);

describe("an S3 store", () => {
  it("signs its requests, so that a server lets in nobody else", async () => {
    const server = await start();
    const wrong = { ...TEST_KEYS, AWS_ENDPOINT_URL: server.url, AWS_SECRET_ACCESS_KEY: "another" };
    const store = await open(server, { environment: wrong });
    await expect(store.get("a")).rejects.toMatchObject({
      code: "units/object-store-denied",
      message: expect.stringContaining("SignatureDoesNotMatch, The request signature we calculated"),
      remedy: expect.stringContaining("AWS_SECRET_ACCESS_KEY"),
    });
    const unknown = await open(server, { environment: { ...wrong, AWS_ACCESS_KEY_ID: "nobody" } });
    await expect(unknown.putIfAbsent("a", bytes("x"))).rejects.toMatchObject({
      code: "units/object-store-denied",
    });
    expect(server.objects.size).toBe(0);
  });

  it("says both clocks when they differ", async () => {
    const store = await open(await start({ clockAhead: 3600 }));
    await expect(store.get("a")).rejects.toMatchObject({
      code: "units/object-store-denied",
      message: expect.stringMatching(
        /RequestTimeTooSkewed.*this machine's clock says .*Z, the server's .*GMT/,
      ),
      remedy: expect.stringContaining("clock"),
    });
  });

  it("says that a bucket does not exist", async () => {
    const server = await start();
    const environment = { ...TEST_KEYS, AWS_ENDPOINT_URL_S3: server.url };
    const store = await openS3Store("s3://other/x", { ...QUICK, environment });
    await expect(store.get("a")).rejects.toMatchObject({ code: "units/no-bucket" });
    await expect(store.putIfAbsent("a", bytes("x"))).rejects.toMatchObject({ code: "units/no-bucket" });
  });

  it("keeps to its prefix, and lists page by page", async () => {
    const server = await start({ pageKeys: 7 });
    const [first, second] = [await open(server), await open(server, {}, "runs/first-of-all")];
    const keys = Array.from({ length: 40 }, (_, i) => `u/${String(i).padStart(3, "0")}`);
    for (const key of keys) await first.putIfAbsent(key, bytes(key));
    await second.putIfAbsent("u/999", bytes("other"));
    expect(await keysOf(first)).toEqual(keys);
    expect(server.received.filter(({ query }) => query.has("list-type"))).toHaveLength(6); // 40 keys and the probe
    expect(server.objects.has("runs/first/u/000")).toBe(true);
  });

  it.each(["all", "in parts"] as const)(
    "refuses a server that ignores the condition: %s",
    async (ignoresConditions) => {
      const server = await start({ ignoresConditions });
      const store = await open(server, { singleBytes: 10 });
      await expect(store.putIfAbsent("a", new Uint8Array(100))).rejects.toMatchObject({
        code: "units/no-conditional-put",
      });
      expect(server.objects.has("runs/first/a")).toBe(false);
    },
  );

  it("refuses a server that does not know the condition, with its words", async () => {
    const store = await open(await start({ refusesConditions: true }));
    await expect(store.putIfAbsent("a", bytes("x"))).rejects.toMatchObject({
      code: "units/no-conditional-put",
      message: expect.stringContaining("functionality that is not implemented"),
    });
  });

  it("repeats what fails for the moment, and knows its own put when the answer was lost", async () => {
    const faults = [
      ...(["slow-down", "reset", "too-many", "reset-after", "truncate", "error", "conflict"] as const),
      undefined,
    ];
    let drawn = 0;
    const server = await start({ fault: () => faults[drawn++ % faults.length] });
    const store = await open(server, { singleBytes: 50_000, partBytes: 20_000, retries: 50 });
    const contents = Array.from({ length: 12 }, (_, i) => bytes(`${i} `.repeat(1 + 5000 * i)));
    for (const [i, content] of contents.entries())
      expect(await store.putIfAbsent(`k/${i}`, content)).toBe(true);
    for (const [i, content] of contents.entries()) {
      expect(await store.putIfAbsent(`k/${i}`, bytes("another"))).toBe(false);
      expect(Buffer.from((await store.get(`k/${i}`)) ?? []).equals(content)).toBe(true);
    }
    expect(await keysOf(store)).toHaveLength(contents.length);
  });

  it("gives up on a server that stays broken, and says what it tried", async () => {
    const server = await start({ fault: () => "slow-down" });
    const store = await open(server, { retries: 3 });
    await expect(store.get("a")).rejects.toMatchObject({
      code: "units/object-store-failed",
      message: expect.stringContaining("status 503, SlowDown, Please reduce your request rate."),
    });
    expect(server.received).toHaveLength(4);
    const dead = await open(server, { retries: 1 });
    await server.close();
    await expect(dead.get("a")).rejects.toMatchObject({
      code: "units/object-store-failed",
      message: expect.stringContaining("gave no whole answer"),
    });
  });

  it("does not wait forever for a server that says nothing", async () => {
    const store = await open(await start({ fault: () => "hang" }), { retries: 1, timeoutMs: 100 });
    await expect(store.get("a")).rejects.toMatchObject({ code: "units/object-store-failed" });
  });

  it("leaves no part of an upload behind that failed or came second", async () => {
    const server = await start({
      fault: ({ query }, n) => (query.get("partNumber") === "3" && n < 40 ? "slow-down" : undefined),
    });
    const store = await open(server, { singleBytes: 10, partBytes: 100, retries: 2 });
    await expect(store.putIfAbsent("big", new Uint8Array(1000))).rejects.toMatchObject({
      code: "units/object-store-failed",
    });
    expect([server.uploads.size, server.objects.has("runs/first/big")]).toEqual([0, false]);
    server.received.length = 40;
    expect(await store.putIfAbsent("big", new Uint8Array(1000))).toBe(true);
    expect(await store.putIfAbsent("big", new Uint8Array(1000))).toBe(false);
    expect(server.uploads.size).toBe(0);
  });
});

describe("an address", () => {
  const read = (address: string, more = {}) => readS3Address(address, { ...TEST_KEYS, ...more });

  it("names bucket, prefix, server and style", () => {
    expect(read("s3://posts/runs/1/")).toMatchObject({
      ...{
        place: "s3://posts/runs/1",
        bucket: "posts",
        prefix: "runs/1/",
        region: "us-east-1",
        pathStyle: false,
      },
      endpoint: new URL("https://s3.us-east-1.amazonaws.com"),
    });
    expect(read("s3://posts?endpoint=http://127.0.0.1:9000&region=eu")).toMatchObject({
      prefix: "",
      pathStyle: true,
      region: "eu",
    });
    expect(read("s3://my.posts", { AWS_REGION: "eu-north-1" })).toMatchObject({
      pathStyle: true,
      region: "eu-north-1",
    });
    expect(read("s3://posts?endpoint=https://s3.example.org&style=host").pathStyle).toBe(false);
  });

  it.each([
    "s3://",
    "s3://P",
    "s3://posts/a//b",
    "s3://posts/.a",
    "s3://posts?endpoint=minio:9000",
    "s3://posts?key=1",
    "s3://posts?style=x",
    "s3://posts?endpoint=http://me:secret@host",
  ])("is refused: %s", (address) => {
    expect(() => read(address)).toThrow(expect.objectContaining({ code: "units/bad-address" }));
  });

  it("needs keys from the environment, and never repeats a password", () => {
    expect(() => readS3Address("s3://posts", {})).toThrow(
      expect.objectContaining({ code: "units/no-credentials", place: "AWS_ACCESS_KEY_ID" }),
    );
    expect(() => read("s3://posts?endpoint=http://me:secret@host")).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("secret") }),
    );
  });
});
