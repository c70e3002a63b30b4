// Codes of models in web pages: their export, and loading them in a page.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata export --web` and `relata/web`. */
export const WEB_CODES = {
  "web/bad-manifest": {
    means:
      "The record of a model for web pages (`relata-web.json`) is damaged, or of another version of relata.",
    remedy:
      "Export the model again with the version of relata that the page uses, and upload the whole folder.",
  },
  "web/bad-option": {
    means: "An option of `load` in a web page has a wrong value.",
    remedy: "Correct the option that the message names, or leave it out.",
  },
  "web/cannot-export": {
    means: "A part of the model cannot run in a web page.",
    remedy:
      "Export without what the pictures need (`--without-pictures`), or serve the model from Node (`relata serve`).",
  },
  "web/changed": {
    means: "A file that was downloaded is not the one that was exported: its SHA-256 differs.",
    remedy: "Upload the exported folder again, completely. Look for a proxy that changes files.",
  },
  "web/no-explanation": {
    means: "An explanation was asked of a model that was exported for web pages, which reads posts only.",
    remedy: "Load the bundle in Node, which can explain its answers.",
  },
  "web/no-runtime": {
    means: "The page cannot load onnxruntime-web, which runs the model.",
    remedy: "Install onnxruntime-web, or name its module by the option `runtime` or in an import map.",
  },
  "web/no-webgpu": {
    means: "The device `webgpu` was asked for, and the browser offers no GPU to this page.",
    remedy: "Use the device `auto`, which falls back to the processor and says so.",
  },
  "web/not-found": {
    means: "The server has no file at an address that the model needs.",
    remedy: "Check the address of the folder, and that all files of the export were uploaded.",
  },
  "web/runtime-failed": {
    means: "onnxruntime-web refused a graph or could not run it.",
    remedy: "Report it with the message and the browser's version. Try the device `wasm`.",
    fault: "work",
  },
  "web/truncated": {
    means: "A download has another length than the exported file.",
    remedy: "Load the page again. If it stays so, upload the exported folder again.",
  },
  "web/unreachable": {
    means:
      "A file could not be downloaded: there is no connection, the server refused it, or it allows no requests from this page.",
    remedy: "Check the connection, and the server's CORS headers if the files are on another host.",
    fault: "work",
  },
  "web/worker-failed": {
    means: "The page's worker could not start or ended, so the model is gone.",
    remedy:
      "Check that the worker's file is served as JavaScript and that the content security policy allows workers; then load the model again.",
    fault: "work",
  },
} as const satisfies CodeTable;
