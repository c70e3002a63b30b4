// Sends hostile requests to a server and judges its answers: planned statuses only, a problem document for every refusal, no insides.
import { request } from "undici";
import type { HostileRequest } from "./requests.ts";

/** Whatever the API plans, overload and deadlines included; 500 and 502 never. */
const PLANNED = [200, 201, 204, 400, 401, 403, 404, 405, 408, 412, 413, 415, 421, 422, 429, 431, 503, 504];
/** Stacks and paths. */
const INSIDES =
  /node_modules|\.[jt]s:\d+:\d+|\bat (?:async )?[\w.<>]+ \(|["' (](?:\/home|\/usr|\/srv|\/work|\/tmp|[A-Z]:\\\\Users)\//;

/** What was seen of many requests. */
export interface Tally {
  readonly statuses: Map<string, number>;
  /** One line for each answer that is not as planned. */
  readonly faults: string[];
}

function emptyTally(): Tally {
  return { statuses: new Map(), faults: [] };
}

/** Sends one request and adds its answer to the tally. */
async function send(address: string, hostile: HostileRequest, tally: Tally): Promise<void> {
  const { kind, method, path, headers, body, expected } = hostile;
  const shown = `${method} ${path.slice(0, 60)} ${JSON.stringify(headers).slice(0, 150)} ${body?.toString("latin1").slice(0, 300) ?? ""}`;
  try {
    const answer = await request(address + path, {
      method: method as "GET",
      headers,
      body: body ?? null,
      headersTimeout: 120_000,
      bodyTimeout: 120_000,
    });
    const text = await answer.body.text();
    const { statusCode } = answer;
    const key = `${kind} ${statusCode}`;
    tally.statuses.set(key, (tally.statuses.get(key) ?? 0) + 1);
    const fault = faultOf(hostile, statusCode, String(answer.headers["content-type"]), text);
    if (fault !== undefined) tally.faults.push(`${statusCode}: ${fault}: ${shown} -> ${text.slice(0, 300)}`);
    else if (expected !== undefined && !expected.includes(statusCode))
      tally.faults.push(
        `${statusCode} instead of ${expected.join(" or ")}: ${shown} -> ${text.slice(0, 300)}`,
      );
  } catch (error) {
    const { code = "", message } = error as { readonly code?: string; readonly message: string };
    // What undici itself does not send, and a body that is still being sent when the answer has come and the connection is closed.
    if (code === "UND_ERR_INVALID_ARG" || code === "ERR_INVALID_CHAR") count(tally, `${kind} not sent`);
    else if (["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(code)) count(tally, `${kind} closed`);
    else tally.faults.push(`${code} ${message}: ${shown}`);
  }
}

function count(tally: Tally, key: string): void {
  tally.statuses.set(key, (tally.statuses.get(key) ?? 0) + 1);
}

function faultOf(
  { kind, method }: HostileRequest,
  status: number,
  type: string,
  text: string,
): string | undefined {
  if (!PLANNED.includes(status)) return "not a planned status";
  if (status >= 400 && INSIDES.test(text)) return "shows the server's insides";
  if (
    kind === "valid" &&
    ![200, 201, 404, 413, 422].includes(status) &&
    !(status === 400 && /part|aggregation_strategy is none/.test(text))
  )
    return "a valid request was refused";
  if (method === "HEAD") return text === "" ? undefined : "HEAD with a body";
  if (status < 400) return undefined;
  if (type !== "application/problem+json") return `a refusal of type ${type}`;
  const { status: said, code, remedy } = JSON.parse(text) as Record<string, unknown>;
  if (said !== status || typeof code !== "string" || typeof remedy !== "string")
    return "not a whole problem document";
  return undefined;
}

/** Sends requests, some at the same time, and says whether the server is alive at the end. */
export async function sendAll(
  address: string,
  requests: readonly HostileRequest[],
  together = 8,
): Promise<Tally> {
  const tally = emptyTally();
  const waiting = requests.values();
  const worker = async () => {
    for (const one of waiting) await send(address, one, tally);
  };
  await Promise.all(Array.from({ length: together }, worker));
  const alive = await request(`${address}/healthz`);
  if (alive.statusCode !== 200) tally.faults.push(`the server is not healthy: ${alive.statusCode}`);
  await alive.body.dump();
  return tally;
}
