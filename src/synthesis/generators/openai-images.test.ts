import { afterEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { GeneratorRefusal, type TextToImage } from "./generator.ts";
import { openOpenaiImages, schema } from "./openai-images.ts";
import { drawnPicture } from "./testing/drawn-content.ts";
import { type OpenaiServerOptions, startOpenaiServer } from "./testing/openai-server.ts";
import { HTML_PAGE, jsonOf, type Misbehaviour, ProtocolServer } from "./testing/protocol-server.ts";
import { IMPATIENT, NEVER, pictureRequest, rejection } from "./testing/requests.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function serve(options?: OpenaiServerOptions): Promise<ProtocolServer> {
  const server = await startOpenaiServer(options);
  closing.push(() => server.close());
  return server;
}

function open(
  server: ProtocolServer,
  changes: Partial<z.input<typeof schema>> = {},
  environment: Record<string, string> = {},
): TextToImage {
  const settings = { adapter: "openai-images", baseUrl: `${server.url}/v1`, model: "draw-1", ...IMPATIENT };
  const generator = openOpenaiImages(schema.parse({ ...settings, ...changes }), environment);
  closing.push(() => generator.dispose());
  return generator;
}

describe("openai-images", () => {
  it("asks as the protocol says and gives the picture with the prompt that the server made of ours", async () => {
    const server = await serve({ key: "sk-0123456789" });
    const generator = open(
      server,
      {
        keyFrom: "DRAW_KEY",
        promptTemplate: "photo of {text}",
        quality: "low",
        responseFormat: "b64_json",
        extra: { style: "vivid", model: "other" },
      },
      { DRAW_KEY: "sk-0123456789" },
    );
    const { content, details } = await generator.picture(pictureRequest(), NEVER);
    expect(content.mediaType).toBe("image/png");
    expect(Buffer.from(content.bytes)).toEqual(
      Buffer.from(await drawnPicture("photo of Ada waves at Bo", 0)),
    );
    expect(details).toEqual({ revisedPrompt: "A drawing of: photo of Ada waves at Bo" });
    expect(server.received[0]?.path).toBe("/v1/images/generations");
    // extra adds fields; what the adapter knows stays the adapter's.
    expect(jsonOf(server.received[0])).toEqual({
      model: "draw-1",
      prompt: "photo of Ada waves at Bo",
      n: 1,
      size: "1024x1024",
      quality: "low",
      response_format: "b64_json",
      style: "vivid",
    });
  });

  it("sends the seed only where the server takes one", async () => {
    const server = await serve();
    const { content } = await open(server, { sendSeed: true }).picture(pictureRequest({ seed: 41 }), NEVER);
    expect(jsonOf(server.received[0]).seed).toBe(41);
    expect(Buffer.from(content.bytes)).toEqual(Buffer.from(await drawnPicture("Ada waves at Bo", 41)));
  });

  it("is identified by all that changes the pictures, and by nothing else", async () => {
    const server = await serve();
    const { identity } = open(server, { keyFrom: "DRAW_KEY" }, { DRAW_KEY: "sk-0123456789" });
    expect(identity).toEqual({
      adapter: "openai-images",
      model: "draw-1",
      settings: {
        promptTemplate: "{text}",
        size: "1024x1024",
        quality: null,
        sendSeed: false,
        extra: {},
      },
    });
    expect(JSON.stringify(identity)).not.toContain(server.url);
  });

  it("fetches a picture from its address on the same server, with the key", async () => {
    const server = await serve({ pictureUrls: {} });
    const generator = open(server, { keyFrom: "DRAW_KEY" }, { DRAW_KEY: "sk-0123456789" });
    const { content } = await generator.picture(pictureRequest(), NEVER);
    expect(content.mediaType).toBe("image/png");
    expect(server.received[1]).toMatchObject({ method: "GET", path: "/files/0.png?signature=s3cr3t" });
    expect(server.received[1]?.headers.authorization).toBe("Bearer sk-0123456789");
  });

  it("refuses another host unless it is named, and never sends the key there", async () => {
    const bytes = await drawnPicture("elsewhere", 0);
    const elsewhere = await ProtocolServer.start(() => ({ body: bytes }));
    closing.push(() => elsewhere.close());
    const server = await serve({ pictureUrls: { host: elsewhere.url } });
    const environment = { DRAW_KEY: "sk-0123456789" };
    const error = await rejection(
      open(server, { keyFrom: "DRAW_KEY" }, environment).picture(pictureRequest(), NEVER),
    );
    expect(error).toMatchObject({
      code: "synthesis/host-not-allowed",
      place: "pictureHosts",
      fault: "input",
    });
    expect(error.message).not.toContain("s3cr3t");
    expect(elsewhere.received).toHaveLength(0);

    const pictureHosts = [new URL(elsewhere.url).host];
    const allowed = open(server, { keyFrom: "DRAW_KEY", pictureHosts }, environment);
    const { content } = await allowed.picture(pictureRequest(), NEVER);
    expect(Buffer.from(content.bytes)).toEqual(Buffer.from(bytes));
    expect(elsewhere.received[0]?.headers).not.toHaveProperty("authorization");
  });

  it.each(["file:///etc/passwd", "http://ada:pw@127.0.0.1:1/x.png", "ftp://127.0.0.1/x.png"])(
    "does not follow %s",
    async (url) => {
      const server = await serve();
      server.misbehave({ kind: "reply", reply: { body: { data: [{ url }] } } });
      const generator = open(server, { pictureHosts: ["127.0.0.1:1", "127.0.0.1"] });
      expect((await rejection(generator.picture(pictureRequest(), NEVER))).code).toMatch(
        "synthesis/host-not-allowed",
      );
    },
  );

  it.each(["content_policy_violation", "moderation_blocked", "contentFilter"])(
    "takes %s for a refusal, once",
    async (code) => {
      const server = await serve();
      server.misbehave({
        kind: "reply",
        reply: { status: 400, body: { error: { code, message: "Not this." } } },
      });
      const error = await rejection(open(server).picture(pictureRequest(), NEVER));
      expect(error).toBeInstanceOf(GeneratorRefusal);
      expect(error).toMatchObject({ reason: "content-policy" });
      expect(error.message).toContain("Not this.");
      expect(server.received).toHaveLength(1);
    },
  );

  it("does not wait for a quota that is used up", async () => {
    const server = await serve();
    const error = {
      code: "insufficient_quota",
      type: "insufficient_quota",
      message: "You exceeded your quota",
    };
    server.misbehave({ kind: "reply", reply: { status: 429, body: { error } } });
    expect(await rejection(open(server).picture(pictureRequest(), NEVER))).toMatchObject({
      code: "synthesis/rate-limited",
    });
    expect(server.received).toHaveLength(1);
  });

  const says = (body: object): Misbehaviour => ({ kind: "reply", reply: { body } });
  it.each<[string, Misbehaviour, string]>([
    ["a page", HTML_PAGE, "synthesis/not-json"],
    ["half of its JSON", { kind: "short-length" }, "synthesis/not-json"],
    ["no data", says({ created: 1 }), "synthesis/unexpected-answer"],
    ["an empty list", says({ data: [] }), "synthesis/unexpected-answer"],
    ["neither picture nor address", says({ data: [{}] }), "synthesis/unexpected-answer"],
    ["a number for a picture", says({ data: [{ b64_json: 7 }] }), "synthesis/unexpected-answer"],
    ["no Base64", says({ data: [{ b64_json: "<html>" }] }), "synthesis/not-a-picture"],
    ["Base64 of a text", says({ data: [{ b64_json: btoa("a text") }] }), "synthesis/not-a-picture"],
    [
      "a PNG header and garbage",
      says({ data: [{ b64_json: btoa(`\x89PNG\r\n\x1a\n${"x".repeat(99)}`) }] }),
      "synthesis/not-a-picture",
    ],
  ])("finds out a server that answers with %s", async (_, fault, code) => {
    const server = await serve();
    server.misbehave(fault);
    const error = await rejection(open(server).picture(pictureRequest(), NEVER));
    expect(error).toMatchObject({ code, fault: "work" });
    expect(error.message).toContain("/v1/images/generations");
  });

  it("accepts no picture of more pixels than allowed", async () => {
    const generator = open(await serve(), { maxPixels: 64 * 64 - 1 });
    expect((await rejection(generator.picture(pictureRequest(), NEVER))).code).toBe(
      "synthesis/not-a-picture",
    );
  });
});
