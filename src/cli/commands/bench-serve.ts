// `relata bench serve`: puts a server under load, alternating with others.
import { Command } from "commander";
import type { ServerResult } from "../../checks/bench/serve/bench-serve.ts";
import type { CommandContext } from "../context.ts";
import { parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

interface Options {
  readonly posts: string;
  readonly pictures?: string | undefined;
  readonly callers: readonly number[];
  readonly seconds: number;
  readonly rounds: number;
  readonly against?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly token?: string | undefined;
}

export function benchServeCommand(context: CommandContext): Command {
  return new Command("serve")
    .description(
      "put a server under load: callers who each send a post, wait for its answer and send the next",
    )
    .argument("<url-or-bundle>", "address of a running server, or a bundle to serve for the measurement")
    .requiredOption("--posts <file>", "documents whose texts are sent, in any format that relata reads")
    .option("--pictures <folder>", "send each text with the next picture of this folder")
    .option("--callers <number...>", "callers at the same time (default: 1 8 64)", parseCallers)
    .option("--seconds <number>", "length of each load", parsePositiveInteger, 10)
    .option("--rounds <number>", "loads of each server and number of callers", parsePositiveInteger, 3)
    .option("--against <url...>", "other servers to put under the same load in alternation")
    .option("--model <name>", "which of the server's models reads the posts")
    .option("--token <token>", "bearer token of the servers")
    .action((target: string, options: Options) => run(target, options, context));
}

function parseCallers(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, parsePositiveInteger(text)];
}

async function run(target: string, options: Options, { output, signal }: CommandContext): Promise<void> {
  const { benchServe } = await import("../../checks/bench/serve/bench-serve.ts");
  const { loadRequests } = await import("../../checks/bench/serve/posts.ts");
  const { startOwnServer } = await import("../../checks/bench/serve/own-server.ts");
  const { callers = [1, 8, 64], seconds, rounds, against = [], token } = options;
  const requests = await loadRequests(options);
  const program = process.argv[1] ?? "relata";
  const own = /^https?:/.test(target)
    ? undefined
    : await startOwnServer({ args: [target, "--no-page"], program, signal });
  const urls = [own?.url ?? target, ...against];
  const progress = output.progress("loads", callers.length * rounds * urls.length);
  try {
    const results = await benchServe({
      urls,
      requests,
      callers,
      seconds,
      rounds,
      token,
      signal,
      onLoad: (done) => progress.update(done),
    });
    const secondsToReady = own?.secondsToReady;
    output.result({ posts: requests.length, secondsToReady, results }, () =>
      describe(results, requests.length, secondsToReady),
    );
  } finally {
    progress.stop();
    await own?.[Symbol.asyncDispose]();
  }
}

const HEADER = [
  "server",
  "callers",
  "posts/s",
  "p50 ms",
  "p95 ms",
  "p99 ms",
  "loop p99 ms",
  "most ms",
  "posts/batch",
  "first / this",
];

function describe(
  results: readonly ServerResult[],
  posts: number,
  secondsToReady: number | undefined,
): string {
  const rows = results.map(({ url, callers, load, ratio }) => [
    url,
    callers,
    load.postsPerSecond.toFixed(1),
    ...[load.latencyMs.p50, load.latencyMs.p95, load.latencyMs.p99].map((ms) => ms.toFixed(1)),
    ...[load.eventLoopDelayMs?.p99, load.eventLoopDelayMs?.most, load.postsPerBatch].map(shown),
    ratio?.toFixed(2) ?? "",
  ]);
  const failures = results.flatMap(({ url, callers, load }) =>
    Object.entries(load.errors).map(([code, count]) => `${url}, ${callers} callers: ${count} times ${code}`),
  );
  return [
    formatTable(HEADER, rows),
    ...(secondsToReady === undefined ? [] : [`from start to ready: ${secondsToReady.toFixed(2)} s`]),
    `${posts} different posts; loads of the median rate; loop: how late the server's event loop was`,
    ...failures,
  ].join("\n");
}

function shown(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(1);
}
