// Speaks as much of Stable Diffusion WebUI's protocol as the adapter uses.
import { Buffer } from "node:buffer";
import { drawnPicture, writtenText } from "./drawn-content.ts";
import { ProtocolServer, type Reply } from "./protocol-server.ts";

/** `login`: "user:password" of --api-auth. */
export async function startSdWebuiServer(options: { readonly login?: string } = {}): Promise<ProtocolServer> {
  const expected =
    options.login === undefined ? undefined : `Basic ${Buffer.from(options.login).toString("base64")}`;
  return await ProtocolServer.start(async (request): Promise<Reply> => {
    if (expected !== undefined && request.headers.authorization !== expected) {
      return { status: 401, body: { detail: "Incorrect username or password" } };
    }
    const body = JSON.parse(request.body.toString("utf8")) as Record<string, unknown>;
    if (request.path === "/sdapi/v1/txt2img") {
      const {
        prompt,
        seed,
        override_settings: overrides,
      } = body as {
        prompt: string;
        seed: number;
        override_settings: { sd_model_checkpoint: string };
      };
      const picture = await drawnPicture(prompt, seed);
      const info = JSON.stringify({ prompt, seed, sd_model_name: overrides.sd_model_checkpoint });
      return { body: { images: [Buffer.from(picture).toString("base64")], parameters: body, info } };
    }
    if (request.path === "/sdapi/v1/interrogate") {
      const picture = Buffer.from((body.image as string).split(",")[1] ?? "", "base64");
      return { body: { caption: writtenText(picture, [], 0) } };
    }
    return { status: 404, body: { detail: "Not Found" } };
  });
}
