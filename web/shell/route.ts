// Which part of the page is shown: the hash of its address.
import { useEffect, useState } from "preact/hooks";

/** The parts, in the order of the navigation. */
export const PARTS = ["try", "batch", "correct", "mistakes", "views"] as const;
export type Part = (typeof PARTS)[number];

function partOf(hash: string): Part {
  return PARTS.find((part) => hash === `#/${part}`) ?? "try";
}

/** Returns the part that the address names; changes with it. */
export function useRoute(): Part {
  const [part, setPart] = useState(() => partOf(location.hash));
  useEffect(() => {
    const follow = () => setPart(partOf(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return part;
}

/** Shows another part. */
export function goTo(part: Part): void {
  location.hash = `#/${part}`;
}
