// Answers every adapter's requests with damaged answers: each call must end with sound content, a refusal, or an error with a code.
// RELATA_FUZZ=5000 npx vitest run test/synthesis/fuzzed-answers.test.ts  tries more answers; RELATA_SEED=<number> tries others.
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SynthesisError } from "../../src/base/errors.ts";
import { judgeContent } from "../../src/synthesis/checks.ts";
import { schema as comfyuiSchema, openComfyui } from "../../src/synthesis/generators/comfyui.ts";
import {
  GeneratorRefusal,
  type ImageToText,
  type TextToImage,
} from "../../src/synthesis/generators/generator.ts";
import {
  captionSchema,
  openHuggingfaceCaptions,
  openHuggingfacePictures,
  pictureSchema,
} from "../../src/synthesis/generators/huggingface.ts";
import { schema as chatSchema, openOpenaiChat } from "../../src/synthesis/generators/openai-chat.ts";
import { schema as imagesSchema, openOpenaiImages } from "../../src/synthesis/generators/openai-images.ts";
import {
  interrogateSchema,
  openSdWebui,
  openSdWebuiInterrogate,
  schema as sdSchema,
} from "../../src/synthesis/generators/sd-webui.ts";
import { COMFYUI_WORKFLOW } from "../../src/synthesis/generators/testing/comfyui-server.ts";
import { drawnPicture } from "../../src/synthesis/generators/testing/drawn-content.ts";
import { ProtocolServer } from "../../src/synthesis/generators/testing/protocol-server.ts";
import { pictureRequest, textRequest } from "../../src/synthesis/generators/testing/requests.ts";
import { drawsOf } from "../draws.ts";
import { mutated, type RecordedAnswer } from "./mutations.ts";

/** Damaged answers for each of the seven adapters. */
const ANSWERS = Number(process.env.RELATA_FUZZ ?? 10);
const MS_PER_ANSWER = 200;
const KEY = "sk-fuzz-0123456789abcdef";
const LOGIN = `ada:${KEY}`;
const environment = { KEY, LOGIN };
const common = {
  keyFrom: "KEY",
  timeoutMs: 5000,
  retry: { times: 1, firstWaitMs: 1, longestWaitMs: 1, longestRetryAfterMs: 20 },
};

let work = "";
let picture = "";
let bytes: Uint8Array = new Uint8Array();
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "relata-fuzz-"));
  writeFileSync(join(work, "workflow.json"), JSON.stringify(COMFYUI_WORKFLOW));
  bytes = await drawnPicture("fuzz", 1);
  picture = Buffer.from(bytes).toString("base64");
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

type Opened = TextToImage | ImageToText;
interface Adapter {
  readonly open: (baseUrl: string) => Opened | Promise<Opened>;
  /** Complete answers, by the end of their path; one of a path is drawn at random. */
  readonly answers: () => Readonly<Record<string, readonly (object | Uint8Array)[]>>;
}

const message = (content: unknown, more: object = {}) => ({
  id: "c",
  model: "m",
  choices: [
    { index: 0, finish_reason: "stop", message: { role: "assistant", content, refusal: null, ...more } },
  ],
});

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  "openai-images": {
    open: (baseUrl) =>
      openOpenaiImages(
        imagesSchema.parse({ adapter: "openai-images", baseUrl, model: "m", ...common }),
        environment,
      ),
    answers: () => ({
      generations: [
        { created: 1, data: [{ b64_json: picture, url: null, revised_prompt: `a drawing ${KEY}` }] },
        { data: [{ url: "/files/a.png", b64_json: "" }] },
        { images: [{ url: `data:image/png;base64,${picture}` }], has_nsfw_concepts: [false] },
        { error: { message: `slow down ${KEY}`, code: "rate_limit_exceeded" } },
      ],
      "a.png": [bytes],
    }),
  },
  "openai-chat": {
    open: (baseUrl) =>
      openOpenaiChat(
        chatSchema.parse({ adapter: "openai-chat", baseUrl, model: "m", ...common }),
        environment,
      ),
    answers: () => ({
      completions: [
        message("Ada waves at Bo"),
        message(`<think>hm ${KEY}</think>"Ada waves at Bo"`, { reasoning_content: "hm" }),
        message([
          { type: "text", text: "Ada " },
          { type: "output_text", text: `waves ${KEY}` },
        ]),
        { choices: [{ finish_reason: "error", error: { code: 502, message: KEY } }] },
      ],
    }),
  },
  "sd-webui": {
    open: (baseUrl) =>
      openSdWebui(
        sdSchema.parse({ adapter: "sd-webui", baseUrl, model: "m", ...common, keyFrom: "LOGIN" }),
        environment,
      ),
    answers: () => ({
      txt2img: [
        {
          images: [picture],
          parameters: {},
          info: JSON.stringify({ seed: 1, sd_model_name: KEY, sd_model_hash: "a" }),
        },
        { error: "OutOfMemoryError", detail: "", body: "", errors: "CUDA out of memory" },
      ],
    }),
  },
  "sd-webui-interrogate": {
    open: (baseUrl) =>
      openSdWebuiInterrogate(
        interrogateSchema.parse({ adapter: "sd-webui-interrogate", baseUrl, ...common, keyFrom: "LOGIN" }),
        environment,
      ),
    answers: () => ({ interrogate: [{ caption: `Ada waves ${KEY}` }, { detail: "Not authenticated" }] }),
  },
  comfyui: {
    open: (baseUrl) =>
      openComfyui(
        comfyuiSchema.parse({
          ...{ adapter: "comfyui", baseUrl, workflow: join(work, "workflow.json"), ...common },
          ...{ pollMs: 1, generationTimeoutMs: 100 },
        }),
        environment,
      ),
    answers: () => ({
      prompt: [{ prompt_id: "abc", number: 1, node_errors: {} }],
      abc: [
        {
          abc: {
            outputs: { "9": { images: [{ filename: "a.png", subfolder: "", type: "output" }] } },
            status: { status_str: "success", completed: true, messages: [["execution_success", {}]] },
          },
        },
        {
          abc: {
            outputs: {},
            status: { status_str: "error", messages: [["execution_error", { exception_message: KEY }]] },
          },
        },
        {},
      ],
      queue: [{ queue_running: [[1, "abc", {}, { client_id: "x" }, ["9"]]], queue_pending: [] }],
      view: [bytes],
    }),
  },
  "huggingface-text-to-image": {
    open: (baseUrl) =>
      openHuggingfacePictures(
        pictureSchema.parse({ adapter: "huggingface-text-to-image", baseUrl, model: "m", ...common }),
        environment,
      ),
    answers: () => ({
      m: [bytes, { data: [{ b64_json: picture }] }, { error: `loading ${KEY}`, estimated_time: 0.001 }],
    }),
  },
  "huggingface-image-to-text": {
    open: (baseUrl) =>
      openHuggingfaceCaptions(
        captionSchema.parse({ adapter: "huggingface-image-to-text", baseUrl, model: "m", ...common }),
        environment,
      ),
    answers: () => ({ m: [[{ generated_text: `Ada waves ${KEY}` }], { generated_text: "Ada waves" }] }),
  },
};

describe("a server whose answers are damaged", () => {
  test.each(Object.keys(ADAPTERS))(
    "gets a coded outcome of every call of %s, and nothing that is not sound",
    { timeout: 20_000 + ANSWERS * MS_PER_ANSWER },
    async (name) => {
      const { open, answers } = ADAPTERS[name]!; // one of the names
      const draw = drawsOf(`fuzz ${name}`);
      const whole = answers();
      let sent: RecordedAnswer[] = [];
      await using server = await ProtocolServer.start(({ path }) => {
        const end = new URL(path, "http://server").pathname.split("/").at(-1) ?? "";
        const fitting = whole[end] ?? [{}];
        const answer = mutated(recorded(fitting[Math.floor(draw() * fitting.length)] ?? {}), draw);
        sent.push(answer);
        return answer;
      });
      const generator = await open(server.url);
      const outcomes = new Map<string, number>();
      try {
        for (let i = 0; i < ANSWERS; i++) {
          sent = [];
          const outcome = await outcomeOf(generator).catch((error: unknown) => {
            throw new Error(`call ${i} ended in no coded outcome; the server sent ${shown(sent)}`, {
              cause: error,
            });
          });
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      } finally {
        await generator.dispose();
      }
      const counts = [...outcomes].sort(([, a], [, b]) => b - a).map(([what, count]) => `${count} ${what}`);
      console.log(`${name}: ${ANSWERS} calls: ${counts.join(", ")}`);
    },
  );
});

/** Returns how a call ended: "sound", "refused", or the error's code. Throws everything else. */
async function outcomeOf(generator: Opened): Promise<string> {
  const signal = new AbortController().signal;
  try {
    const isPicture = "picture" in generator;
    const { content, details } = isPicture
      ? await generator.picture(pictureRequest(), signal)
      : await generator.text(await textRequest(), signal);
    expect((await judgeContent(isPicture ? "picture" : "text", content, [])).rejection).not.toBe(
      "unreadable-picture",
    );
    expect(Buffer.from(content.bytes).toString("latin1")).not.toContain(KEY);
    expect(JSON.stringify(details) ?? "").not.toContain(KEY);
    return "sound";
  } catch (error) {
    if (!(error instanceof GeneratorRefusal) && !(error instanceof SynthesisError)) throw error;
    expect(`${error.message} ${String(error.cause)}`).not.toContain(KEY);
    expect(error.message).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(error.message.length).toBeLessThan(1500);
    return error instanceof GeneratorRefusal ? "refused" : error.code;
  }
}

function recorded(answer: object | Uint8Array): RecordedAnswer {
  return answer instanceof Uint8Array
    ? { status: 200, headers: { "content-type": "image/png" }, body: answer }
    : {
        status: 200,
        headers: { "content-type": "application/json" },
        body: Buffer.from(JSON.stringify(answer)),
      };
}

function shown(sent: readonly RecordedAnswer[]): string {
  return sent
    .map(
      ({ status, headers, body }) =>
        `${status} ${JSON.stringify(headers)} ${Buffer.from(body).toString("latin1").slice(0, 500)}`,
    )
    .join("\n  then ");
}
