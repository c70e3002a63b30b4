// relata's errors: what `import { ... } from "relata/errors"` gives.
export * from "./base/errors.ts";
