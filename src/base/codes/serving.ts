// Codes of the server: requests, the queue, workers.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata serve`. */
export const SERVING_CODES = {
  "serving/address-in-use": {
    means: "Another program listens on the port.",
    remedy: "End it, or choose another port with `--port`; 0 takes any free one.",
  },
  "serving/cannot-listen": {
    means:
      "The server cannot listen on the address: it is not one of this machine's, or the port needs rights that the program does not have.",
    remedy: "Check `--host` and `--port`. Ports below 1024 often need rights.",
  },
  "serving/closing": {
    means: "The server is shutting down and accepts no further posts.",
    remedy: "Send the request again, to another server or later.",
    fault: "work",
  },
  "serving/documents-changed": {
    means: "The file of documents was changed while the server offered them for correction.",
    remedy: "Start the server again. What was saved is kept.",
    fault: "work",
  },
  "serving/deadline": {
    means: "The post was not read within the time that the request or the server allows.",
    remedy: "Send fewer posts at a time, allow more time, or add replicas.",
    fault: "work",
  },
  "serving/no-such-model": {
    means: "A request names a model that is not served.",
    remedy: "Name one of those that `GET /v1/models` lists, or leave the name out.",
  },
  "serving/queue-full": {
    means: "More posts are waiting than the server's queue takes.",
    remedy: "Wait as many seconds as the header `Retry-After` says, then send the request again.",
    fault: "work",
  },
  "serving/wrong-setting": {
    means: "A setting of `relata serve` is invalid, on the command line or in the environment.",
    remedy: "Correct the flag or the variable that the message names, or leave it out.",
  },
  "serving/worker-failed": {
    means: "A process that loads a model ended before the model was ready.",
    remedy:
      "Check that the machine has enough memory (`relata doctor`), or use fewer replicas. The server's log has what the process wrote.",
    fault: "work",
  },
  "serving/wrong-model": {
    means: "The models to serve are named in a way that requests cannot name, or two of them alike.",
    remedy: "Give each folder a name of its own, as in `relata serve posts=models/posts`.",
  },
  "serving/worker-lost": {
    means: "The processes that read a post ended twice, so the post was given up.",
    remedy:
      "Look at the server's log. Send the post again without its picture to see which of them causes it.",
    fault: "work",
  },
} as const satisfies CodeTable;
