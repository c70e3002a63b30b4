// Server-sent events, however the network cuts them.
import fc from "fast-check";
import { expect, it } from "vitest";
import { serverSentEvents } from "./server-sent-events.ts";

const STREAM =
  ': a comment\n\nevent: result\ndata: {"index":0,"text":"Zoë 👋"}\n\nevent: result\r\ndata: a\r\ndata: b\r\n\r\ndata: plain\n\nevent: done\ndata: {}\n\ndata: cut off';

async function readIn(cuts: readonly number[]) {
  const bytes = new TextEncoder().encode(STREAM);
  const edges = [
    0,
    ...[...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b),
    bytes.length,
  ];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const [i, from] of edges.slice(0, -1).entries())
        controller.enqueue(bytes.slice(from, edges[i + 1]));
      controller.close();
    },
  });
  const events = [];
  for await (const event of serverSentEvents(body)) events.push(event);
  return events;
}

it("reads the same events from any pieces, and leaves out one that is cut off", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 20 }), async (cuts) => {
      expect(await readIn(cuts)).toEqual([
        { event: "result", data: '{"index":0,"text":"Zoë 👋"}' },
        { event: "result", data: "a\nb" },
        { event: "message", data: "plain" },
        { event: "done", data: "{}" },
      ]);
    }),
  );
});
