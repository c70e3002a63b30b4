// Codes of the client of a server.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata/client` itself; those that the server answers keep their own codes. */
export const CLIENT_CODES = {
  "client/unreachable": {
    means:
      "The client got no answer from the server: its address is wrong, it does not run, or the connection broke.",
    remedy: "Check that the server runs and that the address is right.",
  },
  "client/unreadable-answer": {
    means: "The client got an answer that is not one of `relata serve`, or only a part of it.",
    remedy:
      "Send the request again. If it happens again, check the address and what stands between the client and the server.",
  },
  "client/wrong-option": {
    means: "An option of the client cannot be used: its address, its token, a number.",
    remedy: "Correct the option that the message names.",
  },
} as const satisfies CodeTable;
