import { Buffer } from "node:buffer";
import { afterEach, describe, expect, it } from "vitest";
import { GeneratorRefusal, type ImageToText, type TextToImage } from "./generator.ts";
import {
  captionSchema,
  openHuggingfaceCaptions,
  openHuggingfacePictures,
  pictureSchema,
} from "./huggingface.ts";
import { drawnPicture } from "./testing/drawn-content.ts";
import { type HuggingfaceServerOptions, startHuggingfaceServer } from "./testing/huggingface-server.ts";
import { HTML_PAGE, jsonOf, type Misbehaviour, ProtocolServer } from "./testing/protocol-server.ts";
import { IMPATIENT, NEVER, pictureRequest, rejection, textRequest } from "./testing/requests.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function serve(options?: HuggingfaceServerOptions): Promise<ProtocolServer> {
  const server = await startHuggingfaceServer(options);
  closing.push(() => server.close());
  return server;
}

function openPictures(
  server: ProtocolServer,
  changes: object = {},
  environment: Record<string, string> = {},
): TextToImage {
  const settings = {
    adapter: "huggingface-text-to-image",
    baseUrl: `${server.url}/models`,
    model: "paint/brush",
  };
  const generator = openHuggingfacePictures(
    pictureSchema.parse({ ...settings, ...IMPATIENT, ...changes }),
    environment,
  );
  closing.push(() => generator.dispose());
  return generator;
}

function openCaptions(server: ProtocolServer, changes: object = {}): ImageToText {
  const settings = {
    adapter: "huggingface-image-to-text",
    baseUrl: `${server.url}/models`,
    model: "read/eye",
  };
  const generator = openHuggingfaceCaptions(
    captionSchema.parse({ ...settings, ...IMPATIENT, ...changes }),
    {},
  );
  closing.push(() => generator.dispose());
  return generator;
}

const says = (body: object): Misbehaviour => ({ kind: "reply", reply: { body } });

describe("huggingface-text-to-image", () => {
  it("sends prompt and parameters to the model's address and takes the bytes that come back", async () => {
    const server = await serve();
    const changes = {
      keyFrom: "HF_TOKEN",
      negativePrompt: "text",
      steps: 20,
      guidance: 7,
      extra: { scheduler: "Euler" },
    };
    const generator = openPictures(server, changes, { HF_TOKEN: "hf_0123456789" });
    const { content } = await generator.picture(pictureRequest({ seed: 5 }), NEVER);
    expect(content.mediaType).toBe("image/png");
    expect(Buffer.from(content.bytes)).toEqual(Buffer.from(await drawnPicture("Ada waves at Bo", 5)));
    expect(server.received[0]).toMatchObject({ method: "POST", path: "/models/paint/brush" });
    expect(server.received[0]?.headers).toMatchObject({
      authorization: "Bearer hf_0123456789",
      accept: "image/png",
    });
    expect(jsonOf(server.received[0])).toEqual({
      inputs: "Ada waves at Bo",
      parameters: {
        scheduler: "Euler",
        negative_prompt: "text",
        num_inference_steps: 20,
        guidance_scale: 7,
        seed: 5,
      },
    });
  });

  it("asks an endpoint of the user's own at exactly its address", async () => {
    const server = await ProtocolServer.start(async () => ({ body: await drawnPicture("own", 0) }));
    closing.push(() => server.close());
    const generator = openPictures(server, { endpoint: `${server.url}/my/endpoint` });
    await generator.picture(pictureRequest(), NEVER);
    expect(server.received[0]?.path).toBe("/my/endpoint");
    expect(generator.identity.model).toBe("paint/brush");
  });

  it("waits while the model is loading, as long as the server estimates", async () => {
    const server = await serve({ loading: { requests: 2, estimatedTime: 0.01 } });
    const { content } = await openPictures(server).picture(pictureRequest(), NEVER);
    expect(content.mediaType).toBe("image/png");
    expect(server.received).toHaveLength(3);
  });

  it("does not wait for a model that takes longer than allowed", async () => {
    const server = await serve({ loading: { requests: 9, estimatedTime: 300.9 } });
    const error = await rejection(openPictures(server).picture(pictureRequest(), NEVER));
    expect(error.code).toBe("synthesis/asked-to-wait");
    expect(error.message).toContain("is currently loading");
    expect(error.message).toContain("301 s");
  });

  it("reads pictures in JSON too, and respects a safety checker's flag there", async () => {
    const server = await serve();
    const b64_json = Buffer.from(await drawnPicture("x", 1)).toString("base64");
    server.misbehave(
      says({ data: [{ b64_json }] }),
      says({ has_nsfw_concepts: [true], data: [{ b64_json }] }),
    );
    const generator = openPictures(server);
    expect((await generator.picture(pictureRequest(), NEVER)).content.mediaType).toBe("image/png");
    const error = await rejection(generator.picture(pictureRequest(), NEVER));
    expect(error).toBeInstanceOf(GeneratorRefusal);
    expect(error).toMatchObject({ reason: "nsfw" });
  });

  it.each<[string, Misbehaviour, string]>([
    ["a page", HTML_PAGE, "synthesis/not-a-picture"],
    ["half a picture", { kind: "short-length" }, "synthesis/not-a-picture"],
    ["an error with status 200", says({ error: "CUDA out of memory" }), "synthesis/server-failed"],
  ])("finds out a server that answers with %s", async (_, fault, code) => {
    const server = await serve();
    server.misbehave(fault);
    expect(await rejection(openPictures(server).picture(pictureRequest(), NEVER))).toMatchObject({ code });
  });
});

describe("huggingface-image-to-text", () => {
  it("sends the picture in Base64 and gives the caption", async () => {
    const server = await serve();
    const request = await textRequest();
    const { content } = await openCaptions(server, { extra: { max_new_tokens: 30 } }).text(request, NEVER);
    expect(Buffer.from(content.bytes).toString()).toMatch(/^Nobody /);
    expect(jsonOf(server.received[0])).toEqual({
      inputs: Buffer.from(request.picture.bytes).toString("base64"),
      parameters: { max_new_tokens: 30 },
    });
  });

  it("completes a caption that lacks mentions where the user wants that", async () => {
    const server = await serve();
    server.misbehave(says([{ generated_text: "two people" }]));
    const generator = openCaptions(server, { mentionTemplate: "{caption}: {mentions}" });
    const { content } = await generator.text(await textRequest({ mentions: ["Ada"] }), NEVER);
    expect(Buffer.from(content.bytes).toString()).toBe("two people: Ada");
    expect(generator.identity.settings).toEqual({ extra: {}, mentionTemplate: "{caption}: {mentions}" });
  });

  it("reads both forms of the answer", async () => {
    const server = await serve();
    server.misbehave(says({ generated_text: "Ada alone" }));
    const { content } = await openCaptions(server).text(await textRequest(), NEVER);
    expect(Buffer.from(content.bytes).toString()).toBe("Ada alone");
  });

  it.each<[string, Misbehaviour, string]>([
    ["an empty list", says([]), "synthesis/unexpected-answer"],
    ["an empty caption", says([{ generated_text: "" }]), "synthesis/empty-text"],
    ["something else", says([{ label: "cat" }]), "synthesis/unexpected-answer"],
  ])("finds out a server that answers with %s", async (_, fault, code) => {
    const server = await serve();
    server.misbehave(fault);
    expect(await rejection(openCaptions(server).text(await textRequest(), NEVER))).toMatchObject({ code });
  });
});
