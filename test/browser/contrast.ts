// Contrast on a page, computed as in WCAG 2; `measureContrast` runs inside the page and must not use anything outside itself.

/** A piece of text and its contrast with its background. */
export interface TextContrast {
  readonly text: string;
  readonly ratio: number;
  /** 24 px and more, or bold from 18.66 px: 3 is enough here, 4.5 elsewhere. */
  readonly large: boolean;
}

/** Returns every visible element that contains text directly. */
export function measureContrast(): TextContrast[] {
  const canvas = document.createElement("canvas");
  canvas.width = 1;
  canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  /** Converts any CSS colour to red, green, blue and opacity from 0 to 1, over a background. */
  const over = (colour: string, ground: readonly number[]): number[] => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = `rgb(${ground.join(" ")})`;
    pen.fillRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const groundOf = (element: Element | null): number[] => {
    if (element === null) return [255, 255, 255];
    const below = groundOf(element.parentElement);
    return over(getComputedStyle(element).backgroundColor, below);
  };
  const luminance = (rgb: readonly number[]) => {
    const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found: TextContrast[] = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent ?? "")
      .join("")
      .trim();
    const style = getComputedStyle(element);
    if (text === "" || element.closest(".unseen, title, desc, style") !== null) continue;
    if (element.getClientRects().length === 0) continue;
    const drawn = element.namespaceURI === "http://www.w3.org/2000/svg";
    const ground = groundOf(element);
    const ink = luminance(over(drawn ? style.fill : style.color, ground));
    const paper = luminance(ground);
    const size = Number.parseFloat(style.fontSize);
    found.push({
      text: text.slice(0, 40),
      ratio: (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05),
      large: size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700),
    });
  }
  return found;
}
