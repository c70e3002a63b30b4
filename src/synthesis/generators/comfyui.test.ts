import { Buffer } from "node:buffer";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openComfyui, schema } from "./comfyui.ts";
import { fillWorkflow, readWorkflow } from "./comfyui-workflow.ts";
import type { TextToImage } from "./generator.ts";
import { COMFYUI_WORKFLOW, type ComfyuiServerOptions, startComfyuiServer } from "./testing/comfyui-server.ts";
import { drawnPicture } from "./testing/drawn-content.ts";
import { HTML_PAGE, jsonOf, type Misbehaviour, type ProtocolServer } from "./testing/protocol-server.ts";
import { IMPATIENT, NEVER, pictureRequest, rejection } from "./testing/requests.ts";

let folder: string;
let workflow: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-comfyui-"));
  workflow = await save("workflow.json", COMFYUI_WORKFLOW);
});
afterAll(() => rm(folder, { recursive: true }));

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function save(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

async function serve(options?: ComfyuiServerOptions): Promise<ProtocolServer> {
  const server = await startComfyuiServer(options);
  closing.push(() => server.close());
  return server;
}

async function open(server: ProtocolServer, changes: object = {}): Promise<TextToImage> {
  const settings = { adapter: "comfyui", baseUrl: server.url, workflow, pollMs: 2, ...IMPATIENT, ...changes };
  const generator = await openComfyui(schema.parse(settings), {});
  closing.push(() => generator.dispose());
  return generator;
}

const says = (body: object, status = 200): Misbehaviour => ({ kind: "reply", reply: { status, body } });

describe("comfyui", () => {
  it("queues the workflow with the values in it, waits for the end and fetches the saved picture", async () => {
    const server = await serve({ pollsUntilDone: 5 });
    const generator = await open(server, { negativePrompt: "blurred", promptTemplate: "{text}, sharp" });
    const { content } = await generator.picture(
      pictureRequest({ prompt: 'Ada says "{seed}"', seed: 99 }),
      NEVER,
    );
    const expected = await drawnPicture('photo of Ada says "{seed}", sharp', 99);
    expect(Buffer.from(content.bytes)).toEqual(Buffer.from(expected));
    const paths = server.received.map(({ method, path }) => `${method} ${path.split(/[/?]/)[1]}`);
    expect(paths).toEqual([
      "POST prompt",
      ...Array(4).fill("GET history"),
      "GET queue", // now and then: an empty history may also mean that the prompt is lost
      ...Array(2).fill("GET history"),
      "GET view",
    ]);
    const { prompt } = jsonOf(server.received[0]) as { prompt: typeof COMFYUI_WORKFLOW };
    expect(prompt["3"].inputs.seed).toBe(99);
    expect(prompt["6"].inputs.text).toBe('photo of Ada says "{seed}", sharp');
    expect(prompt["7"].inputs.text).toBe("blurred");
    expect(prompt["9"]).toEqual(COMFYUI_WORKFLOW["9"]);
  });

  it("is identified by the workflow's content, not by its place or its white space", async () => {
    const server = await serve();
    const spaced = await save("spaced.json", JSON.stringify(COMFYUI_WORKFLOW, null, 4));
    const other = await save("other.json", { ...COMFYUI_WORKFLOW, "10": { class_type: "Note", inputs: {} } });
    const [one, two, three] = await Promise.all(
      [workflow, spaced, other].map((path) => open(server, { workflow: path })),
    );
    expect(one?.identity).toEqual(two?.identity);
    expect(one?.identity).not.toEqual(three?.identity);
    expect(JSON.stringify(one?.identity)).not.toContain(folder);
  });

  it("does not count polling for the rate limit", async () => {
    const generator = await open(await serve({ pollsUntilDone: 5 }), { requestsPerMinute: 0.1 });
    await generator.picture(pictureRequest(), NEVER); // a second counted request would wait for ten minutes
  });

  it("says what a workflow failed of", async () => {
    const generator = await open(await serve({ failure: "CUDA out of memory" }));
    const error = await rejection(generator.picture(pictureRequest(), NEVER));
    expect(error).toMatchObject({ code: "synthesis/server-failed", fault: "work" });
    expect(error.message).toContain('failed in node 3 (KSampler): "CUDA out of memory"');
  });

  it("passes on what the server finds wrong with the workflow", async () => {
    const server = await serve();
    const text = await save("text-seed.json", {
      ...COMFYUI_WORKFLOW,
      "3": { class_type: "KSampler", inputs: { seed: "no {seed}" } },
    });
    const error = await rejection((await open(server, { workflow: text })).picture(pictureRequest(), NEVER));
    expect(error).toMatchObject({ code: "synthesis/request-refused", value: 400 });
    expect(error.message).toContain("seed: not a number");
  });

  it.each<[string, readonly Misbehaviour[], string]>([
    ["a page", [HTML_PAGE], "synthesis/not-json"],
    ["no number for the run", [says({})], "synthesis/unexpected-answer"],
    [
      "a history of another form",
      [says({ prompt_id: "a" }), says({ a: { outputs: 7 } })],
      "synthesis/unexpected-answer",
    ],
    [
      "a run without a picture",
      [says({ prompt_id: "a" }), says({ a: { outputs: {} } })],
      "synthesis/unexpected-answer",
    ],
    [
      "an interrupted run",
      [
        says({ prompt_id: "a" }),
        says({ a: { status: { status_str: "error", messages: [["execution_interrupted", {}]] } } }),
      ],
      "synthesis/server-failed",
    ],
    [
      "a page for a picture",
      [
        says({ prompt_id: "a" }),
        says({ a: { outputs: { "9": { images: [{ filename: "x.png" }] } } } }),
        HTML_PAGE,
      ],
      "synthesis/not-a-picture",
    ],
  ])("finds out a server that answers with %s", async (_, faults, code) => {
    const server = await serve();
    server.misbehave(...faults);
    expect(await rejection((await open(server)).picture(pictureRequest(), NEVER))).toMatchObject({ code });
  });

  it("takes the picture of the named node", async () => {
    const server = await serve();
    const generator = await open(server, { outputNode: "12" });
    const error = await rejection(generator.picture(pictureRequest(), NEVER));
    expect(error.message).toContain("not node 12 saved a picture");
    expect(generator.identity.settings).toMatchObject({ outputNode: "12" });
  });

  it("notices at once that the server no longer knows the prompt", async () => {
    const server = await serve({ pollsUntilDone: 1_000_000, forgetsAfter: 6 });
    const error = await rejection((await open(server)).picture(pictureRequest(), NEVER));
    expect(error).toMatchObject({ code: "synthesis/forgotten", fault: "work" });
    expect(error.message).toContain("it was restarted, or its queue was cleared");
    expect(server.received.filter(({ path }) => path.startsWith("/history")).length).toBeLessThan(12);
  });

  it("takes a prompt for finished, not for lost, that ends between two questions", async () => {
    const server = await serve({ pollsUntilDone: 4 });
    server.misbehave(
      ...Array<Misbehaviour>(5).fill({ kind: "slow", ms: 0 }),
      says({ queue_running: [], queue_pending: [] }), // the first look into the queue, after four into the history
    );
    expect((await (await open(server)).picture(pictureRequest(), NEVER)).content.mediaType).toBe("image/png");
  });

  it("waits to the end where the server shows no queue", async () => {
    const server = await serve({ pollsUntilDone: 12, withoutQueue: true });
    await (await open(server)).picture(pictureRequest(), NEVER);
    expect(server.received.filter(({ path }) => path === "/queue")).toHaveLength(1); // and is not asked again
  });

  it.each<[string, readonly Misbehaviour[]]>([
    ["prompt", [says({ prompt_id: "a" }), { kind: "reply", reply: { status: 404 } }]],
    [
      "picture",
      [
        says({ prompt_id: "a" }),
        says({ a: { outputs: { "9": { images: [{ filename: "x.png", subfolder: null, type: null }] } } } }),
        { kind: "reply", reply: { status: 404 } },
      ],
    ],
  ])("does not end the run when a %s is gone (404)", async (_, faults) => {
    const server = await serve();
    server.misbehave(...faults);
    expect(await rejection((await open(server)).picture(pictureRequest(), NEVER))).toMatchObject({
      ...{ code: "synthesis/forgotten", fault: "work" },
    });
  });

  it("takes a prompt out of the queue that was sent but not answered", async () => {
    const server = await serve({ pollsUntilDone: 1_000_000 });
    server.misbehave({ kind: "hang-mid-body" });
    const controller = new AbortController();
    const generator = await open(server);
    const call = rejection(generator.picture(pictureRequest(), controller.signal));
    await until(() => server.received.length > 0);
    await new Promise((done) => setTimeout(done, 50)); // the answer has begun: the prompt is in the queue
    controller.abort(new Error("enough"));
    expect((await call).message).toBe("enough");
    await generator.dispose();
    const sent = jsonOf(server.received[0]);
    expect(sent.client_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(server.received.slice(1).map(({ method, path }) => `${method} ${path}`)).toEqual([
      ...["GET /queue", "POST /queue"],
    ]);
    expect(jsonOf(server.received.at(-1)).delete).toHaveLength(1);
  });

  it("reads an error inside a success when it queues", async () => {
    const server = await serve();
    server.misbehave(says({ error: { type: "invalid_prompt", message: "Cannot execute" }, node_errors: {} }));
    const error = await rejection((await open(server)).picture(pictureRequest(), NEVER));
    expect(error.message).toContain("Cannot execute");
  });

  it.each<[string, object, (server: ProtocolServer) => AbortSignal, object]>([
    ["that is not finished in time", { generationTimeoutMs: 40 }, () => NEVER, { code: "synthesis/timeout" }],
    ["when it is cancelled", {}, abortedOnceQueued, { message: "enough" }],
  ])("takes a picture %s out of the server's queue", async (_, changes, signal, expected) => {
    const server = await serve({ pollsUntilDone: 1_000_000 });
    const generator = await open(server, changes);
    expect(await rejection(generator.picture(pictureRequest(), signal(server)))).toMatchObject(expected);
    await generator.dispose();
    const last = server.received.at(-1);
    expect(last).toMatchObject({ method: "POST", path: "/queue" });
    expect(jsonOf(last).delete).toHaveLength(1);
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((done) => setTimeout(done, 2));
}

/** Fires when the client has its place in the queue: it asks how the run is getting on. */
function abortedOnceQueued(server: ProtocolServer): AbortSignal {
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (!server.received.some(({ path }) => path.startsWith("/history/"))) return;
    clearInterval(timer);
    controller.abort(new Error("enough"));
  }, 2);
  return controller.signal;
}

describe("readWorkflow", () => {
  it.each<[string, unknown, string]>([
    ["is not JSON", "{", "it is not JSON"],
    ["was not downloaded", "version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"],
    ["was saved for the editor", { nodes: [], links: [] }, "not in API format"],
    ["is empty", {}, "not in API format"],
    ["has no place for the prompt", { "1": { class_type: "A", inputs: { seed: "{seed}" } } }, '"{prompt}"'],
    ["has no place for the seed", { "1": { class_type: "A", inputs: { text: "{prompt}" } } }, '"{seed}"'],
    [
      "has no place for the negative prompt",
      { "1": { class_type: "A", inputs: { text: "{prompt}", seed: "{seed}" } } },
      '"{negativePrompt}"',
    ],
  ])("refuses a workflow that %s", async (_, content, said) => {
    const path = await save("bad.json", content);
    const error = await rejection(readWorkflow(path, true));
    expect(error).toMatchObject({ code: "synthesis/bad-workflow", place: path, fault: "input" });
    expect(error.message).toContain(said);
  });

  it("says that a file is not there", async () => {
    expect((await rejection(readWorkflow(join(folder, "none.json"), false))).message).toContain("ENOENT");
  });

  it("leaves alone what is not a placeholder, and does not look for any in the values", async () => {
    const nodes = { "1": { class_type: "A", inputs: { text: ["{prompt} {other} {seed}", null, 3, true] } } };
    const values = { prompt: "{seed} $& {negativePrompt}", negativePrompt: "n", seed: 8 };
    expect(fillWorkflow({ nodes, sha256: "" }, values)).toEqual({
      "1": { class_type: "A", inputs: { text: ["{seed} $& {negativePrompt} {other} 8", null, 3, true] } },
    });
  });
});
