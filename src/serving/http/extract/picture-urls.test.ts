// Pictures by address: which are fetched, and what stops the others. The servers are real, on this machine.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PictureUrls } from "./picture-urls.ts";
import { isPublicAddress } from "./public-address.ts";

let server: Server;
let base: string;
let urls: PictureUrls;
let asked: string[];
let answer: RequestListener;
beforeEach(async () => {
  asked = [];
  answer = (_, response) => response.end("picture");
  server = createServer((request, response) => {
    asked.push(
      `${request.url} ${request.headers.authorization ?? "-"} ${request.headers.traceparent ?? "-"}`,
    );
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  urls = new PictureUrls([`${base}/posts/`]);
});
afterEach(async () => {
  await urls.close();
  server.closeAllConnections();
  server.close();
});

const fetch = (address: string, signal = new AbortController().signal) =>
  urls.fetch(address, { place: "image.url", maxBytes: 1000, signal, traceparent: "trace" });

describe("a picture's address", () => {
  it("below a prefix is fetched, without credentials and with the trace", async () => {
    expect((await fetch(`${base}/posts/a%20b.jpg?size=2#top`)).toString()).toBe("picture");
    expect(asked).toEqual(["/posts/a%20b.jpg?size=2 - trace"]);
  });

  it.each([
    "/private/a.jpg",
    "/posts/../private/a.jpg",
    "/posts/%2e%2e/private/a.jpg",
    "/posts/..%2fprivate/a.jpg",
    "/posts/..%5cprivate/a.jpg",
    "/posts-of-others/a.jpg",
    "/postsX",
  ])("%s that leads out of its prefix is refused", async (path) => {
    await expect(fetch(base + path)).rejects.toMatchObject({ code: "serving/picture-url-refused" });
    expect(asked).toEqual([]);
  });

  it.each([
    "ftp://127.0.0.1/posts/a",
    "file:///etc/passwd",
    "posts/a.jpg",
    "http://127.0.0.1@evil.example/posts/",
    "http://user:secret@127.0.0.1/posts/a",
    "http://127.0.0.1:22/posts/a",
    "http://localhost/posts/a",
    "javascript:alert(1)",
    "//127.0.0.1/posts/a",
  ])("%s is refused", async (address) => {
    await expect(fetch(address)).rejects.toMatchObject({ code: "serving/picture-url-refused" });
    expect(asked).toEqual([]);
  });

  it("may redirect below the prefix, and nowhere else", async () => {
    const locations: Record<string, string> = {
      "/posts/near": "/posts/there",
      "/posts/far": "http://169.254.169.254/latest/meta-data/",
      "/posts/up": "/private",
      "/posts/round": "/posts/round",
    };
    answer = (request, response) => {
      const location = locations[request.url ?? ""];
      if (location === undefined) response.end("there");
      else response.writeHead(302, { location }).end();
    };
    expect((await fetch(`${base}/posts/near`)).toString()).toBe("there");
    for (const path of ["far", "up"])
      await expect(fetch(`${base}/posts/${path}`)).rejects.toMatchObject({
        code: "serving/picture-url-refused",
      });
    expect(asked).not.toContain("/private - trace");
    await expect(fetch(`${base}/posts/round`)).rejects.toMatchObject({ code: "serving/picture-url-failed" });
  });

  it("whose answer is an error, compressed, too large or cut off is not used", async () => {
    const answers: Record<string, RequestListener> = {
      "/posts/missing": (_, response) => response.writeHead(404).end(),
      "/posts/zipped": (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("x"),
      "/posts/announced": (_, response) => response.writeHead(200, { "content-length": 5000 }).end("x"),
      "/posts/endless": (_, response) => {
        response.write(Buffer.alloc(600));
        response.write(Buffer.alloc(600));
      },
      "/posts/cut": (_, response) => {
        response.writeHead(200, { "content-length": 500 }).write("x");
        setTimeout(() => response.destroy(), 20);
      },
    };
    answer = (request, response) => answers[request.url ?? ""]?.(request, response);
    for (const name of ["missing", "zipped", "cut"])
      await expect(fetch(`${base}/posts/${name}`)).rejects.toMatchObject({
        code: "serving/picture-url-failed",
      });
    for (const name of ["announced", "endless"])
      await expect(fetch(`${base}/posts/${name}`)).rejects.toMatchObject({ code: "serving/body-too-large" });
  });

  it("is given up when the caller leaves", async () => {
    answer = () => undefined; // never answers
    const leaving = new AbortController();
    const fetching = fetch(`${base}/posts/slow`, leaving.signal);
    leaving.abort(new Error("left"));
    await expect(fetching).rejects.toThrow("left");
  });

  it("by a name that leads to this machine is not reached, and the operator's network is not described", async () => {
    const { port } = server.address() as AddressInfo;
    const named = new PictureUrls([`http://this.localhost:${port}/`]);
    const reaching = named.fetch(`http://this.localhost:${port}/a`, {
      place: "image.url",
      maxBytes: 1000,
      signal: new AbortController().signal,
      traceparent: "trace",
    });
    await expect(reaching).rejects.toMatchObject({ code: "serving/picture-url-failed" });
    expect(asked).toEqual([]);
    await named.close();
  });
});

it("a prefix that is not the beginning of an address is refused", () => {
  for (const prefix of ["posts", "ftp://a/", "https://user@a/", "https://a/?x", ""])
    expect(() => new PictureUrls([prefix])).toThrow(/--picture-urls must be/);
});

it("an address is public or not as IANA's registries say", () => {
  const own = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
  ];
  const own6 = [
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2001::1",
  ];
  for (const address of [...own, ...own6]) expect(isPublicAddress(address), address).toBe(false);
  for (const address of ["8.8.8.8", "172.32.0.1", "198.20.0.1", "2606:4700::1111", "2a00:1450:4001::1"])
    expect(isPublicAddress(address), address).toBe(true);
});
