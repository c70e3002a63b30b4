// Tells system errors apart by their code.

/** Whether an error is the system's error of this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
