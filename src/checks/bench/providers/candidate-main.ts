// The process of one candidate: opens it, then does what it is told until it is disconnected. A provider that crashes ends this process alone.
import { RelataError } from "../../../base/errors.ts";
import { type Candidate, openCandidate } from "./candidate.ts";
import type { Answer, CallMessage, OpenMessage } from "./protocol.ts";

let candidate: Candidate | undefined;

process.on("message", (message: OpenMessage | CallMessage) => {
  void answer(message).then((sent) => process.send?.(sent));
});
process.once("disconnect", () => process.exit(0));

async function answer(message: OpenMessage | CallMessage): Promise<Answer> {
  try {
    return { result: await perform(message) };
  } catch (error) {
    if (!(error instanceof RelataError)) throw error;
    const { code, message: text, remedy } = error;
    return { error: { code, message: text, remedy } };
  }
}

async function perform(message: OpenMessage | CallMessage): Promise<unknown> {
  if ("work" in message) {
    candidate = await openCandidate(message.options, message.work);
    return candidate.ready;
  }
  if (candidate === undefined) throw new Error("the candidate is not open");
  const { call, argument } = message;
  if (call === "trainStep") return candidate.trainStep(Number(argument));
  if (call === "writeGradients" || call === "compareGradients") return candidate[call](String(argument));
  return candidate[call]();
}
