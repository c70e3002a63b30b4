// Asks a vision model over OpenAI's `POST /v1/chat/completions`: constrained to the schema if the server can, and again if the answer cannot be read.
import { Buffer } from "node:buffer";
import { z } from "zod";
import { SynthesisError } from "../base/errors.ts";
import { readKey } from "../synthesis/generators/api-key.ts";
import { chatAnswerSchema, holdsChat, textOfChat } from "../synthesis/generators/chat-answer.ts";
import { discreetRewriting } from "../synthesis/generators/discreet.ts";
import { PLAIN_TEXT, type TextToText } from "../synthesis/generators/generator.ts";
import { readJson } from "../synthesis/generators/http-answer.ts";
import { HttpClient } from "../synthesis/generators/http-client.ts";
import type { Environment } from "../synthesis/generators/secrets.ts";
import { type AnnotatorSettings, CHAT_ANNOTATOR } from "./annotator-settings.ts";
import type { Question, Turn } from "./prompt.ts";
import { readAnswer } from "./read-answer.ts";
import { priceOf, type TokenEstimate } from "./token-estimate.ts";

/** What an annotator needs besides its settings. */
export interface ChatAnnotatorOptions {
  readonly environment: Environment;
  /** The form of the answers, for servers that constrain them. */
  readonly answerSchema: Readonly<Record<string, unknown>>;
  /** The most that one call can cost, all of its repetitions included. */
  readonly mostPerCall: number;
  /** The picture of a document as a data URL, if its question has one. */
  readonly pictureOf: (id: string) => Promise<string>;
}

/** How a server was asked to constrain an answer. */
export type ResponseFormat = "json_schema" | "json_object" | "none";

const FORMATS: readonly ResponseFormat[] = ["json_schema", "json_object", "none"];
/** Statuses of servers that do not know a field. */
const NOT_UNDERSTOOD = new Set([400, 404, 415, 422, 501]);
/** An answer that came, and cannot be used: another attempt may be better. */
const ASK_AGAIN = new Set([
  "synthesis/text-cut-off",
  "synthesis/empty-text",
  "synthesis/not-json",
  "synthesis/unexpected-answer",
]);

const usageSchema = z.looseObject({
  usage: z
    .looseObject({
      prompt_tokens: z.number().nonnegative().nullish(),
      completion_tokens: z.number().nonnegative().nullish(),
    })
    .nullish(),
});

/** One attempt at an answer. */
interface Attempt {
  readonly text: string;
  readonly tokens: TokenEstimate | undefined;
  readonly format: ResponseFormat;
  readonly model: string | undefined;
}

/**
 * Opens the annotator. It is a generator of texts from texts: from the question as JSON, the model's answer as it came.
 *
 * @throws SynthesisError `synthesis/no-key`, `synthesis/bad-key`, `synthesis/bad-address`
 */
export function openChatAnnotator(settings: AnnotatorSettings, options: ChatAnnotatorOptions): TextToText {
  const { environment, answerSchema, mostPerCall, pictureOf } = options;
  const { baseUrl, model, temperature, maxTokens, maxTokensField, sendSeed, extra } = settings;
  const { responseFormat, repeats, pictureSide, pictureDetail } = settings;
  const key = readKey(settings.keyFrom, environment, CHAT_ANNOTATOR);
  const http = { ...settings, costPerCall: mostPerCall };
  const client = new HttpClient({ adapter: CHAT_ANNOTATOR, baseUrl, key, settings: http, environment });
  let formats = responseFormat === "auto" ? FORMATS : [responseFormat];

  const bodyOf = (
    turns: readonly Turn[],
    picture: string | undefined,
    seed: number,
    format: ResponseFormat,
  ) => ({
    ...extra,
    model,
    temperature,
    [maxTokensField]: maxTokens,
    ...(sendSeed ? { seed } : {}),
    ...formatField(format, answerSchema),
    messages: turns.map(({ role, text }, i) => ({
      role,
      content:
        picture === undefined || i < turns.length - 1
          ? text
          : [
              { type: "text", text },
              {
                type: "image_url",
                image_url:
                  pictureDetail === undefined ? { url: picture } : { url: picture, detail: pictureDetail },
              },
            ],
    })),
  });

  const askOnce = async (
    turns: readonly Turn[],
    picture: string | undefined,
    seed: number,
    format: ResponseFormat,
    signal: AbortSignal,
  ): Promise<Attempt> => {
    const expected = { accept: "application/json", holdsAnswer: holdsChat };
    const body = bodyOf(turns, picture, seed, format);
    const answer = await client.post("chat/completions", body, expected, signal);
    const chat = readJson(answer, chatAnswerSchema, key);
    const { usage } = usageSchema.safeParse(chat).data ?? {};
    const tokens =
      usage?.prompt_tokens == null || usage.completion_tokens == null
        ? undefined
        : { input: usage.prompt_tokens, output: usage.completion_tokens };
    const text = textOfChat(chat, { adapter: CHAT_ANNOTATOR, place: answer.place, maxTokens, key });
    return { text, tokens, format, model: chat.model ?? undefined };
  };

  /** Asks in the strictest form that the server takes, and does not try again what it refused. */
  const ask = async (
    turns: readonly Turn[],
    picture: string | undefined,
    seed: number,
    signal: AbortSignal,
  ): Promise<Attempt> => {
    const tried = formats;
    for (const [i, format] of tried.entries()) {
      try {
        const attempt = await askOnce(turns, picture, seed, format, signal);
        if (tried.length - i < formats.length) formats = tried.slice(i);
        return attempt;
      } catch (error) {
        const mayTryNext =
          i < tried.length - 1 &&
          error instanceof SynthesisError &&
          error.code === "synthesis/request-refused" &&
          NOT_UNDERSTOOD.has(Number(error.value));
        if (!mayTryNext) throw error;
      }
    }
    throw new Error("there is always a last form");
  };

  const annotator: TextToText = {
    identity: {
      adapter: CHAT_ANNOTATOR,
      model,
      settings: {
        temperature,
        maxTokens,
        sendSeed,
        responseFormat,
        repeats,
        pictureSide,
        pictureDetail: pictureDetail ?? null,
        answerSchema,
        extra,
      },
    },
    concurrency: settings.concurrency,
    costPerCall: mostPerCall,
    async rewrite(request, signal) {
      const { turns, picture } = JSON.parse(request.text) as Question;
      const url = picture === null ? undefined : await pictureOf(request.instance);
      const used: TokenEstimate[] = [];
      const unreadable: string[] = [];
      let isPriced = true;
      for (let repeat = 0; ; repeat++) {
        const isLast = repeat === repeats;
        const seed = (request.seed + repeat) % 2 ** 31; // some servers take 31 bits only
        let attempt: Attempt;
        try {
          attempt = await ask(turns, url, seed, signal);
        } catch (error) {
          if (isLast || !(error instanceof SynthesisError && ASK_AGAIN.has(error.code))) throw error;
          unreadable.push(error.code.slice("synthesis/".length));
          isPriced = false; // nothing says how many tokens it took
          continue;
        }
        const { text, tokens, format, model: served } = attempt;
        if (tokens === undefined) isPriced = false;
        else used.push(tokens);
        const answer = readAnswer(text);
        if (answer.state === "unreadable") unreadable.push(answer.why);
        if (answer.state === "unreadable" && !isLast) continue;
        const total = {
          input: used.reduce((sum, { input }) => sum + input, 0),
          output: used.reduce((sum, { output }) => sum + output, 0),
        };
        return {
          content: { mediaType: PLAIN_TEXT, bytes: Buffer.from(text, "utf8") },
          details: {
            format,
            ...(served === undefined ? {} : { model: served }),
            ...(used.length === 0 ? {} : { tokens: total }),
            ...(unreadable.length === 0 ? {} : { unreadable }),
          },
          ...(isPriced ? { cost: priceOf(total, settings) } : {}),
        };
      }
    },
    dispose: () => client.dispose(),
  };
  return discreetRewriting(annotator, client.secrets);
}

function formatField(format: ResponseFormat, schema: Readonly<Record<string, unknown>>): object {
  switch (format) {
    case "json_schema":
      return {
        response_format: { type: "json_schema", json_schema: { name: "annotation", strict: true, schema } },
      };
    case "json_object":
      return { response_format: { type: "json_object" } };
    case "none":
      return {};
    default:
      return format satisfies never;
  }
}
