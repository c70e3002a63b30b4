// How unsteady a training was, from its log: noise of the loss beside its trend, spikes of the gradient norm, whether it learned at all.

/** A line of the log: means over the steps since the line before. */
export interface LoggedSteps {
  readonly step: number;
  readonly loss: number;
  /** Absent from older logs. */
  readonly gradientNorm?: number | undefined;
}

export interface Instability {
  /**
   * Standard deviation of a step's loss around its trend, as the deviation of a line's mean times the root of its number of steps. A second
   * difference removes the trend (Gasser, Sroka and Jennen-Steinmetz 1986): a smooth curve has none, however it falls.
   */
  readonly lossNoise: number;
  /** The same as a share of the mean loss, since parts of the loss that are left out lower it. */
  readonly relativeLossNoise: number;
  /** Lines whose gradient norm is more than twice the median of those around it; undefined without norms. */
  readonly gradientSpikes: number | undefined;
  /** The largest such ratio. */
  readonly largestGradientRatio: number | undefined;
  /** Mean loss of the first and last tenth of the lines. */
  readonly loss: readonly [first: number, last: number];
  /** False if the last tenth is not below the first by more than its noise, or no evaluation got anything right. */
  readonly learned: boolean;
}

/** Ratio from which a gradient norm is a spike. A step eleven times as large as its neighbours doubles the mean of ten. */
const SPIKE = 2;
/** Lines on each side whose median a norm is compared with. */
const NEIGHBOURS = 5;
/** The fewest lines: a second difference needs three. */
const LEAST_LINES = 3;

/**
 * Undefined for a log of fewer than three lines.
 *
 * @param bestScore the best validation score that counts from 0 up; undefined if there is none
 */
export function instabilityOf(lines: readonly LoggedSteps[], bestScore?: number): Instability | undefined {
  if (lines.length < LEAST_LINES) return undefined;
  const losses = lines.map(({ loss }) => loss);
  const steps = median(lines.map(({ step }, i) => step - (lines[i - 1]?.step ?? 0)));
  let squares = 0;
  for (let i = 1; i + 1 < losses.length; i++) {
    const residual = losses[i]! - (losses[i - 1]! + losses[i + 1]!) / 2; // inside the list
    squares += residual * residual;
  }
  const ofLine = Math.sqrt((2 / 3) * (squares / (losses.length - 2)));
  const tenth = Math.max(1, Math.floor(losses.length / 10));
  const [first, last] = [mean(losses.slice(0, tenth)), mean(losses.slice(-tenth))];
  const lossNoise = ofLine * Math.sqrt(steps);
  const ratios = gradientRatios(lines.flatMap(({ gradientNorm }) => gradientNorm ?? []));
  return {
    lossNoise,
    relativeLossNoise: lossNoise / Math.abs(mean(losses)),
    gradientSpikes: ratios?.filter((ratio) => ratio > SPIKE).length,
    largestGradientRatio: ratios && Math.max(...ratios),
    loss: [first, last],
    learned: last < first - ofLine / Math.sqrt(tenth) && (bestScore === undefined || bestScore > 0),
  };
}

/** Each norm over the median of its neighbours, itself left out; undefined without neighbours. */
function gradientRatios(norms: readonly number[]): readonly number[] | undefined {
  if (norms.length < LEAST_LINES) return undefined;
  return norms.map((norm, i) => {
    const around = [
      ...norms.slice(Math.max(0, i - NEIGHBOURS), i),
      ...norms.slice(i + 1, i + 1 + NEIGHBOURS),
    ];
    const usual = median(around);
    return usual === 0 ? (norm === 0 ? 1 : Number.MAX_VALUE) : norm / usual;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2; // not empty
}
