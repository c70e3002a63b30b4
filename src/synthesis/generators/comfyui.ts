// Pictures from ComfyUI: a workflow of the user's is queued by `/prompt`, awaited by `/history/{id}`, fetched by `/view`.
import { z } from "zod";
import { SynthesisError } from "../../errors.ts";
import { type Environment, readKey } from "./api-key.ts";
import { checkedPicture } from "./checked-content.ts";
import { type OutputFile, outputOf } from "./comfyui-history.ts";
import { fillWorkflow, readWorkflow } from "./comfyui-workflow.ts";
import { pause, withDeadline } from "./deadline.ts";
import type { TextToImage } from "./generator.ts";
import { readJson } from "./http-answer.ts";
import { HttpClient } from "./http-client.ts";
import { concurrencySetting, httpSettings, maxPixelsSetting } from "./http-settings.ts";
import { promptOf, promptTemplateSetting } from "./prompts.ts";

const ADAPTER = "comfyui";
// A cancelled run is not kept waiting for the courtesy of clearing the server's queue.
const FAREWELL_MS = 2000;

export const schema = z.strictObject({
  adapter: z.literal(ADAPTER),
  baseUrl: z.string().min(1).default("http://127.0.0.1:8188").describe("The server's address."),
  workflow: z
    .string()
    .min(1)
    .describe("JSON file of the workflow, saved in ComfyUI as API format, with the placeholders in it."),
  model: z
    .string()
    .min(1)
    .default("workflow")
    .describe("Name of the model for the record; the workflow names the real one."),
  ...httpSettings,
  timeoutMs: httpSettings.timeoutMs.describe("Time for one request; a picture takes several."),
  generationTimeoutMs: z
    .int()
    .positive()
    .max(86_400_000)
    .default(900_000)
    .describe("Time from queueing to the finished picture, the server's queue included."),
  pollMs: z
    .int()
    .positive()
    .max(60_000)
    .default(500)
    .describe("How often the server is asked whether it is done."),
  concurrency: concurrencySetting(2),
  promptTemplate: promptTemplateSetting,
  negativePrompt: z.string().default("").describe("What `{negativePrompt}` in the workflow stands for."),
  outputNode: z
    .string()
    .min(1)
    .optional()
    .describe("Number of the node whose picture is taken; needed where several save one."),
  maxPixels: maxPixelsSetting,
});

const queuedSchema = z.object({ prompt_id: z.string().min(1) });

/**
 * Reads the workflow now, so that a wrong one is found before the first call.
 *
 * @throws SynthesisError `synthesis/no-key`, `synthesis/bad-key`, `synthesis/bad-address`, `synthesis/bad-workflow`
 */
export async function openComfyui(
  settings: z.output<typeof schema>,
  environment: Environment,
): Promise<TextToImage> {
  const key = readKey(settings.keyFrom, environment, ADAPTER);
  const { promptTemplate, negativePrompt, outputNode, generationTimeoutMs } = settings;
  const workflow = await readWorkflow(settings.workflow, negativePrompt !== "");
  const client = new HttpClient({ adapter: ADAPTER, baseUrl: settings.baseUrl, key, settings });
  const queued = new Set<Promise<void>>();

  /** Takes a picture that nobody waits for any more out of the server's queue; one that is being drawn is drawn to its end. */
  async function abandon(id: string): Promise<void> {
    const request = {
      url: client.address("queue"),
      method: "POST",
      accept: "*/*",
      counted: false,
      body: { mediaType: "application/json", bytes: JSON.stringify({ delete: [id] }) },
    } as const;
    const farewell = client.send(request, AbortSignal.timeout(FAREWELL_MS)).then(
      () => undefined,
      () => undefined, // the picture is given up either way, and the reason for that is what the caller hears
    );
    queued.add(farewell);
    await farewell;
    queued.delete(farewell);
  }

  async function finished(id: string, signal: AbortSignal): Promise<OutputFile> {
    const url = client.address(`history/${encodeURIComponent(id)}`);
    for (;;) {
      const answer = await client.send(
        { url, method: "GET", accept: "application/json", counted: false },
        signal,
      );
      const history = readJson(answer, z.record(z.string(), z.unknown()), key);
      const entry = history[id];
      if (entry !== undefined) {
        const output = outputOf(entry, outputNode, answer.place, key);
        if (output !== undefined) return output;
      }
      await pause(settings.pollMs, signal);
    }
  }

  return {
    identity: {
      adapter: ADAPTER,
      model: settings.model,
      settings: { workflow: workflow.sha256, promptTemplate, negativePrompt, outputNode: outputNode ?? null },
    },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async picture(request, signal) {
      const values = { prompt: promptOf(promptTemplate, request.prompt), negativePrompt, seed: request.seed };
      const body = { prompt: fillWorkflow(workflow, values) };
      const answer = await client.post("prompt", body, "application/json", signal);
      const { prompt_id: id } = readJson(answer, queuedSchema, key);
      const late = () => tooLate(answer.place, generationTimeoutMs);
      let file: OutputFile;
      try {
        file = await withDeadline(signal, generationTimeoutMs, late, (limited) => finished(id, limited));
      } catch (error) {
        void abandon(id);
        throw error;
      }
      const url = client.address("view", { ...file });
      const picture = await client.send({ url, method: "GET", accept: "image/*", counted: false }, signal);
      return { content: await checkedPicture(picture.bytes, settings.maxPixels, picture.place) };
    },
    async dispose() {
      await Promise.all(queued);
      await client.dispose();
    },
  };
}

function tooLate(place: string, generationTimeoutMs: number): SynthesisError {
  return new SynthesisError({
    code: "synthesis/timeout",
    message: `${place}: the picture was not finished within ${generationTimeoutMs} ms`,
    place,
    remedy: "Raise generationTimeoutMs, or lower concurrency: queued pictures wait for each other.",
    fault: "work",
  });
}
