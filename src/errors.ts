// relata's errors: what `import { ... } from "relata/errors"` gives.

export type { ErrorCode, KnownErrorCode } from "./base/codes/error-code.ts";
export * from "./base/errors.ts";
