// The errors that relata throws, each with a stable code, the place and the remedy.

export type { ErrorCode, KnownErrorCode } from "./base/codes/error-code.ts";
export * from "./base/errors.ts";
