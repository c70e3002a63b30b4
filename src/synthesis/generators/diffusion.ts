// Generates pictures locally: Stable Diffusion 1.x and 2.x from a folder of ONNX networks in the diffusers
// layout. Does not run safety checkers in such folders.
import sharp from "sharp";
import { z } from "zod";
import { SynthesisError } from "../../base/errors.ts";
import { loadTokenizer } from "../../encoders/tokenizing/load-tokenizer.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import type { Dimension } from "../../graph/dimension.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";
import { badDiffusionFolder, type DiffusionFolder, openDiffusionFolder } from "./diffusion/folder.ts";
import { DiffusionNetworks } from "./diffusion/networks.ts";
import { denoise, pixelBytes, seededNoise } from "./diffusion/pipeline.ts";
import { promptTokens } from "./diffusion/prompt.ts";
import {
  openScheduler,
  readSchedulerConfig,
  SCHEDULER_NAMES,
  type SchedulerChoice,
} from "./diffusion/scheduler-config.ts";
import type { Generated, PictureRequest, TextToImage } from "./generator.ts";
import { callSettings } from "./http-settings.ts";
import { promptOf, promptTemplateSetting } from "./prompts.ts";

const ADAPTER = "diffusion";

// Latents are an eighth of the picture, and the network halves those three times: sides that 64 divides are safe.
const side = z.int().min(8).max(4096);

export const schema = z.strictObject({
  adapter: z.literal(ADAPTER),
  folder: z.string().min(1).describe("Folder in the diffusers layout with ONNX networks."),
  ...callSettings,
  promptTemplate: promptTemplateSetting,
  negativePrompt: z.string().default("").describe("What the picture should not show."),
  width: side.optional().describe("Width in pixels. Absent: the width the network was trained with."),
  height: side.optional().describe("Height in pixels. Absent: the height the network was trained with."),
  steps: z.int().positive().max(1000).default(25).describe("Denoising steps."),
  guidance: z
    .number()
    .min(1)
    .default(7.5)
    .describe("Weight of the prompt (guidance scale); 1 disables guidance, which halves the work."),
  scheduler: z.enum(SCHEDULER_NAMES).optional().describe("Absent: the scheduler named in the folder."),
  device: z.enum(["cpu", "webgpu", "cuda"]).default("cpu").describe("Device on which the networks run."),
  threads: z.int().positive().optional().describe("Number of threads. Absent: one per physical core."),
});

type DiffusionSettings = z.output<typeof schema>;

export interface DiffusionOptions {
  /** Called after every denoising step. */
  readonly onStep?: ((done: number, all: number) => void) | undefined;
}

interface Opened {
  readonly networks: DiffusionNetworks;
  readonly tokenizer: TextTokenizer;
  /** States of the negative prompt; undefined without guidance. */
  readonly negative: HostTensor<"float32"> | undefined;
}

/**
 * Checks the folder and takes its fingerprint; the networks are loaded at the first picture.
 *
 * @throws SynthesisError `synthesis/bad-diffusion-folder`, `synthesis/unknown-scheduler`, `synthesis/bad-scheduler`,
 * `synthesis/too-many-steps`, `synthesis/bad-picture-size`
 */
export async function openDiffusion(
  settings: DiffusionSettings,
  options: DiffusionOptions = {},
): Promise<TextToImage> {
  const folder = await openDiffusionFolder(settings.folder);
  const choice = readSchedulerConfig(folder.scheduler.json, folder.scheduler.place, settings.scheduler);
  openScheduler(choice, settings.steps); // refuses what cannot be run before anything is loaded
  return new Diffusion(settings, options, folder, choice);
}

class Diffusion implements TextToImage {
  readonly identity: TextToImage["identity"];
  /** One call uses all cores. */
  readonly concurrency = 1;
  readonly costPerCall: number;
  readonly #settings: DiffusionSettings;
  readonly #options: DiffusionOptions;
  readonly #folder: DiffusionFolder;
  readonly #choice: SchedulerChoice;
  readonly #width: number;
  readonly #height: number;
  #opened: Promise<Opened> | undefined;

  constructor(
    settings: DiffusionSettings,
    options: DiffusionOptions,
    folder: DiffusionFolder,
    choice: SchedulerChoice,
  ) {
    this.#settings = settings;
    this.#options = options;
    this.#folder = folder;
    this.#choice = choice;
    this.costPerCall = settings.costPerCall;
    const [height, width] = folder.latentSides;
    this.#width = wholeLatents("width", settings.width ?? width * folder.pixelsPerLatent, folder);
    this.#height = wholeLatents("height", settings.height ?? height * folder.pixelsPerLatent, folder);
    const { promptTemplate, negativePrompt, steps, guidance, device } = settings;
    this.identity = {
      adapter: ADAPTER,
      model: `stable-diffusion:${folder.fingerprint.slice(0, 16)}`, // the files, wherever they lie
      settings: {
        promptTemplate,
        negativePrompt,
        width: this.#width,
        height: this.#height,
        steps,
        guidance,
        scheduler: choice.name,
        schedulerConfig: choice.config,
        device,
      },
    };
  }

  async picture(request: PictureRequest, signal: AbortSignal): Promise<Generated> {
    signal.throwIfAborted();
    const { networks, tokenizer, negative } = await this.#open();
    const { latentChannels, pixelsPerLatent, scalingFactor } = this.#folder;
    const { steps, guidance, promptTemplate } = this.#settings;
    const tokens = promptTokens(tokenizer, promptOf(promptTemplate, request.prompt));
    const latents = await denoise(networks, {
      scheduler: openScheduler(this.#choice, steps),
      shape: [1, latentChannels, this.#height / pixelsPerLatent, this.#width / pixelsPerLatent],
      prompt: await networks.encode(tokens.ids),
      negative,
      guidance,
      noise: seededNoise(request.seed),
      signal,
      onStep: this.#options.onStep,
    });
    const unscaled = latents.data.map((value) => value / scalingFactor);
    const pixels = await networks.decode({ ...latents, data: unscaled });
    return {
      content: { mediaType: "image/png", bytes: await this.#png(pixels) },
      details: { seed: request.seed, cutTokens: tokens.cut },
    };
  }

  async dispose(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined); // what could not be opened needs no disposal
    this.#opened = undefined;
    await opened?.networks.dispose();
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#load().catch((error: unknown) => {
      this.#opened = undefined; // the next call tries again
      throw error;
    });
    return this.#opened;
  }

  async #load(): Promise<Opened> {
    const { device, threads, guidance, negativePrompt } = this.#settings;
    const tokenizer = await loadTokenizer(this.#folder.tokenizer);
    const networks = await DiffusionNetworks.open(this.#folder, {
      device,
      threads,
    });
    try {
      const [, , height, width] = networks.latentShape;
      this.#requireSide("height", this.#height, height);
      this.#requireSide("width", this.#width, width);
      const negative =
        guidance > 1 ? await networks.encode(promptTokens(tokenizer, negativePrompt).ids) : undefined;
      return { networks, tokenizer, negative };
    } catch (error) {
      await networks.dispose();
      throw error;
    }
  }

  /** Some networks are exported for one size. */
  #requireSide(name: "width" | "height", wanted: number, latents: Dimension | undefined): void {
    const fixed = typeof latents === "number" ? latents * this.#folder.pixelsPerLatent : wanted;
    if (wanted !== fixed)
      throw badSize(name, wanted, `the network was exported for ${fixed} only`, `${fixed}`);
  }

  async #png(pixels: HostTensor<"float32">): Promise<Uint8Array> {
    const [batch, channels, height = 0, width = 0] = pixels.shape;
    if (batch !== 1 || channels !== 3 || height !== this.#height || width !== this.#width) {
      throw badDiffusionFolder(
        this.#folder.networks.vaeDecoder,
        `it decodes to [${pixels.shape.join(", ")}], but the picture should be ${this.#width} x ${this.#height}`,
      );
    }
    return sharp(pixelBytes(pixels), { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
  }
}

function wholeLatents(name: "width" | "height", value: number, folder: DiffusionFolder): number {
  const pixels = folder.pixelsPerLatent;
  if (value % pixels === 0) return value;
  throw badSize(name, value, `a latent represents ${pixels} pixels`, `a multiple of ${8 * pixels}`);
}

function badSize(name: string, value: number, problem: string, wanted: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/bad-picture-size",
    message: `diffusion: ${name} is ${value}, and ${problem}`,
    place: name,
    value,
    remedy: `Give ${wanted}.`,
  });
}
