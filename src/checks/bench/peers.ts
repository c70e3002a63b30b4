// Runs reference programs in turn with ours, so that machine noise affects all equally, and compares the times.
import { type StepAnswer, StepServer } from "./step-server.ts";
import { sum, type Timing, timing } from "./timing.ts";

/** A reference that ran in turn with us. */
export interface PeerResult {
  readonly command: string;
  /** Its reported precision and rate of matrix products. */
  readonly description: Readonly<Record<string, unknown>>;
  readonly step: Timing;
  /** Median of our step's time over the peer's, pair by pair: below 1 we are faster. */
  readonly timeRatio: number;
  readonly peakRssBytes: number;
  /** Our peak memory over the peer's. */
  readonly memoryRatio: number;
  readonly examplesPerSecond: number;
}

/** Running peers and their answers so far. */
export class Peers implements AsyncDisposable {
  readonly #peers: { readonly server: StepServer; readonly answers: StepAnswer[] }[] = [];

  /** @throws ConfigError `bench/reference-failed` */
  static async start(commands: readonly string[]): Promise<Peers> {
    const peers = new Peers();
    try {
      for (const command of commands)
        peers.#peers.push({ server: await StepServer.start(command), answers: [] });
      return peers;
    } catch (error) {
      await peers[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Lets every peer run one step, one after the other. */
  async step(number: number): Promise<void> {
    for (const { server, answers } of this.#peers) answers.push(await server.step(number));
  }

  /**
   * @param seconds our times, one for each step
   * @param examples examples per step
   */
  results(seconds: readonly number[], examples: number, peakRssBytes: number): PeerResult[] {
    return this.#peers.map(({ server, answers }) => {
      const theirs = answers.map((answer) => answer.seconds);
      const theirPeak = answers.at(-1)?.peakRssBytes ?? Number.NaN;
      return {
        command: server.command,
        description: server.ready,
        step: timing(theirs),
        timeRatio: timing(theirs.map((their, at) => (seconds[at] ?? Number.NaN) / their)).median,
        peakRssBytes: theirPeak,
        memoryRatio: peakRssBytes / theirPeak,
        examplesPerSecond: (examples * theirs.length) / sum(theirs),
      };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { server } of this.#peers) await server.stop();
  }
}
