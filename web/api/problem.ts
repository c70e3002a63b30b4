// What the page shows of an error: what happened, where, and what to do.
import type { Problem as ServerProblem } from "../../src/client/api-types.ts";
import { ClientError } from "../../src/client/client-error.ts";

/** A problem of the server, of the connection, or of the page itself. */
export type Problem = Pick<ServerProblem, "detail"> &
  Partial<Pick<ServerProblem, "status" | "code" | "place" | "remedy">>;

/** The problem that an error reports. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof ClientError) {
    const { message, status, code, place, remedy } = error;
    return {
      detail: message,
      ...(status === undefined ? {} : { status }),
      code,
      ...(place === undefined ? {} : { place }),
      remedy,
    };
  }
  return { detail: error instanceof Error ? error.message : String(error) };
}
