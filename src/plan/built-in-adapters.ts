// The built-in generators, by adapter.
import { adapter, type GeneratorAdapters, type PathField } from "./adapters.ts";

const RETRIEVAL_PATHS: readonly PathField[] = [
  { path: ["collections", "*", "captions"] },
  { path: ["collections", "*", "pictures"] },
  { path: ["encoder"], orId: true },
  { path: ["cache"] },
];

const TEXT_TO_IMAGE: GeneratorAdapters["textToImage"] = {
  "openai-images": {
    paths: [],
    load: async () => {
      const { schema, openOpenaiImages } = await import("../synthesis/generators/openai-images.ts");
      return adapter(schema, (settings, { variables }) => openOpenaiImages(settings, variables));
    },
  },
  "sd-webui": {
    paths: [],
    load: async () => {
      const { schema, openSdWebui } = await import("../synthesis/generators/sd-webui.ts");
      return adapter(schema, (settings, { variables }) => openSdWebui(settings, variables));
    },
  },
  comfyui: {
    paths: [{ path: ["workflow"] }],
    load: async () => {
      const { schema, openComfyui } = await import("../synthesis/generators/comfyui.ts");
      return adapter(schema, (settings, { variables }) => openComfyui(settings, variables));
    },
  },
  "huggingface-text-to-image": {
    paths: [],
    load: async () => {
      const { pictureSchema, openHuggingfacePictures } = await import(
        "../synthesis/generators/huggingface.ts"
      );
      return adapter(pictureSchema, (settings, { variables }) =>
        openHuggingfacePictures(settings, variables),
      );
    },
  },
  command: {
    paths: [],
    load: async () => {
      const { pictureSchema, openCommandPictures } = await import("../synthesis/generators/command.ts");
      return adapter(pictureSchema, (settings, { variables }) => openCommandPictures(settings, variables));
    },
  },
  diffusion: {
    paths: [{ path: ["folder"] }],
    load: async () => {
      const { schema, openDiffusion } = await import("../synthesis/generators/diffusion.ts");
      return adapter(schema, (settings, { onPreparation }) =>
        openDiffusion(settings, {
          onStep: (done, total) => onPreparation?.({ what: "denoising", done, total }),
        }),
      );
    },
  },
  retrieval: {
    paths: RETRIEVAL_PATHS,
    load: async () => {
      const { schema, openRetrievalPictures } = await import("../synthesis/generators/retrieval.ts");
      return adapter(schema, (settings, { onPreparation, signal }) =>
        openRetrievalPictures(settings, {
          signal,
          onProgress: (done, total) => onPreparation?.({ what: "reading the collection", done, total }),
        }),
      );
    },
  },
};

const IMAGE_TO_TEXT: GeneratorAdapters["imageToText"] = {
  captioner: {
    paths: [{ path: ["model"], orId: true }, { path: ["cache"] }],
    load: async () => {
      const { schema, openCaptioner } = await import("../synthesis/generators/captioner.ts");
      return adapter(schema, (settings, { variables }) => openCaptioner(settings, variables));
    },
  },
  "openai-chat": {
    paths: [],
    load: async () => {
      const { schema, openOpenaiChat } = await import("../synthesis/generators/openai-chat.ts");
      return adapter(schema, (settings, { variables }) => openOpenaiChat(settings, variables));
    },
  },
  "sd-webui-interrogate": {
    paths: [],
    load: async () => {
      const { interrogateSchema, openSdWebuiInterrogate } = await import(
        "../synthesis/generators/sd-webui.ts"
      );
      return adapter(interrogateSchema, (settings, { variables }) =>
        openSdWebuiInterrogate(settings, variables),
      );
    },
  },
  "huggingface-image-to-text": {
    paths: [],
    load: async () => {
      const { captionSchema, openHuggingfaceCaptions } = await import(
        "../synthesis/generators/huggingface.ts"
      );
      return adapter(captionSchema, (settings, { variables }) =>
        openHuggingfaceCaptions(settings, variables),
      );
    },
  },
  command: {
    paths: [],
    load: async () => {
      const { textSchema, openCommandTexts } = await import("../synthesis/generators/command.ts");
      return adapter(textSchema, (settings, { variables }) => openCommandTexts(settings, variables));
    },
  },
  retrieval: {
    paths: RETRIEVAL_PATHS,
    load: async () => {
      const { schema, openRetrievalTexts } = await import("../synthesis/generators/retrieval.ts");
      return adapter(schema, openRetrievalTexts);
    },
  },
};

const TEXT_TO_TEXT: GeneratorAdapters["textToText"] = {
  "word-changes": {
    paths: [{ path: ["words"] }, { path: ["corpus"] }],
    load: async () => {
      const { schema, openWordChanges } = await import("../synthesis/generators/word-changes.ts");
      return adapter(schema, openWordChanges);
    },
  },
  command: {
    paths: [],
    load: async () => {
      const { rewriteSchema, openCommandRewriting } = await import("../synthesis/generators/command.ts");
      return adapter(rewriteSchema, (settings, { variables }) => openCommandRewriting(settings, variables));
    },
  },
};

/** Names a service, a program, a folder of networks or a collection; the embedded corpus adds its simulator. */
export const BUILT_IN_ADAPTERS: GeneratorAdapters = {
  textToImage: TEXT_TO_IMAGE,
  imageToText: IMAGE_TO_TEXT,
  textToText: TEXT_TO_TEXT,
};
