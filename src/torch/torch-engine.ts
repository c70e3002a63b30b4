// The program for PyTorch and its ranks, as seen from relata: starts them, sends messages, runs single graphs.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abortable } from "../base/abortable.ts";
import { EngineError } from "../base/errors.ts";
import type { DType, HostTensor } from "../graph/host-tensor.ts";
import type { OperatorList } from "../graph/operator-list.ts";
import { encodeFrame, type Frame, FrameReader, type Header, TensorPacker, unpackTensors } from "./frames.ts";
import { Launch } from "./launch.ts";
import type { TorchDevice, TorchOptions } from "./torch-options.ts";

/** The oldest PyTorch that the tests have passed with. */
const OLDEST_TORCH = "2.13";

/** What the ranks say of themselves. */
export interface TorchVersions {
  readonly torch: string;
  readonly python: string;
  /** Name of the first rank's GPU, or "cpu". */
  readonly device: string;
  /** Threads of a rank. */
  readonly threads: number;
}

/** Running ranks of the program for PyTorch. Requests wait for one another. Dispose of it to end the ranks. */
export class TorchEngine {
  readonly device: TorchDevice;
  /** Number of processes on all machines. */
  readonly ranks: number;
  readonly versions: TorchVersions;
  /** Whether dropout masks are drawn by the ranks; otherwise they are inputs. The numbers are the same. */
  readonly drawsMasks: boolean;
  readonly #parts: Parts;
  readonly #operators: ReadonlySet<string>;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Starts the processes and waits until all of them, on all machines, are ready.
   *
   * @throws EngineError `torch/no-python`, `torch/no-torch`, `torch/old-torch`, `torch/no-cuda`, `torch/launch-failed`
   */
  static async open(options: TorchOptions = {}): Promise<TorchEngine> {
    const folder = await mkdtemp(join(tmpdir(), "relata-torch-"));
    const token = randomBytes(16).toString("hex");
    const server = await listen();
    const { port } = server.address() as AddressInfo;
    const launch = new Launch(options, { port, token, folder });
    const parts: Parts = { folder, server, launch, link: undefined };
    try {
      const ended = launch.ended.then(async () => {
        throw await launch.failure();
      });
      parts.link = await abortable(Promise.race([accept(server, token), ended]), options.signal);
      const [ready] = await receive(parts);
      const engine = new TorchEngine(options, parts, ready!.header);
      await engine.request({
        kind: "settings",
        precision: options.precision ?? "fp32",
        compile: options.compile ?? false,
      });
      return engine;
    } catch (error) {
      await release(parts);
      throw error;
    }
  }

  private constructor(options: TorchOptions, parts: Parts, ready: Header) {
    this.device = options.device ?? "cpu";
    this.drawsMasks = options.drawMasks ?? this.device === "cuda";
    this.#parts = parts;
    this.ranks = ready.world as number;
    this.#operators = new Set(ready.operators as readonly string[]);
    const { torch, python, device, threads } = ready as unknown as TorchVersions;
    this.versions = { torch, python, device, threads };
    if (isOlder(torch, OLDEST_TORCH)) {
      throw new EngineError({
        code: "torch/old-torch",
        message: `${parts.launch.python} has PyTorch ${torch}, and ${OLDEST_TORCH} is the oldest that works here`,
        place: parts.launch.python,
        value: torch,
        remedy: `Update PyTorch (${parts.launch.python} -m pip install --upgrade torch).`,
      });
    }
  }

  /** Throws unless PyTorch's side knows every operator. @throws EngineError `torch/unknown-operator` */
  requireOperators({ operators }: OperatorList): void {
    const unknown = [...new Set(operators.map(({ name }) => name))].filter(
      (name) => !this.#operators.has(name),
    );
    if (unknown.length === 0) return;
    throw new EngineError({
      code: "torch/unknown-operator",
      message: `the program for PyTorch does not know ${unknown.map((name) => `"${name}"`).join(", ")}`,
      place: unknown[0],
      value: unknown,
      remedy: "Leave --engine out: onnxruntime runs every operator.",
    });
  }

  /** Runs a graph once on a single rank; `values` holds its inputs and parameters by name. @throws EngineError `torch/unknown-operator` */
  async run(
    graph: OperatorList,
    values: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>> {
    this.requireOperators(graph);
    const packer = new TensorPacker();
    const inputs = Object.fromEntries(
      graph.inputs.map(({ name }) => {
        const value = values[name];
        if (value === undefined) throw missingInput(name);
        return [name, value];
      }),
    );
    const constants = Object.fromEntries(graph.constants.map(({ value, tensor }) => [`#${value}`, tensor]));
    const tensors = packer.add({ ...inputs, ...constants });
    const [answer] = await this.request({ kind: "run", listing: listingOf(graph), tensors }, packer.parts);
    const entries = answer!.header.tensors as readonly (readonly [string, DType, readonly number[]])[];
    return unpackTensors(entries, answer!.payload);
  }

  /**
   * Sends a message and returns the answer's frames; with `answered` false, sends only.
   *
   * @internal @throws EngineError `torch/rank-failed` if a rank ends
   */
  request(header: Header, parts: readonly Uint8Array[] = [], answered = true): Promise<Frame[]> {
    const turn = this.#last.then(async () => {
      const { link } = this.#parts;
      if (link === undefined) throw new Error("the engine has been disposed of");
      await send(this.#parts, encodeFrame(header, parts));
      return answered ? receive(this.#parts) : [];
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Ends the ranks. */
  async dispose(): Promise<void> {
    await this.#last;
    await release(this.#parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** A graph without the values of its constants, as JSON. @internal */
export function listingOf(graph: OperatorList) {
  return { ...graph, constants: graph.constants.map(({ value }) => ({ value })) };
}

/** The connection to rank 0, with the frames that have arrived. */
interface Link {
  readonly socket: Socket;
  readonly frames: Frame[];
  /** Called when a frame has arrived or the connection has ended. */
  wake: () => void;
  ended: boolean;
}

interface Parts {
  readonly folder: string;
  readonly server: Server;
  readonly launch: Launch;
  link: Link | undefined;
}

async function listen(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return server;
}

/** Waits for the connection that knows the token; any other is closed. */
function accept(server: Server, token: string): Promise<Link> {
  return new Promise((resolve) => {
    server.on("connection", (socket) => {
      const reader = new FrameReader();
      const link: Link = { socket, frames: [], wake: () => {}, ended: false };
      let known = false;
      const end = () => {
        link.ended = true;
        link.wake();
      };
      socket.setNoDelay(true);
      socket.on("error", end).on("close", end);
      socket.on("data", (chunk: Buffer) => {
        const frames = reader.push(chunk);
        if (!known && frames.length > 0) {
          if (frames.shift()?.header.token !== token) {
            socket.destroy();
            return;
          }
          known = true;
          resolve(link);
        }
        if (frames.length === 0) return;
        link.frames.push(...frames);
        link.wake();
      });
    });
  });
}

async function send(parts: Parts, chunks: readonly Uint8Array[]): Promise<void> {
  const { socket } = parts.link!; // the caller has checked
  for (const chunk of chunks) {
    if (chunk.byteLength === 0) continue;
    if (!socket.writable) throw await parts.launch.failure();
    // Written before the next: memory that is shared with the optimiser is not copied, so it must not change meanwhile.
    const error = await new Promise<Error | null | undefined>((resolve) => socket.write(chunk, resolve));
    if (error) throw await parts.launch.failure();
  }
}

/** Frames up to the one that ends an answer; parts of tensors come before it. */
async function receive({ link, launch }: Parts): Promise<Frame[]> {
  const { frames } = link!;
  for (;;) {
    const end = frames.findIndex(({ header }) => header.kind !== "part");
    if (end >= 0) return frames.splice(0, end + 1);
    if (link!.ended) throw await launch.failure();
    await new Promise<void>((resolve) => {
      link!.wake = resolve;
      if (link!.ended) resolve();
    });
  }
}

async function release(parts: Parts): Promise<void> {
  const { link, launch, server, folder } = parts;
  parts.link = undefined;
  if (link !== undefined) {
    for (const chunk of encodeFrame({ kind: "end" })) link.socket.write(chunk);
    link.socket.end();
  }
  server.close();
  await launch.stop(link === undefined ? 0 : undefined); // without a connection, the end was not announced
  link?.socket.destroy();
  await rm(folder, { recursive: true, force: true });
}

function isOlder(version: string, than: string): boolean {
  const numbers = (text: string) => text.split(".").map((part) => Number.parseInt(part, 10));
  const [major = 0, minor = 0] = numbers(version);
  const [oldMajor = 0, oldMinor = 0] = numbers(than);
  return major < oldMajor || (major === oldMajor && minor < oldMinor);
}

function missingInput(name: string): EngineError {
  return new EngineError({
    code: "engine/missing-input",
    message: `the graph's input "${name}" was given no tensor`,
    place: name,
    value: [name],
    remedy: "Pass a tensor for every input of the graph.",
  });
}
