// The API behind a port: what only real connections show: slow, broken and departing callers, limits before the body is read.
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { posting, type TestServer, testServer } from "../testing/serve-app.ts";

let server: TestServer;
afterEach(() => server.close());

const JSON_HEAD = "POST /v1/extract HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

/** Sends bytes and returns all that comes back until the connection ends, or goes quiet. */
function raw(bytes: string | readonly string[], quietMs = 1500): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(server.port, "127.0.0.1");
    let answer = "";
    socket.setTimeout(quietMs, () => {
      socket.destroy();
      resolve(answer);
    });
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => (answer === "" ? reject(error) : resolve(answer)));
    socket.on("close", () => resolve(answer));
    const parts = typeof bytes === "string" ? [bytes] : bytes;
    for (const part of parts) socket.write(part, "latin1");
  });
}

describe("a server", () => {
  it("answers over a connection, several times", async () => {
    server = await testServer();
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(`${server.address}/v1/extract`, posting({ text: "Ada met Bo" }));
      expect(await answer.json()).toMatchObject({ relations: [{ label: "next to" }] });
    }
    const form = new FormData();
    form.append("text", "Ada met Bo");
    form.append("image", new Blob([Buffer.alloc(200_000, 1)]), "../../etc/passwd");
    const answer = await fetch(`${server.address}/v1/extract`, { method: "POST", body: form });
    expect(answer.status).toBe(200);
    expect(server.service.jobs.at(-1)?.post.image).toHaveLength(200_000);
  });

  it("refuses a body that is announced or turns out to be too large, without reading it all", async () => {
    server = await testServer({ settings: { maxBodyBytes: 10_000 } });
    const announced = await raw(`${JSON_HEAD}Content-Length: 99999999\r\n\r\n{`);
    expect(announced).toMatch(/^HTTP\/1\.1 413 /);
    expect(announced).toContain("serving/body-too-large");
    const chunk = `${(4096).toString(16)}\r\n${"a".repeat(4096)}\r\n`;
    const endless = await raw([`${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n`, ...Array(10).fill(chunk)]);
    expect(endless).toMatch(/^HTTP\/1\.1 413 /);
    expect((await fetch(`${server.address}/v1/extract`, posting({ text: "Ada" }))).status).toBe(200);
  });

  it.each([
    [
      "contradicting lengths",
      `${JSON_HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["two lengths", `${JSON_HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    ["a length that is not a number", `${JSON_HEAD}Content-Length: 2x\r\n\r\n{}`, 400],
    ["a header folded over lines", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n\r\n", 400],
    ["a space before a colon", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A : b\r\n\r\n", 400],
    ["no host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["a host that is none", "GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400],
    ["a NUL in a header", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\0c\r\n\r\n", 400],
    ["no HTTP at all", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 400],
    ["an unknown method", "BREW /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["HTTP/2 without agreement", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    [
      "headers of 20 kB",
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ${"b".repeat(20_000)}\r\n\r\n`,
      431,
    ],
    [
      "a path out of the root",
      "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      404,
    ],
    [
      "an encoded path out of the root",
      "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      404,
    ],
    ["a backslash", "GET /..\\..\\x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400],
    [
      "a whole address",
      "GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      200,
    ],
    [
      "another method in a header",
      "GET /v1/extract HTTP/1.1\r\nHost: localhost\r\nX-HTTP-Method-Override: POST\r\nConnection: close\r\n\r\n",
      405,
    ],
    ["TRACE", "TRACE /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405],
    [
      "an upgrade",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
      200,
    ],
  ])("answers %s with a status of its own", async (_, bytes, status) => {
    server = await testServer();
    const answer = await raw(bytes);
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    if (status >= 400) expect(answer).toContain("application/problem+json");
    expect(answer).not.toMatch(/node_modules|\.ts:\d|\bat .*\(/);
  });

  it("closes connections that send too slowly", async () => {
    server = await testServer({}, { headersTimeoutMs: 200, receivingTimeoutMs: 400 });
    const slowHeaders = await raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ", 10_000);
    expect(slowHeaders).toMatch(/^HTTP\/1\.1 408 /);
    const slowBody = await raw(`${JSON_HEAD}Content-Length: 100\r\n\r\n{`, 10_000);
    expect(slowBody).toMatch(/^HTTP\/1\.1 408 /);
    expect((await fetch(`${server.address}/healthz`)).status).toBe(200);
  });

  it("cancels what a caller who left was waiting for", async () => {
    server = await testServer();
    const signals: AbortSignal[] = [];
    server.service.before = async ({ signal }) => {
      signals.push(signal);
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    for (const path of ["/v1/extract", "/v1/extract/stream"]) {
      const leaving = new AbortController();
      const answer = fetch(server.address + path, {
        ...posting({ posts: [{ text: "Ada" }, { text: "Bo" }] }),
        signal: leaving.signal,
      }).then((stream) => stream.text());
      answer.catch(() => undefined); // expected below
      await until(() => signals.length === 2);
      leaving.abort();
      await until(() => signals.every(({ aborted }) => aborted));
      await expect(answer).rejects.toThrow();
      signals.length = 0;
    }
    await until(() => server.lines.filter((line) => line.includes("/v1/extract")).length === 2);
    expect(server.lines.join("")).not.toContain("error");
  });

  it("streams each result when it is there", async () => {
    server = await testServer();
    let release = () => {};
    server.service.before = ({ post }) =>
      post.text === "slow"
        ? new Promise<void>((resolve) => {
            release = resolve;
          })
        : undefined;
    const answer = await fetch(
      `${server.address}/v1/extract/stream`,
      posting({ posts: [{ text: "slow" }, { text: "Ada" }] }),
    );
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader(); // a stream has a body
    expect((await reader.read()).value).toContain('"index":1');
    release();
    expect((await reader.read()).value).toContain('"index":0');
  });

  it("asks for a body only after it has decided to read it", async () => {
    server = await testServer({ tokens: ["a-long-enough-token"] });
    const continued = (authorization: string) =>
      new Promise<readonly [boolean, number | undefined]>((resolve, reject) => {
        let isAsked = false;
        const asking = httpRequest(`${server.address}/v1/extract`, {
          method: "POST",
          headers: {
            expect: "100-continue",
            "content-type": "application/json",
            "content-length": 14,
            authorization,
          },
        });
        asking.on("continue", () => {
          isAsked = true;
          asking.end('{"text":"Ada"}');
        });
        asking.on("response", (answer) => {
          answer.resume();
          resolve([isAsked, answer.statusCode]);
          asking.destroy();
        });
        asking.on("error", reject);
        asking.flushHeaders();
      });
    expect(await continued("Bearer wrong")).toEqual([false, 401]);
    expect(await continued("Bearer a-long-enough-token")).toEqual([true, 200]);
  });

  it("escapes in its log whatever callers send", async () => {
    server = await testServer();
    await raw("GET /a%0Ab\x1b[31m\u00e9 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await fetch(`${server.address}/v1/%E2%80%AEevil%0Ainfo`, { method: "GET" });
    await until(() => server.lines.length > 0);
    for (const line of server.lines) expect(line).toMatch(/^[\x20-\x7e]+\n$/);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(5);
}
