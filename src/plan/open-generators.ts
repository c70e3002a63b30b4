// Every generator that a plan can name, by its adapter. A generator's code is loaded when a plan names it, and not before.
import type { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import type { ImageToText, TextToImage } from "../synthesis/generators/generator.ts";

/** What generators are opened with beside their settings. */
export interface GeneratorEnvironment {
  /** Keys are read from here: `process.env`. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What takes long before the first call: an index of captions. */
  readonly onPreparation?: ((progress: Preparation) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Preparation {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

interface Adapter<Generator> {
  /** Checks settings and gives what opens the generator. */
  read(settings: unknown, place: string): (environment: GeneratorEnvironment) => Promise<Generator>;
}

/** A field that holds a path; `*` stands for all entries of a list. With `orId` an id that is no folder stays as it is. */
export interface PathField {
  readonly path: readonly string[];
  readonly orId?: boolean;
}

interface Entry<Generator> {
  readonly load: () => Promise<Adapter<Generator>>;
  readonly paths: readonly PathField[];
}

function adapter<Schema extends z.ZodType, Generator>(
  schema: Schema,
  open: (settings: z.output<Schema>, environment: GeneratorEnvironment) => Generator | Promise<Generator>,
): Adapter<Generator> {
  return {
    read(settings, place) {
      const parsed = schema.safeParse(settings);
      if (!parsed.success) throw invalidSettings(parsed.error, place, settings);
      return async (environment) => open(parsed.data, environment);
    },
  };
}

const RETRIEVAL_PATHS: readonly PathField[] = [
  { path: ["collections", "*", "captions"] },
  { path: ["collections", "*", "pictures"] },
  { path: ["encoder"], orId: true },
  { path: ["cache"] },
];
const WORLD_PATH: readonly PathField[] = [{ path: ["world"] }];

const TEXT_TO_IMAGE: Readonly<Record<string, Entry<TextToImage>>> = {
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
  simulator: {
    paths: WORLD_PATH,
    load: async () => {
      const { simulatedPictureSchema, openSimulatedTextToImage } = await import("../world/simulator.ts");
      return adapter(simulatedPictureSchema, openSimulatedTextToImage);
    },
  },
};

const IMAGE_TO_TEXT: Readonly<Record<string, Entry<ImageToText>>> = {
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
  simulator: {
    paths: WORLD_PATH,
    load: async () => {
      const { simulatedTextSchema, openSimulatedImageToText } = await import("../world/simulator.ts");
      return adapter(simulatedTextSchema, openSimulatedImageToText);
    },
  },
};

/** A generator's settings as a plan holds them: the adapter, and what that adapter asks for. */
export interface GeneratorSettings {
  readonly adapter: string;
  readonly [setting: string]: unknown;
}

/** Names of the adapters that make pictures, and of those that make texts. */
export const ADAPTERS = {
  textToImage: Object.keys(TEXT_TO_IMAGE),
  imageToText: Object.keys(IMAGE_TO_TEXT),
} as const;

/** Fields of a generator's settings that hold paths. */
export function pathFields(role: keyof typeof ADAPTERS, settings: GeneratorSettings): readonly PathField[] {
  return entryOf<unknown>(role === "textToImage" ? TEXT_TO_IMAGE : IMAGE_TO_TEXT, settings, role).paths;
}

/** Opens what makes pictures. @throws ConfigError `config/invalid`; what the adapter throws */
export async function openTextToImage(
  settings: GeneratorSettings,
  environment: GeneratorEnvironment,
): Promise<TextToImage> {
  const loaded = await entryOf(TEXT_TO_IMAGE, settings, "textToImage").load();
  return loaded.read(settings, "textToImage")(environment);
}

/** Opens what makes texts. @throws ConfigError `config/invalid`; what the adapter throws */
export async function openImageToText(
  settings: GeneratorSettings,
  environment: GeneratorEnvironment,
): Promise<ImageToText> {
  const loaded = await entryOf(IMAGE_TO_TEXT, settings, "imageToText").load();
  return loaded.read(settings, "imageToText")(environment);
}

function entryOf<Generator>(
  entries: Readonly<Record<string, Entry<Generator>>>,
  { adapter: name }: GeneratorSettings,
  role: string,
): Entry<Generator> {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry !== undefined) return entry;
  throw new ConfigError({
    code: "config/invalid",
    message: `${role}.adapter is ${JSON.stringify(name)}, which is not an adapter for it`,
    place: `${role}.adapter`,
    value: name,
    remedy: `Name one of: ${Object.keys(entries).join(", ")}.`,
  });
}

function invalidSettings(error: z.ZodError, place: string, value: unknown): ConfigError {
  const faults = error.issues.map(({ path, message }) => `${[place, ...path].join(".")}: ${message}`);
  return new ConfigError({
    code: "config/invalid",
    message: faults.join("; "),
    place,
    value,
    remedy: "Fix the fields named above; docs/generators.md lists every generator with its settings.",
  });
}
