// The errors that relata throws, each with a stable code, a location and a remedy.

export type { ErrorCode, KnownErrorCode } from "./base/codes/error-code.ts";
export * from "./base/errors.ts";
