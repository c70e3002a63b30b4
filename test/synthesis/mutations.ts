// Damages recorded answers of servers: bits, lengths, and the types, names and places of JSON values.

/** A server's answer, recorded or derived from a recorded one. */
export interface RecordedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const STATUSES = [
  200, 200, 200, 200, 201, 204, 206, 302, 304, 400, 402, 404, 408, 413, 422, 429, 500, 503, 520,
];
const MEDIA_TYPES = ["application/json", "text/html", "image/png", "application/octet-stream", ""];
const ENCODINGS = ["gzip", "br", "deflate", "identity", "nonsense"];
/** Replacements for a value. */
const VALUES: readonly (() => unknown)[] = [
  () => null,
  () => "",
  () => "no",
  () => 0,
  () => -1e308,
  () => 429,
  () => true,
  () => [],
  () => {},
  () => ({}),
  () => [null],
  () => ({ message: "no", code: 429 }),
  () => "<think>half",
  () => "\u0000\u001b[2J\u202e\ud800",
  () => "x".repeat(70_000),
  () => "__proto__",
  () => JSON.parse(`${"[".repeat(300)}${"]".repeat(300)}`) as unknown,
  () => JSON.parse('{"__proto__": {"error": "no"}}') as unknown,
  () => "data:image/png;base64,AAAA",
  () => "http://127.0.0.1:1/x.png",
];
const NAMES = [
  "error",
  "detail",
  "message",
  "data",
  "images",
  "url",
  "b64_json",
  "__proto__",
  "constructor",
  "",
];

/** One to three faults in an answer. */
export function mutated(answer: RecordedAnswer, draw: () => number): RecordedAnswer {
  let changed = answer;
  for (let faults = 1 + Math.floor(draw() * 3); faults > 0; faults--) changed = withFault(changed, draw);
  return changed;
}

function withFault(answer: RecordedAnswer, draw: () => number): RecordedAnswer {
  const kind = draw();
  if (kind < 0.5) return { ...answer, body: withJsonFault(answer.body, draw) };
  if (kind < 0.8) return { ...answer, body: withByteFault(answer.body, draw) };
  if (kind < 0.9) return { ...answer, status: pick(STATUSES, draw) };
  const [name, values] = pick(
    [
      ["content-type", MEDIA_TYPES],
      ["content-encoding", ENCODINGS],
      ["retry-after", ["0", "-5", "1e9", "soon", "0.001"]],
      ["location", ["/elsewhere", "http://127.0.0.1:1/", "::", ""]],
    ] as const,
    draw,
  );
  return { ...answer, headers: { ...answer.headers, [name]: pick(values, draw) } };
}

function withByteFault(body: Uint8Array, draw: () => number): Uint8Array {
  const bytes = Uint8Array.from(body);
  const at = Math.floor(draw() * Math.max(1, bytes.length));
  switch (Math.floor(draw() * 4)) {
    case 0: {
      const byte = bytes[at];
      if (byte !== undefined) bytes[at] = byte ^ (1 << Math.floor(draw() * 8));
      return bytes;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from([Math.floor(draw() * 256)]),
        bytes.subarray(at),
      ]);
    default:
      return Buffer.concat([bytes.subarray(0, at), bytes]);
  }
}

function withJsonFault(body: Uint8Array, draw: () => number): Uint8Array {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return withByteFault(body, draw);
    throw error;
  }
  return Buffer.from(JSON.stringify(withValueFault(json, draw)) ?? "");
}

/** Goes down to a random value, and removes, replaces or renames it. */
function withValueFault(json: unknown, draw: () => number): unknown {
  if (typeof json !== "object" || json === null || draw() < 0.1) return pick(VALUES, draw)();
  if (Array.isArray(json)) {
    const at = Math.floor(draw() * json.length);
    const items = json as readonly unknown[];
    if (draw() < 0.2) return items.toSpliced(at, 1);
    if (draw() < 0.2) return [pick(VALUES, draw)(), ...items];
    return items.length === 0 ? [pick(VALUES, draw)()] : items.with(at, withValueFault(items[at], draw));
  }
  const entries = Object.entries(json);
  const at = Math.floor(draw() * entries.length);
  const entry = entries[at];
  const how = draw();
  if (entry === undefined || how < 0.15)
    return Object.fromEntries([...entries, [pick(NAMES, draw), pick(VALUES, draw)()]]);
  const [name, value] = entry;
  if (how < 0.3) return Object.fromEntries(entries.toSpliced(at, 1));
  if (how < 0.4) return Object.fromEntries(entries.with(at, [pick(NAMES, draw), value]));
  return Object.fromEntries(entries.with(at, [name, withValueFault(value, draw)]));
}

function pick<T>(from: readonly T[], draw: () => number): T {
  return from[Math.floor(draw() * from.length)]!; // no list here is empty
}
