// The result of one check of the machine: fine, worth knowing, or something that must be repaired.
import { RelataError } from "../../base/errors.ts";

export interface Finding {
  /** What was checked. */
  readonly check: string;
  /** "note": relata works, but something is slow, short or cannot be reached. "problem": something that relata needs does not work. */
  readonly state: "ok" | "note" | "problem";
  readonly says: string;
  readonly remedy?: string | undefined;
  /** The code of the error behind a note or problem, if it has one. */
  readonly code?: string | undefined;
}

export function ok(check: string, says: string): Finding {
  return { check, state: "ok", says };
}

export function note(check: string, says: string, remedy: string): Finding {
  return { check, state: "note", says, remedy };
}

export function problem(check: string, says: string, remedy: string): Finding {
  return { check, state: "problem", says, remedy };
}

/** What a thrown error says; an error of unknown kind is a problem too, not the end of the other checks. */
export function problemOf(check: string, error: unknown, remedy: string): Finding {
  if (error instanceof RelataError) {
    const { code, message } = error;
    const own = code === "engine/runtime-failed" ? remedy : error.remedy; // its remedy is for models
    return { check, state: "problem", says: message, remedy: own, code };
  }
  return problem(
    check,
    error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error),
    remedy,
  );
}
