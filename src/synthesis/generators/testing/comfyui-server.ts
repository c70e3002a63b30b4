// Speaks as much of ComfyUI's protocol as the adapter uses: a queue, a history that is empty until a run is over, files.
import { randomUUID } from "node:crypto";
import { drawnPicture } from "./drawn-content.ts";
import { ProtocolServer, type Reply } from "./protocol-server.ts";

export interface ComfyuiServerOptions {
  /** How often the history says nothing before a run is over. */
  readonly pollsUntilDone?: number | undefined;
  /** What the run ends with instead of a picture. */
  readonly failure?: string | undefined;
  /** The server is started again after this many looks into the history: then it knows no prompt. */
  readonly forgetsAfter?: number | undefined;
  /** No `/queue` that can be read, as behind some gateways. */
  readonly withoutQueue?: boolean | undefined;
}

/** A workflow for it: text to encode, seed, a preview and a saved picture. */
export const COMFYUI_WORKFLOW = {
  "3": {
    class_type: "KSampler",
    inputs: { seed: "{seed}", steps: 20, positive: ["6", 0], negative: ["7", 0] },
  },
  "6": { class_type: "CLIPTextEncode", inputs: { text: "photo of {prompt}", clip: ["4", 1] } },
  "7": { class_type: "CLIPTextEncode", inputs: { text: "{negativePrompt}", clip: ["4", 1] } },
  "8": { class_type: "PreviewImage", inputs: { images: ["3", 0] } },
  "9": { class_type: "SaveImage", inputs: { images: ["3", 0], filename_prefix: "relata" } },
};

type Nodes = Readonly<
  Record<string, { readonly class_type: string; readonly inputs: Readonly<Record<string, unknown>> }>
>;

export async function startComfyuiServer(options: ComfyuiServerOptions = {}): Promise<ProtocolServer> {
  const runs = new Map<string, { readonly nodes: Nodes; readonly client: unknown; polls: number }>();
  const { pollsUntilDone = 1 } = options;
  return await ProtocolServer.start(async ({ method, path, body }): Promise<Reply> => {
    const url = new URL(path, "http://comfyui");
    if (method === "POST" && url.pathname === "/prompt") {
      const { prompt, client_id } = JSON.parse(body.toString("utf8")) as {
        prompt: Nodes;
        client_id?: string;
      };
      if (typeof prompt["3"]?.inputs.seed !== "number") return invalid();
      const prompt_id = randomUUID();
      runs.set(prompt_id, { nodes: prompt, client: client_id, polls: 0 });
      return { body: { prompt_id, number: runs.size, node_errors: {} } };
    }
    if (url.pathname === "/queue" && options.withoutQueue) return { status: 404 };
    if (method === "GET" && url.pathname === "/queue") {
      const waiting = [...runs].filter(([, { polls }]) => polls <= pollsUntilDone);
      const items = waiting.map(([id, { nodes, client }], i) => [i, id, nodes, { client_id: client }, ["9"]]);
      return { body: { queue_running: items.slice(0, 1), queue_pending: items.slice(1) } };
    }
    if (method === "POST" && url.pathname === "/queue") {
      const { delete: ids } = JSON.parse(body.toString("utf8")) as { delete: string[] };
      for (const id of ids) runs.delete(id);
      return {};
    }
    if (url.pathname.startsWith("/history/")) {
      const id = url.pathname.slice("/history/".length);
      const run = runs.get(id);
      if (run?.polls === options.forgetsAfter) runs.clear();
      if (run === undefined || run.polls++ < pollsUntilDone) return { body: {} };
      return { body: { [id]: options.failure === undefined ? success(id) : failure(options.failure) } };
    }
    if (url.pathname === "/view") {
      const nodes = runs.get(url.searchParams.get("filename")?.replace(".png", "") ?? "")?.nodes;
      if (nodes === undefined || url.searchParams.get("type") !== "output") return { status: 404 };
      const bytes = await drawnPicture(String(nodes["6"]?.inputs.text), Number(nodes["3"]?.inputs.seed));
      return { headers: { "content-type": "image/png" }, body: bytes };
    }
    return { status: 404 };
  });
}

function success(id: string): object {
  return {
    prompt: [],
    outputs: {
      "8": { images: [{ filename: "preview.png", subfolder: "", type: "temp" }] },
      "9": { images: [{ filename: `${id}.png`, subfolder: "", type: "output" }] },
    },
    status: { status_str: "success", completed: true, messages: [["execution_success", {}]] },
  };
}

function failure(exception_message: string): object {
  const error = { node_id: "3", node_type: "KSampler", exception_message };
  return {
    prompt: [],
    outputs: {},
    status: { status_str: "error", completed: false, messages: [["execution_error", error]] },
  };
}

function invalid(): Reply {
  const error = { type: "prompt_outputs_failed_validation", message: "Prompt outputs failed validation" };
  return {
    status: 400,
    body: { error, node_errors: { "3": { errors: [{ message: "seed: not a number" }] } } },
  };
}
