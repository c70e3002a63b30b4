// The API over a fake service: what is answered, what is refused and how.
import { afterEach, describe, expect, it } from "vitest";
import { DataError, RelataError } from "../../base/errors.ts";
import { posting, type TestApp, testApp } from "../testing/serve-app.ts";

let made: TestApp;
const start = (options?: Parameters<typeof testApp>[0]) => {
  made = testApp(options);
  return made;
};
afterEach(() => made.close());

const TEXT = "Ada met Bo";
/** A GIF of one pixel. */
const GIF = "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==";

async function problemOf(response: Response | Promise<Response>) {
  const answer = await response;
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await answer.json()) as Record<string, unknown>;
  expect(problem.status).toBe(answer.status);
  expect(problem.instance).toBe(answer.headers.get("x-request-id"));
  return problem;
}

describe("one post", () => {
  it("is answered with what was found in it", async () => {
    const { app, service } = start();
    const answer = await app.request(
      "/v1/extract",
      posting({ id: "a", text: TEXT, options: { threshold: 0.5 } }),
    );
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      id: "a",
      model: { name: "posts", version: "0123456789ab" },
      entities: [
        { start: 0, end: 3, text: "Ada", label: "NAME", probability: 0.75 },
        { start: 8, end: 10, text: "Bo", label: "NAME", probability: 0.75 },
      ],
      relations: [{ head: 0, tail: 1, headText: "Ada", tailText: "Bo", label: "next to", probability: 0.5 }],
      offsets: "utf-16",
      visual: "none",
      calibrated: true,
      notes: [],
      timing: { queuedMs: 0.25, readMs: 1.5 },
    });
    expect(service.jobs[0]?.options).toEqual({
      unwantedVisual: "report",
      threshold: 0.5,
      maxTextLength: made.settings.maxTextLength,
    });
  });

  it("may have its picture as base64, a data URL, or a long base64 that is taken out before parsing", async () => {
    const { app, service } = start();
    const long = Buffer.alloc(5000, 7);
    for (const base64 of [GIF, `data:image/gif;base64,${GIF}`, long.toString("base64")]) {
      const answer = await app.request("/v1/extract", posting({ text: TEXT, image: { base64 } }));
      expect(answer.status).toBe(200);
    }
    const gif = Buffer.from(GIF, "base64");
    expect(service.jobs.map(({ post }) => Buffer.from(post.image as Uint8Array))).toEqual([gif, gif, long]);
  });

  it("has null fields counted as absent", async () => {
    const { app } = start();
    const answer = await app.request(
      "/v1/extract",
      posting({ text: TEXT, id: null, image: null, options: null }),
    );
    expect(answer.status).toBe(200);
  });

  it.each([
    [{ txt: TEXT }, 'unknown field "txt", did you mean "text"?', "text"],
    [{ text: TEXT, treshold: 0.5 }, 'unknown field "treshold"', "treshold"],
    [{ text: TEXT, options: { treshold: 0.5 } }, 'did you mean "threshold"?', "options.treshold"],
    [{ text: 7 }, "text: expected text, got a number", "text"],
    [{}, "text: expected text, but it is missing", "text"],
    [[], "the body: expected an object, got a list", undefined],
    ["null", "the body: expected an object", undefined],
    [{ text: TEXT, image: "photo.jpg" }, "image: expected an object", "image"],
    [{ text: TEXT, image: {} }, "exactly one of base64, part and url", "image"],
    [{ text: TEXT, image: { base64: GIF, url: "x" } }, "exactly one of base64, part and url", "image"],
    ['{"text":"a","options":{"threshold":1e999}}', "options.threshold", "options.threshold"],
    [
      { text: TEXT, entities: [{ start: 0.5, end: 3, label: "A" }] },
      "entities[0].start",
      "entities[0].start",
    ],
  ])("that is malformed is refused with the place: %j", async (body, says, place) => {
    const { app } = start();
    const problem = await problemOf(app.request("/v1/extract", posting(body)));
    expect(problem).toMatchObject({
      status: 400,
      code: "serving/bad-request",
      ...(place === undefined ? {} : { place }),
    });
    expect(problem.detail).toContain(says);
    expect(problem.place).toBe(place);
  });

  it("that cannot be read is answered with 422, its code and its place", async () => {
    const { app, service } = start();
    service.before = () => {
      throw new DataError({
        code: "data/span-out-of-range",
        message: "no",
        place: "entities[0]",
        remedy: "Fix it.",
      });
    };
    expect(await problemOf(app.request("/v1/extract", posting({ text: TEXT })))).toMatchObject({
      status: 422,
      code: "data/span-out-of-range",
      place: "entities[0]",
      remedy: "Fix it.",
    });
  });

  it("with a longer text than the limit, or a picture beyond it, is refused before the service is asked", async () => {
    const { app, service } = start({ settings: { maxTextLength: 5, maxPictureBytes: 10 } });
    expect(await problemOf(app.request("/v1/extract", posting({ text: TEXT })))).toMatchObject({
      status: 422,
      code: "data/text-too-long",
    });
    const large = posting({ text: "a", image: { base64: GIF } });
    expect(await problemOf(app.request("/v1/extract", large))).toMatchObject({
      status: 413,
      place: "image.base64",
    });
    const broken = posting({ text: "a", image: { base64: "R0lG*A==" } });
    expect(await problemOf(app.request("/v1/extract", broken))).toMatchObject({
      status: 422,
      code: "serving/bad-base64",
      detail: "image.base64 has a character at 5 that base64 does not use",
    });
    expect(service.jobs).toEqual([]);
  });

  it("waits as long as the header Relata-Timeout says", async () => {
    const { app, service } = start();
    await app.request("/v1/extract", posting({ text: TEXT }, { "relata-timeout": "2.5" }));
    expect((service.jobs[0]?.deadline ?? 0) - Date.now()).toBeLessThanOrEqual(2500);
    expect(
      await problemOf(app.request("/v1/extract", posting({ text: TEXT }, { "relata-timeout": "soon" }))),
    ).toMatchObject({ status: 400, place: "Relata-Timeout" });
  });
});

describe("many posts", () => {
  it("have one result each, in order; a bad one does not spoil the others", async () => {
    const { app, service } = start();
    service.before = async ({ post }) => {
      if (post.text === "slow") await new Promise((resolve) => setTimeout(resolve, 20));
      if (post.text === "bad")
        throw new DataError({
          code: "data/no-mentions",
          message: "no",
          place: "entities",
          remedy: "Give them.",
        });
    };
    const posts = [{ id: "s", text: "slow" }, { text: "bad" }, { id: "t", text: 7 }, { text: TEXT }];
    const answer = await app.request("/v1/extract", posting({ posts }));
    expect(answer.status).toBe(200);
    const { results, model } = (await answer.json()) as {
      results: Record<string, unknown>[];
      model: unknown;
    };
    expect(model).toEqual({ name: "posts", version: "0123456789ab" });
    expect(results[0]).toMatchObject({ id: "s", entities: [] });
    expect(results[1]).toMatchObject({
      problem: { code: "data/no-mentions", place: "posts[1].entities", status: 422 },
    });
    expect(results[2]).toMatchObject({
      id: "t",
      problem: { code: "serving/bad-request", place: "posts[2].text" },
    });
    expect(results[3]).toMatchObject({ relations: [{ label: "next to" }] });
  });

  it("are limited in number", async () => {
    const { app } = start({ settings: { maxPosts: 2 } });
    const posts = [{ text: "a" }, { text: "b" }, { text: "c" }];
    expect(await problemOf(app.request("/v1/extract", posting({ posts })))).toMatchObject({
      status: 413,
      code: "serving/too-many-posts",
    });
    expect(await problemOf(app.request("/v1/extract", posting({ posts: [] })))).toMatchObject({
      status: 400,
    });
  });

  it("wait for each other when the queue is full of them, and are refused together when it is full of others'", async () => {
    const { app, service } = start();
    let room = 2;
    service.before = async () => {
      if (room === 0) throw queueFull();
      room--;
      await new Promise((resolve) => setTimeout(resolve, 1));
      room++;
    };
    const posts = Array.from({ length: 20 }, () => ({ text: TEXT }));
    const answer = await app.request("/v1/extract", posting({ posts }));
    const { results } = (await answer.json()) as { results: Record<string, unknown>[] };
    expect(results.filter((result) => "entities" in result)).toHaveLength(20);
    room = 0;
    const refused = await app.request("/v1/extract", posting({ posts }));
    expect(refused.headers.get("retry-after")).toBe("3");
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: "serving/queue-full" });
  });

  it("are streamed as they are read", async () => {
    const { app, service } = start();
    service.before = async ({ post }) => {
      if (post.text === "slow") await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const posts = [{ id: "s", text: "slow" }, { text: 7 }, { text: TEXT }];
    const answer = await app.request("/v1/extract/stream", posting({ posts }));
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const events = (await answer.text())
      .trim()
      .split("\n\n")
      .map((event) => {
        const [name, data] = event.split("\n");
        return [name?.slice("event: ".length), JSON.parse(data?.slice("data: ".length) ?? "")] as const;
      });
    expect(events.map(([name, data]) => [name, data.index])).toEqual([
      ["result", 1],
      ["result", 2],
      ["result", 0],
      ["done", undefined],
    ]);
    expect(events.at(-1)?.[1]).toEqual({ posts: 3, failed: 1 });
  });
});

describe("a form", () => {
  const send = (fields: Readonly<Record<string, string | Blob>>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return made.app.request("/v1/extract", { method: "POST", body: form });
  };
  const picture = new Blob([Buffer.from(GIF, "base64")]);

  it("has the fields of one post, or a request that names its files", async () => {
    const { service } = start();
    expect((await send({ text: TEXT, image: picture, offsets: "utf-8" })).status).toBe(200);
    const posts = [{ text: "a", image: { part: "one" } }, { text: "b" }];
    expect((await send({ request: JSON.stringify({ posts }), one: picture })).status).toBe(200);
    const sizes = service.jobs.map(({ post }) => [post.text, (post.image as Uint8Array | undefined)?.length]);
    expect(sizes.sort()).toEqual([
      [TEXT, picture.size],
      ["a", picture.size],
      ["b", undefined],
    ]);
  });

  it.each([
    [
      { text: TEXT, imgae: picture },
      'the part "imgae" is neither a known field nor named by a post; did you mean "image"?',
    ],
    [{ text: TEXT, image: "photo.jpg" }, "curl -F image=@photo.jpg"],
    [{ request: '{"text":"a","image":{"part":"one"}}', oen: picture }, 'did you mean "one"?'],
    [{ request: '{"text":"a","image":{"part":"one"}}' }, "the form has no such part"],
    [{ text: TEXT, explain: "yes" }, "neither true nor false"],
  ] as const)("with a mistake is refused by name: %j", async (fields, says) => {
    start();
    const problem = await problemOf(send(fields));
    expect(problem).toMatchObject({ code: "serving/bad-multipart", status: 400 });
    expect(problem.detail).toContain(says);
  });
});

describe("every request", () => {
  it("needs a token where the server has some", async () => {
    const token = "a-long-enough-token";
    const { app } = start({ tokens: ["another-long-token", token] });
    for (const path of ["/v1/models", "/metrics", "/openapi.json"]) {
      const refused = await app.request(path);
      expect(refused.headers.get("www-authenticate")).toContain("Bearer");
      expect(await problemOf(refused)).toMatchObject({ status: 401 });
      for (const wrong of [`Bearer ${token}x`, token, `Basic ${token}`, "Bearer", `Bearer ${token} ${token}`])
        expect((await app.request(path, { headers: { authorization: wrong } })).status).toBe(401);
      expect((await app.request(path, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    }
    for (const path of ["/healthz", "/readyz"]) expect((await app.request(path)).status).toBe(200);
  });

  it("to an unknown path is 404, and with another method 405", async () => {
    const { app } = start();
    expect(await problemOf(app.request("/v1/extrakt"))).toMatchObject({
      status: 404,
      code: "serving/not-found",
    });
    const wrong = await app.request("/v1/extract");
    expect(wrong.headers.get("allow")).toBe("POST");
    expect(await problemOf(wrong)).toMatchObject({ status: 405 });
    expect(await problemOf(app.request("/"))).toMatchObject({ code: "serving/page-not-built" });
    made.close();
    const unbuilt = start({ pageFolder: "no-such-folder" });
    expect(await problemOf(unbuilt.app.request("/"))).toMatchObject({ code: "serving/page-not-built" });
  });

  it("names its model, or is 404", async () => {
    const { app } = start();
    for (const body of [
      { text: TEXT, model: "third" },
      { posts: [{ text: TEXT }], model: "third" },
    ])
      expect(await problemOf(app.request("/v1/extract", posting(body)))).toMatchObject({
        status: 404,
        code: "serving/no-such-model",
        place: "model",
      });
    const answer = await app.request("/v1/extract", posting({ text: TEXT, model: "second" }));
    expect(await answer.json()).toMatchObject({ model: { name: "second" } });
  });

  it.each([
    ["text", "text/plain", "{}", 415],
    ["a form in a line", "application/x-www-form-urlencoded", "text=a", 415],
    ["JSON in another charset", "application/json; charset=utf-16", "{}", 415],
    ["nothing", "application/json", "", 400],
    ["an unfinished object", "application/json", "{", 400],
    ["bytes that are not UTF-8", "application/json", '{"text":"\xff', 400],
    ["a field twice", "application/json", '{"text":"a","text":"b"}', 400],
    ["a field twice in two spellings", "application/json", '{"text":"a","te\\u0078t":"b"}', 400],
    ["deep nesting", "application/json", `{"text":${"[".repeat(100)}`, 400],
    ["a hundred thousand values", "application/json", `[${"0,".repeat(200_000)}0]`, 400],
    ["a form without a boundary", "multipart/form-data", "x", 400],
    ["a broken form", "multipart/form-data; boundary=x", "--x\r\nbroken", 400],
  ])("whose body is %s is refused", async (_, type, body, status) => {
    const { app } = start();
    const problem = await problemOf(
      app.request("/v1/extract", {
        method: "POST",
        headers: { "content-type": type },
        body: Buffer.from(body, "latin1"),
      }),
    );
    expect(problem.status).toBe(status);
  });

  it("with a compressed body is refused", async () => {
    const { app } = start();
    const compressed = posting({ text: TEXT }, { "content-encoding": "gzip" });
    expect(await problemOf(app.request("/v1/extract", compressed))).toMatchObject({ status: 415 });
  });

  it("keeps its trace and its id if they are safe, and gets new ones if not", async () => {
    const { app, lines } = start();
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, "x-request-id": "order-17" };
    const kept = await app.request("/v1/models", { headers });
    expect(kept.headers.get("traceparent")).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(kept.headers.get("x-request-id")).toBe("order-17");
    expect(lines.at(-1)).toContain(`requestId=order-17 traceId=${traceId}`);
    for (const bad of [
      "x",
      `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
      `00-${traceId}-00f067aa0ba902b7-01-x`,
    ]) {
      const made = await app.request("/v1/models", {
        headers: { traceparent: bad, "x-request-id": "<b>\u00e9" },
      });
      expect(made.headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
      expect(made.headers.get("traceparent")).not.toContain(traceId);
      expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("that fails by the server's fault says nothing of its insides, and the log says all", async () => {
    const { app, service, lines } = start();
    service.before = () => {
      throw new RelataError({
        code: "engine/runtime-failed",
        message: "secret /srv/models",
        remedy: "x",
        fault: "work",
      });
    };
    const problem = await problemOf(app.request("/v1/extract", posting({ text: TEXT })));
    expect(problem).toMatchObject({ status: 500, code: "engine/runtime-failed" });
    expect(JSON.stringify(problem)).not.toContain("secret");
    service.before = () => {
      throw new TypeError("secret too");
    };
    expect(JSON.stringify(await problemOf(app.request("/v1/extract", posting({ text: TEXT }))))).not.toMatch(
      /secret|app\.test/,
    );
    expect(lines.join("")).toContain("secret /srv/models");
    expect(lines.join("")).toContain("secret too");
  });

  it("beyond the limit of requests waits for another", async () => {
    const { app, service } = start({ settings: { maxConcurrentRequests: 1 } });
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    service.before = () => gate;
    const first = app.request("/v1/extract", posting({ text: TEXT }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const refused = await app.request("/v1/extract", posting({ text: TEXT }));
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await problemOf(refused)).toMatchObject({ status: 503, code: "serving/too-many-requests" });
    open();
    expect((await first).status).toBe(200);
    expect((await app.request("/v1/extract", posting({ text: TEXT }))).status).toBe(200);
  });

  it("by a page of another site is refused, unless the site is listed", async () => {
    const { app } = start({ settings: { corsOrigin: ["https://app.example.org"] } });
    const ask = (origin: string, method = "GET") =>
      app.request("http://localhost:8080/v1/models", {
        method,
        headers: { host: "localhost:8080", origin, "access-control-request-method": "GET" },
      });
    expect(await problemOf(ask("https://evil.example"))).toMatchObject({ status: 403 });
    expect(await problemOf(ask("null"))).toMatchObject({ status: 403 });
    expect((await ask("http://localhost:8080")).headers.get("access-control-allow-origin")).toBeNull();
    expect((await ask("https://app.example.org")).headers.get("access-control-allow-origin")).toBe(
      "https://app.example.org",
    );
    expect((await ask("https://app.example.org", "OPTIONS")).status).toBe(204);
    expect(await problemOf(ask("https://evil.example", "OPTIONS"))).toMatchObject({ status: 403 });
  });

  it("by another name than this machine's is refused on loopback without tokens", async () => {
    const { app } = start({ settings: { allowedHost: ["relata.internal"] } });
    const ask = (host: string) => app.request("/healthz", { headers: { host } });
    expect(await problemOf(ask("evil.example:8080"))).toMatchObject({ status: 421 });
    for (const host of ["localhost", "127.0.0.1:8080", "[::1]:8080", "relata.internal"])
      expect((await ask(host)).status).toBe(200);
  });

  it("has headers that tell browsers to load and frame nothing", async () => {
    const { app } = start();
    const { headers } = await app.request("/healthz");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  });
});

describe("for whoever watches the server", () => {
  it("models, readiness and metrics are told", async () => {
    const { app, service } = start();
    expect(await (await app.request("/v1/models")).json()).toMatchObject({
      models: [
        { name: "posts", default: true, kind: "bundle", loadedAt: "1970-01-01T00:00:00.000Z" },
        { name: "second", default: false },
      ],
    });
    await app.request("/v1/unknown");
    const metrics = await (await app.request("/metrics")).text();
    expect(metrics).toContain('relata_requests_total{method="GET",route="none",status="404"} 1');
    expect(metrics).toContain('relata_posts_waiting{model="posts",version="0123456789ab"} 3');
    expect(metrics).toContain('relata_batch_posts_bucket{model="posts",version="0123456789ab",le="4"} 6');
    expect(metrics).toContain('relata_batch_posts_count{model="posts",version="0123456789ab"} 6');
    service.isLoaded = false;
    const unready = await app.request("/readyz");
    expect(unready.headers.get("retry-after")).toBe("5");
    expect(await problemOf(unready)).toMatchObject({
      status: 503,
      detail: "no worker answers for posts",
    });
  });
});

function queueFull(): RelataError {
  return new RelataError({
    code: "serving/queue-full",
    message: "full",
    remedy: "Wait.",
    value: { retryAfterSeconds: 2.3 },
    fault: "work",
  });
}
