// Pictures from ComfyUI: queues a user's workflow with `/prompt`, polls `/history/{id}`, and fetches the
// picture from `/view`.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { SynthesisError } from "../../base/errors.ts";
import { readKey } from "./api-key.ts";
import { checkedPicture } from "./checked-content.ts";
import { type OutputFile, outputOf } from "./comfyui-history.ts";
import { ComfyuiQueue } from "./comfyui-queue.ts";
import { fillWorkflow, readWorkflow } from "./comfyui-workflow.ts";
import { pause, withDeadline } from "./deadline.ts";
import { discreetPictures } from "./discreet.ts";
import type { TextToImage } from "./generator.ts";
import { type HttpAnswer, readJson } from "./http-answer.ts";
import { HttpClient } from "./http-client.ts";
import { concurrencySetting, httpSettings, maxPixelsSetting } from "./http-settings.ts";
import { promptOf, promptTemplateSetting } from "./prompts.ts";
import type { Environment } from "./secrets.ts";

const ADAPTER = "comfyui";
// While a prompt waits, and when the server has lost it, the history is empty: after every few empty answers, the queue is asked.
const EMPTY_ANSWERS_PER_QUEUE = 4;

export const schema = z.strictObject({
  adapter: z.literal(ADAPTER),
  baseUrl: z.string().min(1).default("http://127.0.0.1:8188").describe("The server's address."),
  workflow: z
    .string()
    .min(1)
    .describe("JSON file of the workflow, exported from ComfyUI in API format, with placeholders."),
  model: z
    .string()
    .min(1)
    .default("workflow")
    .describe("Name of the model for the record; the workflow itself chooses the model."),
  ...httpSettings,
  timeoutMs: httpSettings.timeoutMs.describe("Timeout of one request; a picture takes several requests."),
  generationTimeoutMs: z
    .int()
    .positive()
    .max(86_400_000)
    .default(900_000)
    .describe("Timeout from queueing to the finished picture, including the time in the server's queue."),
  pollMs: z
    .int()
    .positive()
    .max(60_000)
    .default(500)
    .describe("Interval at which to ask the server whether the picture is finished."),
  concurrency: concurrencySetting(2),
  promptTemplate: promptTemplateSetting,
  negativePrompt: z.string().default("").describe("Value of `{negativePrompt}` in the workflow."),
  outputNode: z
    .string()
    .min(1)
    .optional()
    .describe("Number of the node whose picture to use; needed if several nodes save one."),
  maxPixels: maxPixelsSetting,
});

// It becomes part of an address.
const queuedSchema = z.object({ prompt_id: z.string().regex(/^[\x20-\x7e]{1,200}$/, "must be printable") });
const isQueued = (json: unknown) => queuedSchema.safeParse(json).success;

/**
 * Reads the workflow immediately, so that a wrong one fails before the first call.
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
  const client = new HttpClient({ adapter: ADAPTER, baseUrl: settings.baseUrl, key, settings, environment });
  const queue = new ComfyuiQueue(client);

  const get = (url: URL, accept: string, signal: AbortSignal, gone: () => SynthesisError) =>
    client.send({ url, method: "GET", accept, counted: false }, signal).catch((error: unknown) => {
      // Elsewhere this means a wrong address, and ends the run; here the server has taken the prompt before.
      throw error instanceof SynthesisError && error.value === 404 ? gone() : error;
    });

  async function finished(id: string, signal: AbortSignal): Promise<OutputFile> {
    const url = client.address(`history/${encodeURIComponent(id)}`);
    let isGone = false;
    for (let empty = 1; ; empty++) {
      const answer = await get(url, "application/json", signal, () => forgotten(url, id));
      const history = readJson(answer, z.record(z.string(), z.unknown()).nullable(), key) ?? {};
      const entry = Object.hasOwn(history, id) ? history[id] : undefined;
      if (entry !== undefined && entry !== null) {
        const output = outputOf(entry, outputNode, answer.place, key);
        if (output !== undefined) return output;
      } else if (isGone) throw forgotten(url, id);
      // A prompt that is finished between the two questions is in the history the next time.
      isGone = empty % EMPTY_ANSWERS_PER_QUEUE === 0 && (await queue.holds(id, signal)) === false;
      if (!isGone) await pause(settings.pollMs, signal);
    }
  }

  /** Queues the prompt. A call that ends before it is told the prompt's id takes it out of the queue again, if it came there. */
  async function enqueued(prompt: unknown, clientId: string, signal: AbortSignal): Promise<HttpAnswer> {
    const expected = { accept: "application/json", holdsAnswer: isQueued };
    try {
      return await client.post("prompt", { prompt, client_id: clientId }, expected, signal);
    } catch (error) {
      const isUnknown = error instanceof SynthesisError && error.code === "synthesis/timeout";
      if (isUnknown || signal.aborted) queue.abandon({ id: undefined, client: clientId });
      throw error;
    }
  }

  const generator: TextToImage = {
    identity: {
      adapter: ADAPTER,
      model: settings.model,
      settings: { workflow: workflow.sha256, promptTemplate, negativePrompt, outputNode: outputNode ?? null },
    },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async picture(request, signal) {
      const values = { prompt: promptOf(promptTemplate, request.prompt), negativePrompt, seed: request.seed };
      const clientId = randomUUID();
      const answer = await enqueued(fillWorkflow(workflow, values), clientId, signal);
      const { prompt_id: id } = readJson(answer, queuedSchema, key);
      const late = () => tooLate(answer.place, generationTimeoutMs);
      let file: OutputFile;
      try {
        file = await withDeadline(signal, generationTimeoutMs, late, (limited) => finished(id, limited));
      } catch (error) {
        queue.abandon({ id, client: clientId });
        throw error;
      }
      const url = client.address("view", { ...file });
      const picture = await get(url, "image/*", signal, () => noFile(url, file));
      return { content: await checkedPicture(picture.bytes, settings.maxPixels, picture.place) };
    },
    async dispose() {
      await queue.settled();
      await client.dispose();
    },
  };
  return discreetPictures(generator, client.secrets);
}

function forgotten({ origin }: URL, id: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/forgotten",
    message: `${ADAPTER}: ${origin} no longer knows the prompt ${id.slice(0, 64)}: it was restarted, or its queue was cleared`,
    place: origin,
    remedy: "Check the server's log: it may have run out of memory. Then run the command again.",
    fault: "work",
  });
}

function noFile({ origin }: URL, { filename }: OutputFile): SynthesisError {
  return new SynthesisError({
    code: "synthesis/forgotten",
    message: `${ADAPTER}: ${origin} no longer has the picture ${JSON.stringify(filename.slice(0, 100))} that it made`,
    place: origin,
    remedy: "Check whether something clears the server's output folder during the run.",
    fault: "work",
  });
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
