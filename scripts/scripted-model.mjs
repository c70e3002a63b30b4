// A server that speaks OpenAI's chat completions and knows the right answers, but writes them the way models do: as strings, with faults.
// To try `relata annotate` without a service, start it on labelled documents:
//   node scripts/scripted-model.mjs labelled.jsonl --port 8801 --faults offsets,invent,prose --rate 0.3
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/** Faults by what they do. */
export const FAULTS = {
  offsets: "adds wrong positions to every mention",
  invent: "adds mentions that are not in the text, and a relation with one",
  repeat: "lists mentions and relations twice",
  spelling: "changes capitals, quotes, accents (NFD) and white space of mentions",
  edges: "puts quotes, a full stop or half of an emoji around mentions",
  labels: "adds mentions and relations with labels that do not exist",
  shapes: "adds items whose fields have wrong types",
  prose: "writes sentences before and after the JSON",
  fence: "puts the JSON into a code fence",
  thoughts: "thinks aloud before the answer",
  truncate: "cuts the answer off in the middle",
  empty: "answers with an empty text",
  refuse: "refuses for good",
  429: "asks to wait",
  500: "fails",
  hang: "does not answer",
  close: "closes the connection",
  "no-schema": "does not know response_format, at any attempt",
};

/** At most once for each text: asking again helps. */
const ONCE = new Set(["truncate", "empty", "429", "500", "hang", "close"]);

/**
 * Starts the server.
 *
 * @param options.documents labelled documents: the truth, found by text
 * @param options.faults names of `FAULTS`
 * @param options.rate share of calls that have each fault, 0 to 1; a call's faults follow from its text and seed
 * @param options.naming how a repeated mention is told apart: "occurrence", "context", or "nothing"
 * @param options.log file that gets a line for every answered call
 */
export async function startScriptedModel(options) {
  const { documents, faults = [], rate = 1, port = 0, naming = "occurrence", delayMs = 0, log } = options;
  for (const name of faults)
    if (!(name in FAULTS))
      throw new Error(`the fault "${name}" does not exist; there are: ${Object.keys(FAULTS).join(", ")}`);
  const truth = new Map(documents.map((document) => [document.text, document]));
  const happened = new Set();
  const answered = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const reply = (status, body, headers = {}) =>
      response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(body));
    if (!request.url.endsWith("/chat/completions"))
      return reply(404, { error: { message: `no ${request.url}` } });
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const last = body.messages.at(-1).content;
    const text = typeof last === "string" ? last : last.find(({ type }) => type === "text").text;
    const key = `${body.seed ?? 0}\n${text}`;
    const has = (name) => {
      if (!faults.includes(name) || drawn(`${name}\n${key}`) >= rate) return false;
      if (!ONCE.has(name)) return true;
      const isFirst = !happened.has(`${name}\n${text}`);
      happened.add(`${name}\n${text}`);
      return isFirst;
    };
    if (has("no-schema") && body.response_format !== undefined)
      return reply(400, { error: { message: "Unrecognized request argument supplied: response_format" } });
    if (has("hang")) return;
    if (has("close")) return request.socket.destroy();
    if (has("429")) return reply(429, { error: { message: "too many requests" } }, { "retry-after": "0" });
    if (has("500")) return reply(500, { error: { message: "the model crashed" } });
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    answered.push(key);
    if (log !== undefined) appendFileSync(log, `${createHash("sha256").update(key).digest("hex")}\n`);
    const document = truth.get(text);
    const content = document === undefined ? '{"entities":[]}' : written(document, naming, has, key);
    const refusal = has("refuse") ? "I cannot help with that." : null;
    reply(200, {
      id: `chat-${answered.length}`,
      object: "chat.completion",
      model: body.model,
      choices: [
        {
          index: 0,
          finish_reason: "stop",
          message: { role: "assistant", content: refusal === null ? content : null, refusal },
        },
      ],
      usage: {
        prompt_tokens: Math.ceil(Buffer.concat(chunks).length / 4),
        completion_tokens: Math.ceil(content.length / 4),
      },
    });
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    answered,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A number in [0, 1) that follows from the text. */
function drawn(text) {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}

const WORD = "[\\p{L}\\p{N}\\p{M}_]";

/** Where a mention occurs as whole words, as a reader would count. */
function startsOf(text, mention) {
  const literal = mention.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return [...text.matchAll(new RegExp(`(?<!${WORD}(?=${WORD}))${literal}(?!(?<=${WORD})${WORD})`, "gu"))].map(
    ({ index }) => index,
  );
}

/** The mention with as many words around as it takes to name it alone; undefined if no number of words does. */
function contextOf(text, start, end) {
  const mention = text.slice(start, end);
  for (let words = 1; words <= 8; words++) {
    const before = new RegExp(`(?:\\S+\\s+){0,${words}}$`, "u").exec(text.slice(0, start))[0];
    const after = new RegExp(`^(?:\\s+\\S+){0,${words}}`, "u").exec(text.slice(end))[0];
    const context = `${before}${mention}${after}`;
    if (startsOf(context, mention).length > 1) return undefined;
    if (startsOf(text, context).length === 1) return context;
  }
  return undefined;
}

/** The answer about a document, as the model writes it. */
export function written({ text, entities, relations }, naming, has, key) {
  const mentions = entities.map(({ start, end, label }, i) => {
    const mention = text.slice(start, end);
    const starts = startsOf(text, mention);
    const before = starts.filter((other) => other < start).length;
    const context = naming === "context" && starts.length > 1 ? contextOf(text, start, end) : undefined;
    return {
      id: i + 1,
      text: distorted(mention, has, `${key}\n${i}`),
      label,
      ...(naming === "nothing" || context !== undefined ? {} : { occurrence: before + 1 }),
      context: context ?? "",
      ...(has("offsets") ? { start: start + 3, end: end + 5 } : {}),
    };
  });
  const held = relations
    .filter(({ label }) => label !== "None")
    .map(({ head, tail, label }) => ({ head: head + 1, tail: tail + 1, label }));
  const label = entities[0]?.label ?? "person";
  if (has("invent")) {
    mentions.push(
      { id: 901, text: "Qwyjibo Zanzzz", label, occurrence: 1 },
      { id: 902, text: "", label, occurrence: 1 },
    );
    held.push(
      { head: 901, tail: 1, label: held[0]?.label ?? "knows" },
      { head: 77, tail: 1, label: held[0]?.label ?? "knows" },
    );
  }
  if (has("labels")) {
    mentions.push({ id: 903, text: text.slice(0, 4), label: "no-such-label", occurrence: 1 });
    held.push({ head: 1, tail: 2, label: "no-such-relation" });
  }
  if (has("repeat")) {
    mentions.push(...mentions.slice(0, 2));
    held.push(...held.slice(0, 1));
  }
  if (has("shapes")) {
    mentions.push({ id: 904, text: 12, label }, "a text", null, { id: {}, text, label: [] });
    held.push({ head: null, tail: {}, label: "x" }, 7);
  }
  let answer = JSON.stringify({ entities: mentions, relations: held });
  if (has("truncate")) answer = answer.slice(0, Math.floor(answer.length * 0.6));
  if (has("fence")) answer = `\`\`\`json\n${answer}\n\`\`\``;
  if (has("prose"))
    answer = `Sure! Here [as asked] is what I found {for you}:\n\n${answer}\n\nLet me know if "anything" is missing.`;
  if (has("thoughts")) answer = `<think>The user wants {"entities": []}. Hmm, let me see.</think>\n${answer}`;
  return has("empty") ? "" : answer;
}

/** The same mention in another spelling that a reader would accept. */
function distorted(mention, has, key) {
  let text = mention;
  if (has("spelling")) {
    const change = Math.floor(drawn(`spelling\n${key}`) * 4);
    if (change === 0) text = text.toUpperCase().toLowerCase();
    if (change === 1) text = text.normalize("NFD");
    if (change === 2) text = text.replaceAll(" ", "\u00a0").replaceAll("'", "\u2019");
    if (change === 3) text = text.replaceAll("-", "\u2011").replaceAll('"', "\u201d");
  }
  if (has("edges")) {
    const change = Math.floor(drawn(`edges\n${key}`) * 3);
    if (change === 0) text = `\u201c${text}\u201d`;
    if (change === 1) text = `${text}.`;
    if (change === 2) text = `${text} \ud83d`;
  }
  return text;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: "string", default: "8801" },
      faults: { type: "string", default: "" },
      rate: { type: "string", default: "1" },
      naming: { type: "string", default: "occurrence" },
      delay: { type: "string", default: "0" },
      log: { type: "string" },
    },
  });
  const documents = positionals.flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line)),
  );
  const { url } = await startScriptedModel({
    documents,
    faults: values.faults.split(",").filter((name) => name !== ""),
    rate: Number(values.rate),
    port: Number(values.port),
    naming: values.naming,
    delayMs: Number(values.delay),
    log: values.log,
  });
  console.log(`${url} knows ${documents.length} documents`);
}
