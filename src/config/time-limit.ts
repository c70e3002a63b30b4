// A limit of time as users write it: "90s", "10m", "1.5h".

/** A number and a unit: seconds, minutes or hours. */
export const TIME_LIMIT = /^(\d+(?:\.\d+)?)(s|m|h)$/;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Seconds of a limit that matches `TIME_LIMIT`. */
export function secondsOf(limit: string): number {
  const [, amount, unit] = TIME_LIMIT.exec(limit) ?? [];
  return Number(amount) * (SECONDS[unit ?? ""] ?? Number.NaN);
}
