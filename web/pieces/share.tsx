// A probability or share as a number with a bar.

const WIDTH = 44;

/** Formats a share from 0 to 1 in per cent; what is not quite 0 or 1 is not rounded to it. */
export function percent(value: number): string {
  const rounded = Math.round(value * 100);
  if (rounded === 100 && value < 1) return "> 99 %";
  if (rounded === 0 && value > 0) return "< 1 %";
  return `${rounded} %`;
}

/** Shows a share from 0 to 1; nothing was computed where it is undefined. */
export function Share({ value }: { readonly value: number | undefined }) {
  if (value === undefined) return <span class="quiet">given</span>;
  return (
    <span class="share">
      <svg class="share-bar" aria-hidden="true" width={WIDTH} height="6" viewBox={`0 0 ${WIDTH} 6`}>
        <rect class="share-ground" width={WIDTH} height="6" rx="3" />
        <rect class="share-value" width={Math.max(3, value * WIDTH)} height="6" rx="3" />
      </svg>
      <span class="share-number">{percent(value)}</span>
    </span>
  );
}
