// Searches everything that network generators throw, return and show for the key they were given.
import { Buffer } from "node:buffer";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schema as comfyuiSchema, openComfyui } from "./comfyui.ts";
import type { ImageToText, TextToImage } from "./generator.ts";
import {
  captionSchema,
  openHuggingfaceCaptions,
  openHuggingfacePictures,
  pictureSchema,
} from "./huggingface.ts";
import { schema as chatSchema, openOpenaiChat } from "./openai-chat.ts";
import { schema as imagesSchema, openOpenaiImages } from "./openai-images.ts";
import { interrogateSchema, openSdWebui, openSdWebuiInterrogate, schema as sdSchema } from "./sd-webui.ts";
import { COMFYUI_WORKFLOW } from "./testing/comfyui-server.ts";
import { drawnPicture } from "./testing/drawn-content.ts";
import { type Protocol, ProtocolServer, type Reply } from "./testing/protocol-server.ts";
import { IMPATIENT, NEVER, pictureRequest, textRequest } from "./testing/requests.ts";

const SECRET = 'sk-Zq+7/x"9=secret';
const environment = { KEY: SECRET, LOGIN: `ada:${SECRET}` };
const SPELLINGS = [
  SECRET,
  "Zq+7",
  encodeURIComponent(SECRET),
  JSON.stringify(SECRET).slice(1, -1),
  Buffer.from(SECRET).toString("base64"),
  Buffer.from(`ada:${SECRET}`).toString("base64"),
];

let folder: string;
let workflow: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-secrecy-"));
  workflow = join(folder, "workflow.json");
  await writeFile(workflow, JSON.stringify(COMFYUI_WORKFLOW));
});
afterAll(() => rm(folder, { recursive: true }));

type Opened = TextToImage | ImageToText;
const OPENERS: Record<string, (baseUrl: string) => Opened | Promise<Opened>> = {
  "openai-images": (baseUrl) =>
    openOpenaiImages(
      imagesSchema.parse({ adapter: "openai-images", baseUrl, model: "m", keyFrom: "KEY", ...IMPATIENT }),
      environment,
    ),
  "openai-chat": (baseUrl) =>
    openOpenaiChat(
      chatSchema.parse({ adapter: "openai-chat", baseUrl, model: "m", keyFrom: "KEY", ...IMPATIENT }),
      environment,
    ),
  "sd-webui": (baseUrl) =>
    openSdWebui(
      sdSchema.parse({ adapter: "sd-webui", baseUrl, model: "m", keyFrom: "LOGIN", ...IMPATIENT }),
      environment,
    ),
  "sd-webui-interrogate": (baseUrl) =>
    openSdWebuiInterrogate(
      interrogateSchema.parse({ adapter: "sd-webui-interrogate", baseUrl, keyFrom: "LOGIN", ...IMPATIENT }),
      environment,
    ),
  comfyui: (baseUrl) =>
    openComfyui(
      comfyuiSchema.parse({ adapter: "comfyui", baseUrl, workflow, pollMs: 2, keyFrom: "KEY", ...IMPATIENT }),
      environment,
    ),
  "huggingface-text-to-image": (baseUrl) =>
    openHuggingfacePictures(
      pictureSchema.parse({
        adapter: "huggingface-text-to-image",
        baseUrl,
        model: "m",
        keyFrom: "KEY",
        ...IMPATIENT,
      }),
      environment,
    ),
  "huggingface-image-to-text": (baseUrl) =>
    openHuggingfaceCaptions(
      captionSchema.parse({
        adapter: "huggingface-image-to-text",
        baseUrl,
        model: "m",
        keyFrom: "KEY",
        ...IMPATIENT,
      }),
      environment,
    ),
};

/** A server that has the key say itself wherever it can: in errors, captions, prompts, names, addresses. */
const echo =
  (reply: (said: string) => Reply | Promise<Reply>): Protocol =>
  ({ headers }) =>
    reply(headers.authorization ?? "");

const ECHOES: Record<string, Protocol> = {
  "a 401 with the header in its words": echo((said) => ({ status: 401, body: `no such key: ${said}` })),
  "a 400 with the header in JSON": echo((said) => ({
    status: 400,
    body: { error: { message: said, said } },
  })),
  "a refusal with the header in it": echo((said) => ({
    status: 400,
    body: { error: { code: "content_policy_violation", message: said } },
  })),
  "a 500 with the header at the end of many words": echo((said) => ({
    status: 500,
    body: `${"x".repeat(270)}${said}`,
  })),
  "a redirect to an address with the header in it": echo((said) => ({
    status: 302,
    headers: { location: `http://127.0.0.1:9/${encodeURIComponent(said)}?key=${encodeURIComponent(said)}` },
  })),
  "a page with the header in it": echo((said) => ({ body: `<html>${said}</html>` })),
  "a picture on a host named like the key": echo((said) => ({
    body: {
      data: [{ url: `http://${said.replaceAll(/[^a-z0-9]/gi, "-")}.invalid/${encodeURIComponent(said)}` }],
    },
  })),
  "success, with the header in every text": echo(async (said) => {
    const picture = Buffer.from(await drawnPicture("x", 1)).toString("base64");
    return {
      body: {
        data: [{ b64_json: picture, revised_prompt: said }],
        choices: [{ finish_reason: "stop", message: { content: `caption ${said}` } }],
        model: said,
        images: [picture],
        info: JSON.stringify({ seed: 1, sd_model_name: said }),
        caption: `caption ${said}`,
        generated_text: `caption ${said}`,
        prompt_id: said,
        [said]: {
          status: { status_str: "error", messages: [["execution_error", { exception_message: said }]] },
        },
      },
    };
  }),
  "a hang-up": () => {
    throw new Error("never answers");
  },
};

describe.each(Object.keys(OPENERS))("%s", (name) => {
  it.each(Object.keys(ECHOES))(
    "keeps its key to itself when the server answers with %s",
    async (echoName) => {
      const protocol = ECHOES[echoName]!;
      const server = await ProtocolServer.start(echoName === "a hang-up" ? () => ({}) : protocol);
      if (echoName === "a hang-up") server.misbehave(...Array(9).fill({ kind: "hang-up" }));
      const generator = await OPENERS[name]!(server.url);
      try {
        const outcome = await call(generator).catch((error: unknown) => error);
        expect(server.received.length).toBeGreaterThan(0);
        expect(server.received[0]?.headers.authorization).toBeDefined();
        for (const shown of [everythingOf(outcome), everythingOf(generator)]) {
          for (const spelling of SPELLINGS) expect(shown).not.toContain(spelling);
        }
      } finally {
        await generator.dispose();
        await server.close();
      }
    },
  );
});

async function call(generator: Opened): Promise<unknown> {
  return "picture" in generator
    ? await generator.picture(pictureRequest(), NEVER)
    : await generator.text(await textRequest(), NEVER);
}

/** All that could be logged of a value: its inspection with hidden fields, its JSON, the texts in its bytes, its causes. */
function everythingOf(value: unknown): string {
  const shown = [inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: 50 })];
  shown.push(JSON.stringify(value) ?? "");
  if (value instanceof Error) {
    shown.push(value.message, value.stack ?? "", JSON.stringify(Object.entries(value)));
    if (value.cause !== undefined) shown.push(everythingOf(value.cause));
  }
  const bytes = (value as { content?: { bytes?: Uint8Array } }).content?.bytes;
  if (bytes !== undefined) shown.push(Buffer.from(bytes).toString("latin1"));
  return shown.join("\n");
}
