import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { ClientError } from "./client-error.ts";
import { createClient } from "./index.ts";

// A server on this machine that speaks the protocol; test/serving/ has the same calls against the real one.
let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const jsonOf = async (request: IncomingMessage) => JSON.parse(await textOf(request));

const result = (text: string) => ({
  model: { name: "posts", version: "abc" },
  entities: [{ start: 0, end: text.length, text, label: "PER", probability: 0.9 }],
  relations: [],
  offsets: "utf-16",
  visual: "none",
  calibrated: true,
  notes: [],
  timing: { queuedMs: 0, readMs: 1 },
});

const problem = (status: number, code: string, place?: string) => ({
  type: `urn:relata:error:${code}`,
  title: "It is refused.",
  status,
  detail: "this is why",
  code,
  ...(place && { place }),
  remedy: "Do this.",
});

test("A post, the model, the options, the token and the time allowed arrive as the API wants them.", async () => {
  let seen: unknown;
  const url = await serve(async (request, response) => {
    const { authorization, "relata-timeout": timeout } = request.headers;
    seen = { method: request.method, url: request.url, authorization, timeout, body: await jsonOf(request) };
    response.end(JSON.stringify(result("Ada")));
  });
  const client = createClient({ url: `${url}/behind/a/prefix`, token: "secret" });
  const { entities } = await client.extract(
    { text: "Ada", id: "a" },
    { model: "posts", offsets: "code-point", threshold: 0.5, timeoutSeconds: 4 },
  );
  expect(entities[0]).toEqual({ start: 0, end: 3, text: "Ada", label: "PER", probability: 0.9 });
  expect(seen).toEqual({
    method: "POST",
    url: "/behind/a/prefix/v1/extract",
    authorization: "Bearer secret",
    timeout: "4",
    body: { text: "Ada", id: "a", model: "posts", options: { threshold: 0.5, offsets: "code-point" } },
  });
});

test("A picture given as bytes or as a Blob is a file of a form that the request names.", async () => {
  const bodies: FormData[] = [];
  const url = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const type = { headers: { "content-type": request.headers["content-type"] ?? "" } };
    bodies.push(await new Response(Buffer.concat(chunks), type).formData());
    response.end(JSON.stringify(result("Ada")));
  });
  const client = createClient({ url });
  const bytes = new Uint8Array([0, 1, 2, 255]).subarray(1);
  for (const image of [bytes, new Blob([bytes])]) await client.extract({ text: "Ada", image });
  expect(bodies).toHaveLength(2);
  for (const form of bodies) {
    expect(JSON.parse(form.get("request") as string)).toEqual({ text: "Ada", image: { part: "picture-0" } });
    const file = form.get("picture-0") as File;
    expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([1, 2, 255]);
  }
});

test("A problem document becomes an error with its code, place, remedy and status.", async () => {
  const url = await serve((_, response) => {
    response.writeHead(422).end(JSON.stringify(problem(422, "data/no-mentions", "entities")));
  });
  const failure = await createClient({ url })
    .extract({ text: "Ada" })
    .catch((error) => error);
  expect(failure).toBeInstanceOf(ClientError);
  expect(failure).toMatchObject({
    code: "data/no-mentions",
    message: "this is why",
    place: "entities",
    remedy: "Do this.",
    status: 422,
  });
});

test("A full queue is asked again after as long as it says, and an answer that cannot change is not.", async () => {
  const asked: number[] = [];
  const url = await serve((_, response) => {
    asked.push(Date.now());
    if (asked.length === 1)
      response.writeHead(429, { "retry-after": "1" }).end(JSON.stringify(problem(429, "serving/queue-full")));
    else if (asked.length === 2) response.end(JSON.stringify(result("Ada")));
    else response.writeHead(500).end(JSON.stringify(problem(500, "serving/internal")));
  });
  const client = createClient({ url });
  await client.extract({ text: "Ada" });
  expect(asked).toHaveLength(2);
  expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(990); // what Retry-After asks for
  await expect(client.extract({ text: "Ada" })).rejects.toMatchObject({ code: "serving/internal" });
  expect(asked).toHaveLength(3);
});

test("After the last attempt the server's answer is the error.", async () => {
  let asked = 0;
  const url = await serve((_, response) => {
    asked++;
    response.writeHead(503, { "retry-after": "0" }).end(JSON.stringify(problem(503, "serving/closing")));
  });
  await expect(createClient({ url, retries: 1 }).extract({ text: "Ada" })).rejects.toMatchObject({
    code: "serving/closing",
    retryAfterSeconds: 0,
  });
  expect(asked).toBe(2);
});

test("Many posts are asked some at a time, and come back in order, refused ones with their error.", async () => {
  let running = 0;
  let most = 0;
  const url = await serve(async (request, response) => {
    most = Math.max(most, ++running);
    const { text } = await jsonOf(request);
    await new Promise((resolve) => setTimeout(resolve, text === "0" ? 60 : 5));
    running--;
    if (text === "3") response.writeHead(422).end(JSON.stringify(problem(422, "data/text-too-long", "text")));
    else response.end(JSON.stringify(result(text)));
  });
  const texts: string[] = [];
  const posts = Array.from({ length: 12 }, (_, i) => ({ text: String(i), extra: i }));
  for await (const { post, result: found, error } of createClient({ url }).extractMany(posts, {
    concurrency: 3,
  }))
    texts.push(error ? `${post.extra}: ${error.code}` : found.entities[0]!.text);
  expect(texts).toEqual(posts.map(({ text }) => (text === "3" ? "3: data/text-too-long" : text)));
  expect(most).toBe(3);
});

test("A token that the server does not know ends many posts at once.", async () => {
  const url = await serve((_, response) => {
    response.writeHead(401).end(JSON.stringify(problem(401, "serving/unauthorized")));
  });
  const outcomes = createClient({ url }).extractMany([{ text: "a" }, { text: "b" }]);
  await expect(outcomes.next()).rejects.toMatchObject({ code: "serving/unauthorized" });
});

test("A stream yields posts as they are read, however its bytes are cut, and its errors have their places.", async () => {
  const events = [
    ": a comment\n\n",
    `event: result\ndata: ${JSON.stringify({ index: 1, id: "é😀", ...result("Bo") })}\n\n`,
    `event: result\r\ndata: ${JSON.stringify({ index: 0, problem: problem(422, "data/no-mentions", "posts[0]") })}\r\n\r\n`,
    'event: done\ndata: {"posts": 2, "failed": 1}\n\n',
  ].join("");
  const url = await serve(async (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const byte of Buffer.from(events)) {
      response.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    response.end();
  });
  const outcomes = [];
  for await (const outcome of createClient({ url }).stream([{ text: "Ada" }, { text: "Bo" }]))
    outcomes.push(outcome);
  expect(outcomes).toMatchObject([
    { index: 1, id: "é😀", result: { entities: [{ text: "Bo" }] } },
    { index: 0, error: { code: "data/no-mentions", place: "posts[0]" } },
  ]);
});

test("A stream that ends early is an error, and one that the caller leaves is closed.", async () => {
  let closed = 0;
  const url = await serve((request, response) => {
    response.on("close", () => closed++);
    response.write(`event: result\ndata: ${JSON.stringify({ index: 0, ...result("Ada") })}\n\n`);
    if (request.headers["relata-timeout"] === "1") response.end();
  });
  const client = createClient({ url });
  const cut = client.stream([{ text: "Ada" }], { timeoutSeconds: 1 });
  await cut.next();
  await expect(cut.next()).rejects.toMatchObject({ code: "client/unreadable-answer" });
  for await (const _ of client.stream([{ text: "Ada" }])) break;
  await expect.poll(() => closed).toBe(2);
});

test("A caller that aborts stops waiting, also between attempts.", async () => {
  const url = await serve((_, response) => {
    response.writeHead(429, { "retry-after": "60" }).end(JSON.stringify(problem(429, "serving/queue-full")));
  });
  const stop = new AbortController();
  const waiting = createClient({ url }).extract({ text: "Ada" }, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 100);
  await expect(waiting).rejects.toThrow("enough");
});

test("A caller that aborts while an answer arrives does not wait for another attempt.", async () => {
  const stop = new AbortController();
  const client = createClient({
    url: "http://127.0.0.1:9",
    fetch: async () => {
      stop.abort(new Error("enough"));
      const body = JSON.stringify(problem(429, "serving/queue-full"));
      return new Response(body, { status: 429, headers: { "retry-after": "600" } });
    },
  });
  await expect(client.extract({ text: "Ada" }, { signal: stop.signal })).rejects.toThrow("enough");
});

test("A server that cannot be reached is named, and is neither alive nor ready.", async () => {
  const client = createClient({ url: "http://127.0.0.1:9", retries: 0 });
  await expect(client.extract({ text: "Ada" })).rejects.toMatchObject({
    code: "client/unreachable",
    message: expect.stringContaining("http://127.0.0.1:9"),
  });
  expect(await client.health()).toEqual({ alive: false, ready: false, problem: undefined });
});

test("A page of a proxy in place of an answer is named as such.", async () => {
  const url = await serve((_, response) => {
    response.writeHead(502).end("<html>Bad gateway</html>");
  });
  await expect(createClient({ url, retries: 0 }).models()).rejects.toMatchObject({
    code: "client/unreadable-answer",
    status: 502,
    message: expect.stringContaining("Bad gateway"),
  });
});

test("An error answer whose connection breaks is unusable, like any other answer that breaks.", async () => {
  const url = await serve((_, response) => {
    response.writeHead(500, { "content-length": "100" });
    response.write("{", () => response.destroy());
  });
  const client = createClient({ url });
  const broken = { code: "client/unreadable-answer", status: 500 };
  await expect(client.extract({ text: "Ada" })).rejects.toMatchObject(broken);
  for await (const { error } of client.extractMany([{ text: "Ada" }])) expect(error).toMatchObject(broken);
  expect(await client.health()).toEqual({ alive: false, ready: false, problem: undefined });
});

test("Options that make no sense are refused.", () => {
  expect(() => createClient({ url: "no address" })).toThrow(ClientError);
  expect(() => createClient({ url: "file:///etc/passwd" })).toThrow("not http or https");
  expect(() => createClient({ url: "http://a", retries: -1 })).toThrow("retries");
  expect(() => createClient({ url: "http://a" }).extractMany([], { concurrency: 0 })).toThrow("concurrency");
});
