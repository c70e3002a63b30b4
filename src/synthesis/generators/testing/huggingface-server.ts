// Speaks as much of Hugging Face's inference API as the adapters use; models may take a while to load.
import { Buffer } from "node:buffer";
import { drawnPicture, writtenText } from "./drawn-content.ts";
import { ProtocolServer, type Reply } from "./protocol-server.ts";

export interface HuggingfaceServerOptions {
  /** How many requests are told that the model is loading, and for how many more seconds. */
  readonly loading?: { readonly requests: number; readonly estimatedTime: number } | undefined;
}

/** The models are "paint/brush" (pictures) and "read/eye" (captions), below `${server.url}/models`. */
export async function startHuggingfaceServer(
  options: HuggingfaceServerOptions = {},
): Promise<ProtocolServer> {
  let told = 0;
  return await ProtocolServer.start(async (request): Promise<Reply> => {
    const model = request.path.replace(/^\/models\//, "");
    if (model !== "paint/brush" && model !== "read/eye") return { status: 404, body: { error: "Not Found" } };
    if (told < (options.loading?.requests ?? 0)) {
      told++;
      const error = `Model ${model} is currently loading`;
      return { status: 503, body: { error, estimated_time: options.loading?.estimatedTime } };
    }
    const { inputs, parameters } = JSON.parse(request.body.toString("utf8")) as {
      inputs: string;
      parameters?: { seed?: number };
    };
    if (model === "read/eye") {
      return { body: [{ generated_text: writtenText(Buffer.from(inputs, "base64"), [], 0) }] };
    }
    const bytes = await drawnPicture(inputs, parameters?.seed ?? 0);
    return { headers: { "content-type": "image/png" }, body: bytes };
  });
}
