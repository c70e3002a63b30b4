// The worker of a model in a web page: loads it, and answers the page's requests. The page starts it; nothing else imports it.
import type { Extractor } from "../extract/extractor.ts";
import { Downloads } from "./downloads.ts";
import { openFileCache } from "./file-cache.ts";
import { type Answer, type LoadSettings, type ModelFacts, type Request, sentError } from "./messages.ts";
import { loadRuntime } from "./onnx-runtime.ts";
import { openModel } from "./open-model.ts";
import { PictureSource } from "./picture-source.ts";
import { becomeRuntimeThread, isRuntimeThread } from "./runtime-thread.ts";

/** The part of a worker's scope that is used here. */
interface Scope {
  postMessage(answer: Answer): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
}

const scope = globalThis as unknown as Scope;
const pictures = new PictureSource();
let model: Extractor | undefined;

if (isRuntimeThread()) void becomeRuntimeThread();
else
  scope.addEventListener("message", ({ data }) => {
    void answer(data);
  });

async function answer(request: Request): Promise<void> {
  const { id } = request;
  try {
    switch (request.kind) {
      case "load":
        scope.postMessage({ id, kind: "loaded", facts: await load(request.settings) });
        break;
      case "extract": {
        const { image, done } = await pictures.take(request.post.image);
        try {
          const { image: _, ...post } = request.post;
          const read = image === undefined ? post : { ...post, image };
          scope.postMessage({
            id,
            kind: "extracted",
            extraction: await loaded().extract(read, request.options),
          });
        } finally {
          done();
        }
        break;
      }
      case "dispose":
        await model?.dispose();
        scope.postMessage({ id, kind: "disposed" });
        break;
      default:
        request satisfies never;
    }
  } catch (error) {
    scope.postMessage({ id, kind: "failed", error: sentError(error) });
  }
}

async function load(settings: LoadSettings): Promise<ModelFacts> {
  const notices: string[] = [];
  const notice = (text: string) => void notices.push(text);
  const cache = await openFileCache(settings.cache, notice);
  const downloads = new Downloads(settings.folder, cache, {
    onProgress: (progress) => scope.postMessage({ kind: "progress", progress }),
    notice,
  });
  const manifest = await downloads.manifest();
  const runtime = await loadRuntime(settings, notice);
  notices.push(...manifest.notices);
  model = await openModel(manifest, { downloads, runtime, readPicture: pictures.read }, notices);
  const { labels, entityTypes, categories, visualChannels, sees, needsMentions, remarks } = model;
  const { device, threads } = runtime;
  return {
    ...{ labels, entityTypes, categories, visualChannels, sees, needsMentions, remarks },
    notices,
    device,
    threads,
    model: manifest.model,
  };
}

function loaded(): Extractor {
  if (model === undefined) throw new Error("nothing is loaded yet");
  return model;
}
