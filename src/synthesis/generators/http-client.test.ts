import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { ApiKey } from "./api-key.ts";
import { NotAskedError } from "./generator.ts";
import { type HttpAnswer, readJson } from "./http-answer.ts";
import { HttpClient, type HttpClientOptions } from "./http-client.ts";
import { httpSettings } from "./http-settings.ts";
import {
  HTML_PAGE,
  type Misbehaviour,
  type Protocol,
  ProtocolServer,
  type Reply,
} from "./testing/protocol-server.ts";
import { IMPATIENT, NEVER, rejection } from "./testing/requests.ts";

/** Longer than a busy machine needs to hand a request to a server in the same process. */
const PATIENT_MS = 1500;

const settingsSchema = z.strictObject(httpSettings);
type Changes = Partial<Omit<HttpClientOptions, "settings">> & {
  readonly settings?: z.input<typeof settingsSchema>;
};

const disposables: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(disposables.splice(0).map((one) => one.dispose()));
});

async function serve(protocol: Protocol = () => ({ body: { ok: true } })): Promise<ProtocolServer> {
  const server = await ProtocolServer.start(protocol);
  disposables.push({ dispose: () => server.close() });
  return server;
}

function clientOf(baseUrl: string, { settings, ...changes }: Changes = {}): HttpClient {
  const client = new HttpClient({
    adapter: "test",
    baseUrl,
    key: undefined,
    environment: {},
    settings: settingsSchema.parse({ ...IMPATIENT, ...settings }),
    ...changes,
  });
  disposables.push(client);
  return client;
}

const post = (client: HttpClient, signal = NEVER) =>
  client.post("v1/do", { a: 1 }, { accept: "application/json" }, signal);
const textOf = ({ bytes }: HttpAnswer) => new TextDecoder().decode(bytes);
const failure = (status: number, headers: Record<string, string> = {}): Misbehaviour => ({
  kind: "reply",
  reply: { status, headers, body: { error: `status ${status}` } },
});

describe("HttpClient", () => {
  it("posts JSON below the base address and gives bytes and media type", async () => {
    const server = await serve();
    const answer = await post(clientOf(`${server.url}/base`));
    expect(JSON.parse(textOf(answer))).toEqual({ ok: true });
    expect(answer).toMatchObject({ status: 200, mediaType: "application/json" });
    const [request] = server.received;
    expect(request).toMatchObject({ method: "POST", path: "/base/v1/do" });
    expect(request?.headers).toMatchObject({
      "content-type": "application/json",
      accept: "application/json",
    });
    expect(request?.headers).not.toHaveProperty("authorization");
    expect(JSON.parse(request?.body.toString() ?? "")).toEqual({ a: 1 });
  });

  it.each(["not an address", "ftp://host/", "https://ada:hunter22@host/", "https://host/?key=hunter22"])(
    "refuses %j as an address without repeating it",
    (baseUrl) => {
      try {
        clientOf(baseUrl);
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: "synthesis/bad-address" });
        expect(String((error as Error).message)).not.toContain("hunter22");
      }
    },
  );

  it.each<[string, Misbehaviour]>([
    ["500", failure(500)],
    ["502", failure(502)],
    ["503", failure(503)],
    ["504", failure(504)],
    ["529", failure(529)],
    ["429 without Retry-After", failure(429)],
    ["429 with Retry-After in seconds", failure(429, { "retry-after": "0" })],
    ["503 with Retry-After as a date", failure(503, { "retry-after": new Date().toUTCString() })],
    ["a hang-up before the answer", { kind: "hang-up" }],
    ["a hang-up within the body", { kind: "hang-up-mid-body" }],
  ])("tries again after %s", async (_, fault) => {
    const server = await serve();
    server.misbehave(fault, fault);
    expect(textOf(await post(clientOf(server.url)))).toBe('{"ok":true}');
    expect(server.received).toHaveLength(3);
  });

  it.each<[string, Misbehaviour, string]>([
    ["500", failure(500), "synthesis/server-failed"],
    ["429", failure(429), "synthesis/rate-limited"],
    ["a hang-up", { kind: "hang-up" }, "synthesis/unreachable"],
    ["a hang-up within the body", { kind: "hang-up-mid-body" }, "synthesis/unreachable"],
  ])("gives up after the retries when %s does not pass", async (_, fault, code) => {
    const server = await serve();
    server.misbehave(fault, fault, fault);
    const error = await rejection(post(clientOf(server.url)));
    expect(error).toMatchObject({ code, fault: "work" });
    expect(error.message).toContain(`${server.url}/v1/do`);
    expect(error.message).toContain("(3 attempts)");
    expect(server.received).toHaveLength(3);
  });

  it.each([
    [400, "synthesis/request-refused", "work"],
    [401, "synthesis/not-authorised", "input"],
    [403, "synthesis/not-authorised", "input"],
    [404, "synthesis/request-refused", "input"],
    [408, "synthesis/request-refused", "work"],
    [422, "synthesis/request-refused", "work"],
    [501, "synthesis/server-failed", "work"],
  ])("does not try again after %d", async (status, code, fault) => {
    const server = await serve();
    server.misbehave(failure(status));
    const error = await rejection(post(clientOf(server.url)));
    expect(error).toMatchObject({ code, fault, value: status });
    expect(error.message).toContain(`status ${status}`);
    expect(server.received).toHaveLength(1);
  });

  it("waits at least as long as Retry-After says, and so do the other calls of the same client", async () => {
    const arrivals: number[] = [];
    let other: Promise<unknown> | undefined;
    const server = await serve(() => {
      arrivals.push(performance.now());
      const limited: Reply = { status: 429, headers: { "retry-after": "0.4" } };
      if (arrivals.length > 1) return { body: "fine" };
      setTimeout(() => {
        other = post(client);
      }, 150); // when the client has heard that it has to wait
      return limited;
    });
    const client = clientOf(server.url);
    await post(client);
    await other;
    expect(arrivals).toHaveLength(3);
    // Timers of client and server read the same clock; a millisecond is left for rounding.
    for (const arrival of arrivals.slice(1)) expect(arrival - arrivals[0]!).toBeGreaterThanOrEqual(399);
  });

  it.each(["120", new Date(Date.now() + 120_000).toUTCString()])(
    "does not wait for a server that asks for more than is allowed (Retry-After: %s)",
    async (header) => {
      const server = await serve();
      server.misbehave(failure(429, { "retry-after": header }));
      const error = await rejection(post(clientOf(server.url)));
      expect(error).toMatchObject({ code: "synthesis/asked-to-wait", fault: "work" });
      expect(server.received).toHaveLength(1);
    },
  );

  it.each<Misbehaviour>([{ kind: "hang" }, { kind: "hang-mid-body" }])(
    "ends a request that is not answered in time and tries again ($kind)",
    async (fault) => {
      const server = await serve();
      server.misbehave(fault, fault);
      const client = clientOf(server.url, {
        settings: { timeoutMs: PATIENT_MS, retry: { ...IMPATIENT.retry, times: 1 } },
      });
      const error = await rejection(post(client));
      expect(error).toMatchObject({ code: "synthesis/timeout", fault: "work" });
      expect(error.message).toContain(`within ${PATIENT_MS} ms (2 attempts)`);
      expect(server.received).toHaveLength(2);
    },
  );

  it("waits for a slow server within the time", async () => {
    const server = await serve();
    server.misbehave({ kind: "slow", ms: 60 });
    expect((await post(clientOf(server.url))).status).toBe(200);
  });

  it("stops reading an answer that does not end", async () => {
    const server = await serve();
    server.misbehave({ kind: "endless" });
    const client = clientOf(server.url, { settings: { maxAnswerBytes: 1_000_000 } });
    expect(await rejection(post(client))).toMatchObject({
      code: "synthesis/answer-too-large",
      value: 1_000_000,
    });
    expect(server.received).toHaveLength(1);
  });

  it("reads an answer of exactly the allowed length", async () => {
    const server = await serve(() => ({ body: "12345" }));
    expect(textOf(await post(clientOf(server.url, { settings: { maxAnswerBytes: 5 } })))).toBe("12345");
    const tight = clientOf(server.url, { settings: { maxAnswerBytes: 4 } });
    expect((await rejection(post(tight))).code).toBe("synthesis/answer-too-large");
  });

  it("does not believe a page or half a body to be JSON", async () => {
    const server = await serve();
    const client = clientOf(server.url);
    for (const fault of [HTML_PAGE, { kind: "short-length" } as const]) {
      server.misbehave(fault);
      const answer = await post(client);
      expect(() => readJson(answer, z.object({ ok: z.boolean() }), undefined)).toThrow(
        expect.objectContaining({ code: "synthesis/not-json" }),
      );
    }
  });

  it("names the fields that an answer lacks", async () => {
    const answer = await post(clientOf((await serve(() => ({ body: { data: [{}] } }))).url));
    const schema = z.object({ data: z.array(z.object({ b64: z.string() })) });
    expect(() => readJson(answer, schema, undefined)).toThrow(
      /data\[0\]\.b64: expected text, but it is missing/,
    );
  });

  it("says that nobody listens", async () => {
    const server = await ProtocolServer.start(() => ({}));
    await server.close();
    const client = clientOf(server.url);
    const error = await rejection(post(client));
    expect(error).toBeInstanceOf(NotAskedError);
    expect(error.code).toBe("synthesis/unreachable");
    expect(error.message).toContain("ECONNREFUSED");
    // What follows on an answered request is part of a call that was asked.
    const later = { url: client.address("a.png"), method: "GET", accept: "image/*", counted: false } as const;
    expect(await rejection(client.send(later, NEVER))).not.toBeInstanceOf(NotAskedError);
  });

  it("counts a call as asked when an earlier attempt reached the server", async () => {
    const server = await serve();
    const client = clientOf(server.url, {
      settings: { retry: { ...IMPATIENT.retry, times: 1, firstWaitMs: 200 } },
    });
    server.misbehave(failure(503, { "retry-after": "0.2" }));
    const call = rejection(post(client));
    while (server.received.length === 0) await new Promise((done) => setTimeout(done, 2));
    await new Promise((done) => setTimeout(done, 50));
    await server.close();
    const error = await call;
    expect(error).toMatchObject({ code: "synthesis/unreachable" });
    expect(error).not.toBeInstanceOf(NotAskedError);
  });

  it("waits as long as an error inside a success asks for, in the header or in the body", async () => {
    const bodies: Reply[] = [
      { headers: { "retry-after": "0.01" }, body: { error: { code: 429, message: "slow down" } } },
      { body: { error: "Model m is currently loading", estimated_time: 0.01 } },
      { body: { error: { code: 503, message: "x".repeat(70_000) } } }, // longer than what is quoted of errors
    ];
    const server = await serve(() => bodies.shift() ?? { body: { ok: true } });
    const answer = await post(
      clientOf(server.url, { settings: { retry: { ...IMPATIENT.retry, times: 3 } } }),
    );
    expect(JSON.parse(textOf(answer))).toEqual({ ok: true });
    expect(server.received).toHaveLength(4);
  });

  it("asks through the proxy of the environment, and says which one stood between", async () => {
    const proxy = await serve(() => ({ status: 502, body: "no such host" }));
    for (const name of ["http_proxy", "HTTP_PROXY"]) vi.stubEnv(name, proxy.url);
    vi.stubEnv("no_proxy", "");
    try {
      const client = clientOf("http://pictures.invalid");
      const error = await rejection(post(client));
      expect(error).toMatchObject({ code: "synthesis/server-failed" });
      expect(proxy.received[0]?.path).toBe("http://pictures.invalid/v1/do");
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe("redirects", () => {
  const key = new ApiKey("sk-0123456789", "bearer");

  it("are followed within the origin, with method and body where the status says so", async () => {
    const server = await serve(({ path }) =>
      path === "/v1/do" ? { status: 308, headers: { location: "/v2/do" } } : { body: "moved" },
    );
    expect(textOf(await post(clientOf(server.url, { key })))).toBe("moved");
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v1/do",
      "POST /v2/do",
    ]);
    expect(server.received[1]?.headers.authorization).toBe("Bearer sk-0123456789");
  });

  it.each([301, 302, 307, 308])(
    "to another origin are refused (%d), and nothing is sent there",
    async (status) => {
      const stranger = await serve();
      const location = `${stranger.url}/v1/do?token=abc`;
      const server = await serve(() => ({ status, headers: { location } }));
      const error = await rejection(post(clientOf(server.url, { key })));
      expect(error).toMatchObject({ code: "synthesis/redirect-refused", fault: "input" });
      expect(error.message).toContain(`${stranger.url}/v1/do;`); // without the query
      expect(stranger.received).toHaveLength(0);
    },
  );

  it("that go round in circles end", async () => {
    const server = await serve(() => ({ status: 307, headers: { location: "/v1/do" } }));
    expect((await rejection(post(clientOf(server.url)))).code).toBe("synthesis/redirect-refused");
    expect(server.received).toHaveLength(6);
  });

  it("to no address at all are refused", async () => {
    const server = await serve(() => ({ status: 307, headers: { location: "http://" } }));
    expect((await rejection(post(clientOf(server.url)))).code).toBe("synthesis/redirect-refused");
  });
});

describe("cancelling", () => {
  const reason = new Error("enough");

  it.each<[string, Misbehaviour]>([
    ["while the server is silent", { kind: "hang" }],
    ["within the body", { kind: "hang-mid-body" }],
    ["while it waits to try again", failure(503, { "retry-after": "3600" })],
  ])("ends a call %s with the signal's reason", async (_, fault) => {
    const controller = new AbortController();
    const server = await serve(() => ({ body: "never asked" }));
    server.misbehave(fault, { kind: "hang" });
    const retry = { ...IMPATIENT.retry, longestRetryAfterMs: 86_000_000 };
    const call = rejection(post(clientOf(server.url, { settings: { retry } }), controller.signal));
    while (server.received.length === 0) await new Promise((done) => setTimeout(done, 2));
    setTimeout(() => controller.abort(reason), 20);
    expect(await call).toBe(reason);
    expect(server.received).toHaveLength(1);
  });

  it("ends a call that waits for its turn", async () => {
    const controller = new AbortController();
    const server = await serve();
    const client = clientOf(server.url, { settings: { requestsPerMinute: 0.01 } });
    await post(client);
    const call = rejection(post(client, controller.signal));
    setTimeout(() => controller.abort(reason), 5);
    expect(await call).toBe(reason);
    expect(server.received).toHaveLength(1);
  });

  it("before the call sends nothing", async () => {
    const server = await serve();
    expect(await rejection(post(clientOf(server.url), AbortSignal.abort(reason)))).toBe(reason);
    expect(server.received).toHaveLength(0);
  });

  it("leaves no listener on a signal that lives on", async () => {
    const server = await serve();
    const client = clientOf(server.url);
    const { signal } = new AbortController();
    const counts = { added: 0, removed: 0 };
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      counts.added++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      counts.removed++;
      remove(...args);
    };
    server.misbehave(failure(500));
    await post(client, signal);
    expect(counts.added).toBeGreaterThan(0);
    expect(counts.removed).toBe(counts.added);
  });

  it("may be wanted by many calls at once without Node warning of a leak", async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on("warning", warn);
    const server = await serve();
    server.misbehave(...Array<Misbehaviour>(40).fill({ kind: "slow", ms: 20 }));
    const client = clientOf(server.url, { settings: { requestsPerMinute: 60_000 } });
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 40 }, () => post(client, signal)));
    process.removeListener("warning", warn);
    expect(warnings).toEqual([]);
  });
});
