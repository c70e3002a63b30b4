// Codes of requests to a server: what a caller sent, and what is refused before a post is read.
import type { CodeTable } from "./code-table.ts";

/** Refusals of `relata serve`, each with the HTTP status that it is answered with. */
export const REQUEST_CODES = {
  "serving/bad-base64": {
    means: "The picture's `base64` is not base64.",
    remedy:
      "Encode the bytes of the picture's file. A data URL (`data:image/png;base64,...`) is accepted too. HTTP status 422.",
  },
  "serving/bad-label-config": {
    means: "The labeling configuration of a Label Studio project cannot be read, or has no text.",
    remedy:
      "Copy it from the project's settings in Label Studio; it needs a `<Text>` with name and value. HTTP status 422.",
  },
  "serving/bad-multipart": {
    means:
      "The body is not the multipart form that it says it is, or a part is named twice, unknown, or not used.",
    remedy:
      "Send a field `request` with the JSON and one file for each `part` that it names, or the fields `text`, `caption` and `model` with a file `image`. HTTP status 400.",
  },
  "serving/bad-request": {
    means: "The request has a field that is missing, unknown, of another type or out of range.",
    remedy:
      "Correct the fields that the message names; `GET /openapi.json` describes them all. HTTP status 400.",
  },
  "serving/body-too-large": {
    means: "The body, one of its parts, or one of its pictures is larger than the server accepts.",
    remedy:
      "Send fewer posts at a time or smaller pictures, or start the server with a higher `--max-body-bytes` or `--max-picture-bytes`. HTTP status 413.",
  },
  "serving/caller-left": {
    means: "The connection closed before the request was complete.",
    remedy: "Send the request again. Nobody is left to receive an answer.",
    fault: "work",
  },
  "serving/document-changed": {
    means: "The document was saved by someone else, or in another tab, after it was opened.",
    remedy: "Open it again, look at what was saved, and save what is still wrong. HTTP status 412.",
  },
  "serving/duplicate-field": {
    means: "An object of the request has the same field twice, so it is not clear which one counts.",
    remedy: "Remove one of them. HTTP status 400.",
  },
  "serving/foreign-origin": {
    means: "A page of another site sent the request.",
    remedy:
      "If this site may use the server, start it with `--cors-origin` and the site's origin. HTTP status 403.",
  },
  "serving/internal": {
    means: "The server failed in a way that is not the request's fault.",
    remedy: "Look for the request's id in the server's log. HTTP status 500.",
    fault: "work",
  },
  "serving/media-type": {
    means: "The body is of a type, charset or compression that the path does not read.",
    remedy:
      "Send `application/json` in UTF-8, or `multipart/form-data`, without `Content-Encoding`. HTTP status 415.",
  },
  "serving/method-not-allowed": {
    means: "The path exists, but not with this method.",
    remedy: "Use one of the methods that the header `Allow` lists. HTTP status 405.",
  },
  "serving/not-found": {
    means: "There is nothing at this path.",
    remedy: "`GET /openapi.json` lists all paths. HTTP status 404.",
  },
  "serving/not-http": {
    means:
      "What arrived is not a request that HTTP allows: a damaged line, headers that contradict each other or are too large, or too slow.",
    remedy:
      "Send a correct request, with headers of at most 16 kB, without long pauses. HTTP status 400, 408 or 431.",
  },
  "serving/not-json": {
    means: "The body is not JSON in UTF-8, nests too deep, or has too many values.",
    remedy: "Correct the body. HTTP status 400.",
  },
  "serving/not-ready": {
    means:
      "A model has no worker that answers, because it is still being loaded or was lost, or the documents to correct are still being indexed.",
    remedy: "Wait as many seconds as the header `Retry-After` says. HTTP status 503.",
    fault: "work",
  },
  "serving/page-not-built": {
    means: "This installation of relata has no page.",
    remedy:
      "Build it with `npm run build` in a copy of relata's repository. The API works without it. HTTP status 404.",
  },
  "serving/picture-url-failed": {
    means: "The picture's address did not give a picture within the limits of time and size.",
    remedy: "Check the address, or send the picture's bytes. HTTP status 422.",
  },
  "serving/picture-url-refused": {
    means: "The server does not fetch pictures from this address.",
    remedy:
      "Send the picture's bytes, or start the server with `--picture-urls` and a prefix of the address. HTTP status 422.",
  },
  "serving/too-many-posts": {
    means: "The request has more posts than the server accepts at once.",
    remedy: "Send several requests, or start the server with a higher `--max-posts`. HTTP status 413.",
  },
  "serving/too-many-requests": {
    means: "The server is answering as many requests, or holding as many bytes of them, as it is allowed to.",
    remedy: "Wait as many seconds as the header `Retry-After` says. HTTP status 503.",
    fault: "work",
  },
  "serving/unauthorized": {
    means: "The request has no bearer token, or one that the server does not know.",
    remedy: "Send the header `Authorization: Bearer` with a token of the server. HTTP status 401.",
  },
  "serving/unknown-label": {
    means: "A corrected document has a label that no served model and no other document has.",
    remedy:
      "Correct the label. If it is meant to be new, send `newLabels: true` with the document. HTTP status 422.",
  },
  "serving/unknown-host": {
    means: "The request asks a server on this machine by a name that is not its own.",
    remedy:
      "Ask it as `localhost` or by its address. If a proxy passes another name on, start the server with `--allowed-host` and the name, or with tokens. HTTP status 421.",
  },
  "serving/wrong-tokens": {
    means:
      "The file of tokens cannot be read, has no token, or has one that is too short or has characters that a header cannot hold.",
    remedy:
      "Write one token per line, each of at least 16 letters, digits or `-._~+/=`. `openssl rand -hex 32` makes one.",
  },
} as const satisfies CodeTable;
