// A queue must not be a way to start programs on the machines of its workers.
import { RelataError } from "../../base/errors.ts";

/**
 * The error for work whose settings name code to run.
 *
 * @param what names them: "the experiment"
 */
export function codeRefused(what: string, named: unknown, place: string): RelataError {
  return new RelataError({
    code: "units/program-refused",
    message: `${what} names code to run (${String(named)}), and this worker runs none that a queue names`,
    place,
    value: named,
    remedy:
      "Start the worker with --programs, if nobody else can write to the queue and to the folders that it sees.",
  });
}
