// What is wrong with a request: a code, the HTTP status that it is answered with, and headers of that answer.
import type { ErrorCode } from "../../base/codes/error-code.ts";
import { REQUEST_CODES } from "../../base/codes/requests.ts";
import { type ErrorDetails, RelataError } from "../../base/errors.ts";
import type { RequestFault } from "../../client/api-types.ts";

/** A request that is refused. */
export class RequestError extends RelataError {
  readonly headers: Readonly<Record<string, string>>;
  /** Every fault, if there are several. */
  readonly faults: readonly RequestFault[];

  constructor(
    details: Omit<ErrorDetails, "code" | "remedy"> & {
      readonly code: keyof typeof REQUEST_CODES;
      /** Default: that of the code. */
      readonly remedy?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly faults?: readonly RequestFault[];
    },
  ) {
    const { headers = {}, faults = [], remedy = remedyOf(details.code), ...rest } = details;
    super({ ...rest, remedy });
    this.headers = headers;
    this.faults = faults;
  }
}

/** The code's remedy without the sentence about its status, which the answer itself says. */
function remedyOf(code: keyof typeof REQUEST_CODES): string {
  return REQUEST_CODES[code].remedy.replace(/ HTTP status [^.]*\.$/, "");
}

/** The HTTP status of each code that can end a request; other codes are about a post (422) or about this server (500). */
export const STATUSES = {
  "config/wrong-extraction-option": 400,
  "serving/bad-base64": 422,
  "serving/bad-label-config": 422,
  "serving/bad-multipart": 400,
  "serving/bad-request": 400,
  "serving/body-too-large": 413,
  "serving/caller-left": 499,
  "serving/closing": 503,
  "serving/deadline": 504,
  "serving/document-changed": 412,
  "serving/duplicate-field": 400,
  "serving/foreign-origin": 403,
  "serving/media-type": 415,
  "serving/method-not-allowed": 405,
  "serving/no-such-model": 404,
  "serving/not-found": 404,
  "serving/not-http": 400,
  "serving/not-json": 400,
  "serving/not-ready": 503,
  "serving/page-not-built": 404,
  "serving/picture-url-failed": 422,
  "serving/picture-url-refused": 422,
  "serving/queue-full": 429,
  "serving/too-many-posts": 413,
  "serving/too-many-requests": 503,
  "serving/unauthorized": 401,
  "serving/unknown-host": 421,
  "serving/unknown-label": 422,
  "serving/worker-lost": 500,
} as const satisfies Partial<Record<ErrorCode, number>>;
