// The ranks of a further machine: they get everything from the first machine's, so relata only starts them and waits.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Launch } from "./launch.ts";
import type { TorchOptions } from "./torch-options.ts";

/**
 * Runs this machine's ranks until the training ends.
 *
 * @param options with `nodes.rank` of 1 or more
 * @throws EngineError `torch/rank-failed`, `torch/launch-failed` and the codes of a start; the signal's reason once it is aborted
 */
export async function joinRanks(options: TorchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "relata-torch-"));
  const launch = new Launch(options, { port: 0, token: "", folder });
  const stop = () => void launch.stop(0);
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    const { code } = await launch.ended;
    options.signal?.throwIfAborted();
    if (code !== 0) throw await launch.failure();
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await rm(folder, { recursive: true, force: true });
  }
}
