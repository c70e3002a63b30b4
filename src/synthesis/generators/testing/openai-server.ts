// Speaks as much of OpenAI's protocol as the adapters use: picture generation, chat about a picture, files.
import { Buffer } from "node:buffer";
import { drawnPicture, writtenText } from "./drawn-content.ts";
import { ProtocolServer, type Reply } from "./protocol-server.ts";

export interface OpenaiServerOptions {
  /** When given, other keys are refused, as OpenAI does. */
  readonly key?: string | undefined;
  /** Whether pictures come as addresses; `host` is where they point to, the server itself by default. */
  readonly pictureUrls?: { readonly host?: string } | undefined;
}

/** Its base address for the adapters is `${server.url}/v1`. */
export async function startOpenaiServer(options: OpenaiServerOptions = {}): Promise<ProtocolServer> {
  const files = new Map<string, Uint8Array>();
  const server = await ProtocolServer.start(async (request) => {
    if (request.path.startsWith("/files/")) return file(files.get(request.path.split("?")[0] ?? ""));
    if (options.key !== undefined && request.headers.authorization !== `Bearer ${options.key}`) {
      return fault(401, "invalid_api_key", `Incorrect API key provided: ${request.headers.authorization}.`);
    }
    const body = JSON.parse(request.body.toString("utf8")) as RequestBody;
    if (request.path === "/v1/images/generations") return await images(body, files, server, options);
    if (request.path === "/v1/chat/completions") return chat(body);
    return fault(404, "not_found", `no ${request.path}`);
  });
  return server;
}

interface RequestBody {
  readonly model: string;
  readonly prompt?: string;
  readonly seed?: number;
  readonly messages?: readonly [
    {
      readonly content: readonly [
        { readonly text: string },
        { readonly image_url: { readonly url: string } },
      ];
    },
  ];
}

async function images(
  { prompt = "", seed = 0 }: RequestBody,
  files: Map<string, Uint8Array>,
  server: ProtocolServer,
  options: OpenaiServerOptions,
): Promise<Reply> {
  if (prompt.includes("forbidden")) {
    return fault(400, "content_policy_violation", "Your request was rejected by our safety system.");
  }
  const picture = await drawnPicture(prompt, seed);
  const revised_prompt = `A drawing of: ${prompt}`;
  if (options.pictureUrls === undefined) {
    return {
      body: { created: 1, data: [{ b64_json: Buffer.from(picture).toString("base64"), revised_prompt }] },
    };
  }
  const path = `/files/${files.size}.png`;
  files.set(path, picture);
  const url = `${options.pictureUrls.host ?? server.url}${path}?signature=s3cr3t`;
  return { body: { created: 1, data: [{ url, revised_prompt }] } };
}

function chat({ model, messages, seed = 0 }: RequestBody): Reply {
  const [{ text }, { image_url }] = messages![0].content; // a request without them fails, as it should
  const picture = Buffer.from(image_url.url.replace(/^data:image\/\w+;base64,/, ""), "base64");
  const mentions = [...text.matchAll(/"([^"]+)"/g)].map(([, mention = ""]) => mention);
  const message = { role: "assistant", content: writtenText(picture, mentions, seed), refusal: null };
  return {
    body: {
      id: "chat-1",
      object: "chat.completion",
      model,
      choices: [{ index: 0, finish_reason: "stop", message }],
    },
  };
}

function file(bytes: Uint8Array | undefined): Reply {
  return bytes === undefined ? { status: 404 } : { headers: { "content-type": "image/png" }, body: bytes };
}

function fault(status: number, code: string, message: string): Reply {
  return { status, body: { error: { message, type: "invalid_request_error", param: null, code } } };
}
