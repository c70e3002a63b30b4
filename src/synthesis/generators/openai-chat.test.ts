import { Buffer } from "node:buffer";
import { afterEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { GeneratorRefusal, type ImageToText } from "./generator.ts";
import { openOpenaiChat, schema } from "./openai-chat.ts";
import { startOpenaiServer } from "./testing/openai-server.ts";
import { HTML_PAGE, jsonOf, type Misbehaviour, type ProtocolServer } from "./testing/protocol-server.ts";
import { IMPATIENT, NEVER, rejection, textRequest } from "./testing/requests.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function serve(): Promise<ProtocolServer> {
  const server = await startOpenaiServer();
  closing.push(() => server.close());
  return server;
}

function open(server: ProtocolServer, changes: Partial<z.input<typeof schema>> = {}): ImageToText {
  const settings = { adapter: "openai-chat", baseUrl: `${server.url}/v1`, model: "see-1", ...IMPATIENT };
  const generator = openOpenaiChat(schema.parse({ ...settings, ...changes }), {});
  closing.push(() => generator.dispose());
  return generator;
}

const textOf = ({ content }: { content: { bytes: Uint8Array } }) =>
  Buffer.from(content.bytes).toString("utf8");
const choice = (message: object, finish_reason = "stop"): Misbehaviour => ({
  kind: "reply",
  reply: { body: { choices: [{ finish_reason, message }] } },
});

describe("openai-chat", () => {
  it("shows the picture as a data URL and asks for a text that holds both mentions", async () => {
    const server = await serve();
    const request = await textRequest({ mentions: ["Ada Lovelace", "Bo"], seed: 12 });
    const generated = await open(server, { instruction: "Write a post.", pictureDetail: "low" }).text(
      request,
      NEVER,
    );
    expect(textOf(generated)).toMatch(/^Ada Lovelace with Bo /);
    expect(generated.content.mediaType).toBe("text/plain;charset=utf-8");
    expect(generated.details).toEqual({ model: "see-1" });
    expect(server.received[0]?.path).toBe("/v1/chat/completions");
    const url = `data:image/png;base64,${Buffer.from(request.picture.bytes).toString("base64")}`;
    expect(jsonOf(server.received[0])).toEqual({
      model: "see-1",
      temperature: 1,
      max_completion_tokens: 300,
      seed: 12,
      messages: [
        {
          role: "user",
          content: [
            {
              type: "text",
              text: 'Write a post. The post must contain each of the following exactly as written here: "Ada Lovelace" and "Bo". Answer with the post alone.',
            },
            { type: "image_url", image_url: { url, detail: "low" } },
          ],
        },
      ],
    });
  });

  it("asks older servers in their words and leaves the seed out where it is not wanted", async () => {
    const server = await serve();
    const generator = open(server, { maxTokensField: "max_tokens", maxTokens: 50, sendSeed: false });
    await generator.text(await textRequest(), NEVER);
    const body = jsonOf(server.received[0]);
    expect(body.max_tokens).toBe(50);
    expect(body).not.toHaveProperty("max_completion_tokens");
    expect(body).not.toHaveProperty("seed");
  });

  it.each<[string, Misbehaviour]>([
    ["stopped by the filter", choice({ content: null }, "content_filter")],
    ["the model's refusal", choice({ content: null, refusal: "I cannot help with that." })],
    ["a refusal in a part", choice({ content: [{ type: "refusal", refusal: "I cannot." }] })],
    [
      "a policy error inside a success",
      { kind: "reply", reply: { body: { choices: [], error: { code: "content_policy_violation" } } } },
    ],
    [
      "Azure's policy error",
      {
        kind: "reply",
        reply: {
          status: 400,
          body: {
            error: {
              code: "content_filter",
              message: "filtered",
              innererror: { code: "ResponsibleAIPolicyViolation" },
            },
          },
        },
      },
    ],
  ])("takes %s for a refusal", async (_, fault) => {
    const server = await serve();
    server.misbehave(fault);
    const error = await rejection(open(server).text(await textRequest(), NEVER));
    expect(error).toBeInstanceOf(GeneratorRefusal);
    expect(error).toMatchObject({ reason: "content-policy" });
  });

  it("says that a server streams though it was not asked to", async () => {
    const server = await serve();
    server.misbehave({ kind: "reply", reply: { body: 'data: {"choices":[]}\n\ndata: [DONE]\n\n' } });
    const error = await rejection(open(server).text(await textRequest(), NEVER));
    expect(error).toMatchObject({ code: "synthesis/not-json" });
    expect(error.message).toContain("an unrequested stream of events");
  });

  it.each<[string, Misbehaviour, string]>([
    ["a page", HTML_PAGE, "synthesis/not-json"],
    ["no choices", { kind: "reply", reply: { body: { choices: [] } } }, "synthesis/unexpected-answer"],
    ["no message", { kind: "reply", reply: { body: { choices: [{}] } } }, "synthesis/unexpected-answer"],
    ["an empty text", choice({ content: " \n" }), "synthesis/empty-text"],
    ["no text", choice({ content: null }), "synthesis/empty-text"],
    ["half a text", choice({ content: "Ada and" }, "length"), "synthesis/text-cut-off"],
    ["thoughts without end", choice({ content: "<think>Ada and" }), "synthesis/text-cut-off"],
    ["thoughts in a field", choice({ content: null, reasoning: "Ada and" }), "synthesis/empty-text"],
    [
      "thoughts cut off",
      choice({ content: "", reasoning_content: "Ada" }, "length"),
      "synthesis/text-cut-off",
    ],
    [
      "a call of a tool",
      choice({ content: null, tool_calls: [{ type: "function" }] }, "tool_calls"),
      "synthesis/unexpected-answer",
    ],
    ["parts without a text", choice({ content: [{ type: "image_url" }] }), "synthesis/empty-text"],
    ["a text that never ends", choice({ content: "Ada ".repeat(6000) }), "synthesis/not-a-text"],
  ])("finds out a server that answers with %s", async (_, fault, code) => {
    const server = await serve();
    server.misbehave(fault);
    const error = await rejection(open(server).text(await textRequest(), NEVER));
    expect(error).toMatchObject({ code, fault: "work" });
    expect(error.message).toContain("/v1/chat/completions");
    expect(server.received).toHaveLength(1);
  });

  it.each<[string, object]>([
    ["one string", { content: "Ada waves" }],
    ["a text part", { content: [{ type: "text", text: "Ada waves" }] }],
    [
      "several parts",
      {
        content: [
          { type: "output_text", text: "Ada " },
          { type: "text", text: "waves" },
        ],
      },
    ],
    ["strings in a list", { content: ["Ada ", "waves"] }],
    ["a part that is not a list", { content: { type: "text", text: "Ada waves" } }],
    ["a part with its value inside", { content: [{ type: "text", text: { value: "Ada waves" } }] }],
    [
      "a text beside thoughts in parts",
      { content: [{ type: "thinking", thinking: "hm", text: "hm" }, "Ada waves"] },
    ],
    ["a text beside thoughts in a field", { content: "Ada waves", reasoning_content: "hm", refusal: "" }],
    ["null beside it", { content: "Ada waves", refusal: null, tool_calls: null, reasoning: null }],
  ])("reads a text that comes as %s", async (_, message) => {
    const server = await serve();
    server.misbehave(choice(message));
    expect(textOf(await open(server).text(await textRequest(), NEVER))).toBe("Ada waves");
  });

  it("takes thoughts off the text and keeps a note of it", async () => {
    const server = await serve();
    server.misbehave(choice({ content: '<think>\nAda, then.\n</think>\n\n"Ada waves"' }));
    const generated = await open(server).text(await textRequest(), NEVER);
    expect(textOf(generated)).toBe("Ada waves");
    expect(generated.details).toEqual({ removed: { thoughts: expect.any(Number), wrapping: ["quotes"] } });
  });

  it.each<[string, object]>([
    ["at the top", { error: { code: 429, message: "slow down" } }],
    [
      "in the first choice",
      { choices: [{ finish_reason: "error", error: { code: 502, message: "upstream" } }] },
    ],
    ["as a text", { error: "the model is loading, try again" }],
  ])("tries again after an error inside a success, %s", async (_, body) => {
    const server = await serve();
    server.misbehave({ kind: "reply", reply: { body } });
    expect((await open(server).text(await textRequest(), NEVER)).content.bytes.length).toBeGreaterThan(0);
    expect(server.received).toHaveLength(2);
  });

  it("ends the run after an error inside a success that a wrong key makes", async () => {
    const server = await serve();
    server.misbehave({ kind: "reply", reply: { body: { error: { code: 401, message: "no key" } } } });
    expect(await rejection(open(server).text(await textRequest(), NEVER))).toMatchObject({
      code: "synthesis/not-authorised",
      fault: "input",
      message: expect.stringContaining("an error inside that means 401"),
    });
  });

  it("is identified by instruction and sampling", async () => {
    const { identity } = open(await serve(), {
      instruction: "A.",
      mentionInstruction: "B {mentions}",
      temperature: 0.5,
    });
    expect(identity).toMatchObject({
      adapter: "openai-chat",
      model: "see-1",
      settings: {
        instruction: "A.",
        mentionInstruction: "B {mentions}",
        temperature: 0.5,
        maxTokens: 300,
        sendSeed: true,
      },
    });
  });
});
