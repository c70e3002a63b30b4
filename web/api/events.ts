// Server-sent events of an answer, as the HTML standard describes their lines. `EventSource` cannot send a body or a token.

/** One event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads the events of a body. An event that the end cuts off is left out. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let waiting = "";
  let event = "message";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      waiting += decoder.decode(value, { stream: !done });
      const lines = waiting.split(/\r\n|\n|\r(?!$)/);
      waiting = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { event, data: data.join("\n") };
          event = "message";
          data = [];
        } else {
          const [, field = "", content = ""] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? [];
          if (field === "event") event = content;
          if (field === "data") data.push(content);
        }
      }
      if (done) return;
    }
  } finally {
    await reader.cancel(); // a reader that stops early ends the request
  }
}
