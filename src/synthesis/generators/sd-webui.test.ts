import { Buffer } from "node:buffer";
import { afterEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { GeneratorRefusal, type ImageToText, type TextToImage } from "./generator.ts";
import { interrogateSchema, openSdWebui, openSdWebuiInterrogate, schema } from "./sd-webui.ts";
import { drawnPicture } from "./testing/drawn-content.ts";
import { HTML_PAGE, jsonOf, type Misbehaviour, type ProtocolServer } from "./testing/protocol-server.ts";
import { IMPATIENT, NEVER, pictureRequest, rejection, textRequest } from "./testing/requests.ts";
import { startSdWebuiServer } from "./testing/sd-webui-server.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function serve(login?: string): Promise<ProtocolServer> {
  const server = await startSdWebuiServer(login === undefined ? {} : { login });
  closing.push(() => server.close());
  return server;
}

function openPictures(
  server: ProtocolServer,
  changes: Partial<z.input<typeof schema>> = {},
  environment: Record<string, string> = {},
): TextToImage {
  const settings = { adapter: "sd-webui", baseUrl: server.url, model: "sd-2-1", ...IMPATIENT, ...changes };
  const generator = openSdWebui(schema.parse(settings), environment);
  closing.push(() => generator.dispose());
  return generator;
}

function openCaptions(server: ProtocolServer, changes: object = {}): ImageToText {
  const settings = { adapter: "sd-webui-interrogate", baseUrl: server.url, ...IMPATIENT, ...changes };
  const generator = openSdWebuiInterrogate(interrogateSchema.parse(settings), {});
  closing.push(() => generator.dispose());
  return generator;
}

const says = (body: object): Misbehaviour => ({ kind: "reply", reply: { body } });

describe("sd-webui", () => {
  it("asks for one picture with all settings, behind the server's login", async () => {
    const server = await serve("ada:hunter22");
    const extra = { tiling: true, override_settings: { CLIP_stop_at_last_layers: 2 } };
    const changes = { keyFrom: "LOGIN", negativePrompt: "text", width: 768, steps: 10, guidance: 5, extra };
    const generator = openPictures(server, changes, { LOGIN: "ada:hunter22" });
    const { content, details } = await generator.picture(pictureRequest({ seed: 4_294_967_295 }), NEVER);
    expect(Buffer.from(content.bytes)).toEqual(
      Buffer.from(await drawnPicture("Ada waves at Bo", 4_294_967_295)),
    );
    expect(details).toEqual({ seed: 4_294_967_295, model: "sd-2-1", modelHash: undefined });
    expect(server.received[0]?.path).toBe("/sdapi/v1/txt2img");
    expect(jsonOf(server.received[0])).toEqual({
      prompt: "Ada waves at Bo",
      negative_prompt: "text",
      seed: 4_294_967_295,
      width: 768,
      height: 512,
      steps: 10,
      cfg_scale: 5,
      sampler_name: "Euler",
      batch_size: 1,
      n_iter: 1,
      send_images: true,
      save_images: false,
      override_settings: { CLIP_stop_at_last_layers: 2, sd_model_checkpoint: "sd-2-1" },
      override_settings_restore_afterwards: false,
      tiling: true,
    });
    expect(generator.identity.settings).toEqual({
      promptTemplate: "{text}",
      negativePrompt: "text",
      width: 768,
      height: 512,
      steps: 10,
      guidance: 5,
      sampler: "Euler",
      extra,
    });
  });

  it("reads pictures in data URLs", async () => {
    const server = await serve();
    const base64 = Buffer.from(await drawnPicture("x", 1)).toString("base64");
    server.misbehave(says({ images: [`data:image/png;base64,${base64}`] }));
    const { content } = await openPictures(server).picture(pictureRequest(), NEVER);
    expect(content.mediaType).toBe("image/png");
  });

  it.each<[string, object]>([
    ["at the top", { nsfw_content_detected: [true] }],
    ["by another name", { has_nsfw_concepts: true }],
    ["inside info", { info: JSON.stringify({ nsfw_content_detected: true }) }],
  ])("takes a safety checker's flag %s for a refusal", async (_, flags) => {
    const server = await serve();
    server.misbehave(says({ images: ["AAAA"], ...flags }));
    const error = await rejection(openPictures(server).picture(pictureRequest(), NEVER));
    expect(error).toBeInstanceOf(GeneratorRefusal);
    expect(error).toMatchObject({ reason: "nsfw" });
  });

  it.each<[string, Misbehaviour, string]>([
    ["a page", HTML_PAGE, "synthesis/not-json"],
    ["no images", says({ images: [] }), "synthesis/unexpected-answer"],
    ["a broken info", says({ images: ["AAAA"], info: "{" }), "synthesis/not-json"],
    ["no picture", says({ images: ["AAAA"] }), "synthesis/not-a-picture"],
  ])("finds out a server that answers with %s", async (_, fault, code) => {
    const server = await serve();
    server.misbehave(fault);
    expect(await rejection(openPictures(server).picture(pictureRequest(), NEVER))).toMatchObject({ code });
  });

  it("wants sides that the model can draw", () => {
    const settings = { adapter: "sd-webui", model: "m" };
    expect(schema.safeParse({ ...settings, width: 500 }).success).toBe(false);
    expect(schema.safeParse({ ...settings, width: 520 }).success).toBe(true);
  });
});

describe("sd-webui-interrogate", () => {
  it("shows the picture and gives the caption", async () => {
    const server = await serve();
    const request = await textRequest();
    const { content } = await openCaptions(server).text(request, NEVER);
    expect(Buffer.from(content.bytes).toString()).toMatch(/^Nobody /);
    const image = `data:image/png;base64,${Buffer.from(request.picture.bytes).toString("base64")}`;
    expect(server.received[0]?.path).toBe("/sdapi/v1/interrogate");
    expect(jsonOf(server.received[0])).toEqual({ image, model: "clip" });
  });

  it("completes a caption that lacks mentions where the user wants that", async () => {
    const server = await serve();
    server.misbehave(says({ caption: "two people" }), says({ caption: " " }));
    const generator = openCaptions(server, { mentionTemplate: "{caption}: {mentions}" });
    const request = await textRequest({ mentions: ["Ada", "Bo"] });
    const { content } = await generator.text(request, NEVER);
    expect(Buffer.from(content.bytes).toString()).toBe("two people: Ada and Bo");
    expect((await rejection(generator.text(request, NEVER))).code).toBe("synthesis/empty-text");
  });

  it("does not take the server's way to report an error for a caption", async () => {
    const server = await serve();
    server.misbehave(says({ caption: "<error>" }), says({ caption: "" }));
    const generator = openCaptions(server);
    expect((await rejection(generator.text(await textRequest(), NEVER))).code).toBe(
      "synthesis/unexpected-answer",
    );
    expect((await rejection(generator.text(await textRequest(), NEVER))).code).toBe("synthesis/empty-text");
  });
});
