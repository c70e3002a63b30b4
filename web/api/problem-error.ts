// An answer that is an error, with what the server says about it.
import type { Problem } from "./types.ts";

/** The server refused or failed; `problem` says why, and what to do. */
export class ProblemError extends Error {
  readonly problem: Problem;
  /** Seconds after which the request may be sent again. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail ?? problem.title);
    this.name = "ProblemError";
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** Reads an answer with an error status. One that is not a problem document is reported by its status. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const after = Number(response.headers.get("retry-after"));
  const retryAfter = Number.isFinite(after) && after > 0 ? after : undefined;
  const status = response.status;
  const type = response.headers.get("content-type") ?? "";
  if (/json/.test(type)) {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null && "title" in body) {
      return new ProblemError({ ...(body as Problem), status }, retryAfter);
    }
  }
  const title = `The server answered ${status} ${response.statusText}`.trim();
  return new ProblemError({ title, status, remedy: "Look at the server's log." }, retryAfter);
}

/** What to show of any error: a problem as it is, a lost connection with what to do. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof TypeError) {
    return {
      title: "The server cannot be reached",
      status: 0,
      detail: error.message,
      remedy: "See whether `relata serve` still runs, then try again.",
    };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { title: "The page failed", status: 0, detail };
}
