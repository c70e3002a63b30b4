// Tests against a local proxy that records its requests.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fetch } from "undici";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { proxyDispatcher, proxyHint, proxyNamed } from "./proxy.ts";

const VARIABLES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

let asked: string[] = [];
let server: Server;
let host = "";
beforeEach(async () => {
  for (const name of VARIABLES) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toUpperCase(), undefined);
  }
  asked = [];
  server = createServer((request, response) => {
    const { "proxy-authorization": secret, authorization } = request.headers;
    asked.push([request.method, request.url, secret, authorization].filter(Boolean).join(" "));
    response.end("from the proxy");
  });
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

/** The answer's text, or the code of the failure. */
async function ask(address: string): Promise<string> {
  const dispatcher = proxyDispatcher({ headersTimeout: 5000, bodyTimeout: 5000 });
  try {
    return await (
      await fetch(address, { dispatcher, headers: { authorization: "Bearer of-the-host" } })
    ).text();
  } catch (error) {
    return String((error as { cause?: { code?: string } }).cause?.code);
  } finally {
    await dispatcher.destroy();
  }
}

describe("proxyDispatcher", () => {
  it.each(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])("obeys %s", async (name) => {
    vi.stubEnv(name, `http://${host}`);
    expect(await ask("http://models.invalid/a?b=1")).toBe("from the proxy");
    expect(asked).toEqual(["GET http://models.invalid/a?b=1 Bearer of-the-host"]);
  });

  it("asks for a tunnel where the host's own answer is encrypted", async () => {
    vi.stubEnv("HTTPS_PROXY", `http://${host}`);
    await ask("https://models.invalid/a");
    expect(asked).toEqual(["CONNECT models.invalid:443"]);
  });

  it("takes an address without a scheme, and tells the proxy its name and password", async () => {
    vi.stubEnv("HTTP_PROXY", `ada:s%40cret@${host}`);
    expect(await ask("http://models.invalid/")).toBe("from the proxy");
    const secret = Buffer.from("ada:s@cret").toString("base64");
    expect(asked).toEqual([`GET http://models.invalid/ Basic ${secret} Bearer of-the-host`]);
  });

  it.each(["models.invalid", ".invalid", "other.test,models.invalid:80", "*", "a.test, *"])(
    "asks a host directly that NO_PROXY lists as %j",
    async (list) => {
      vi.stubEnv("HTTP_PROXY", `http://${host}`);
      vi.stubEnv("NO_PROXY", list);
      expect(await ask("http://models.invalid/")).toMatch(/ENOTFOUND|EAI_AGAIN/);
      expect(asked).toEqual([]);
    },
  );

  it("asks servers on this machine directly", async () => {
    vi.stubEnv("HTTP_PROXY", "http://proxy.invalid:3128");
    expect(await ask(`http://${host}/near`)).toBe("from the proxy");
    expect(asked).toEqual(["GET /near Bearer of-the-host"]);
    vi.stubEnv("NO_PROXY", "::1, elsewhere.test");
    expect(await ask(`http://localhost:${host.split(":")[1]}/near`)).toBe("from the proxy");
  });

  it.each(["ftp://ada:hunter22@proxy", "http://", "http://ada:hunter22@", "ada:hunter22@:80"])(
    "refuses %j as a proxy without repeating it",
    (value) => {
      vi.stubEnv("HTTPS_PROXY", value);
      const attempt = () => proxyDispatcher({ headersTimeout: 0, bodyTimeout: 0 });
      expect(attempt).toThrow(expect.objectContaining({ code: "config/bad-proxy", place: "HTTPS_PROXY" }));
      expect(attempt).not.toThrow(/hunter22/);
    },
  );
});

describe("proxyHint", () => {
  it("names the proxy and its variable, and never its password", () => {
    vi.stubEnv("ALL_PROXY", "http://ada:hunter22@proxy.test:3128");
    expect(proxyHint("https://models.test/x")).toContain("ALL_PROXY names the proxy http://proxy.test:3128");
    expect(proxyHint("https://models.test/x")).not.toContain("hunter22");
    expect(proxyNamed("https://models.test/x")).toBe("ALL_PROXY names the proxy http://proxy.test:3128");
  });

  it("says which variable to set where there is none", () => {
    expect(proxyHint("https://models.test/")).toContain("set HTTPS_PROXY");
    expect(proxyHint("http://models.test/")).toContain("set HTTP_PROXY");
  });
});
