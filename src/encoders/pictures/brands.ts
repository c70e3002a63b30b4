// Recognises the format of a picture file from its content: a supported one, or an unsupported one to name
// in the error.

import { GIT_LFS_PROBLEM, GIT_LFS_REMEDY, isGitLfsPointer } from "../../base/git-lfs.ts";
import { ByteView } from "./byte-view.ts";

/** Supported formats. */
export const READABLE = ["JPEG", "PNG", "GIF", "WebP", "TIFF", "AVIF"] as const;
export type ReadableFormat = (typeof READABLE)[number];

/** The recognised format. `advice` is the remedy. */
export type Brand =
  | { readonly format: ReadableFormat }
  | { readonly format: undefined; readonly what: string; readonly advice: string };

const CONVERT = "Convert it to JPEG or PNG";
const DOWNLOAD = "Download the picture again, or remove it from the data.";
const NO_PICTURE = "Replace it with the picture itself, or remove it from the data.";

const convert = (what: string, how: string): Brand => ({
  format: undefined,
  what: `${what}, which is not supported`,
  advice: `${CONVERT} (${how}), or remove it from the data.`,
});
const stranger = (what: string, advice = NO_PICTURE): Brand => ({ format: undefined, what, advice });

const EDITOR = "open it in an image editor and export it";
const MAGICK = "ImageMagick: magick in out.png";
const HEIC = convert("a HEIC picture (HEVC, as phones take them)", "heif-convert in.heic out.jpg");
const STILL = "Extract a still (ffmpeg -i in.mov -frames:v 1 out.jpg), or remove it from the data.";
const FILM = stranger("a video (MP4 or QuickTime, as in live photos)", STILL);
const RAW = convert("a raw camera photograph", "darktable-cli in.dng out.jpg");
const JPEG_2000 = convert("a JPEG 2000 picture", MAGICK);
const JPEG_XL = convert("a JPEG XL picture", "djxl in.jxl out.png");
const WEB_PAGE = stranger("a web page (HTML), probably the error page of a download", DOWNLOAD);

/** File signatures; the first match decides. */
const BEGINNINGS: readonly (readonly [beginning: string, brand: Brand])[] = [
  ["\xff\xd8\xff", { format: "JPEG" }],
  ["\x89PNG\r\n\x1a\n", { format: "PNG" }],
  ["GIF87a", { format: "GIF" }],
  ["GIF89a", { format: "GIF" }],
  ["\xff\x0a", JPEG_XL],
  ["\0\0\0\x0cJXL \r\n\x87\n", JPEG_XL],
  ["\0\0\0\x0cjP  \r\n\x87\n", JPEG_2000],
  ["\xff\x4f\xff\x51", JPEG_2000],
  ["%PDF-", convert("a PDF document", "pdftoppm -png in.pdf out")],
  ["8BPS", convert("a Photoshop document (PSD)", EDITOR)],
  ["gimp xcf", convert("a GIMP document (XCF)", EDITOR)],
  ["\0\0\x01\0", convert("an icon (ICO)", MAGICK)],
  ["\0\0\x02\0", convert("a cursor (CUR)", MAGICK)],
  ["FUJIFILMCCD-RAW", RAW],
  ["IIRO", RAW],
  ["IIRS", RAW],
  ["IIU\0", RAW],
  ["II+\0", convert("a BigTIFF picture", "tiffcp -c lzw in.tif out.tif")],
  ["MM\0+", convert("a BigTIFF picture", "tiffcp -c lzw in.tif out.tif")],
  ["II\xbc\x01", convert("a JPEG XR picture", MAGICK)],
  ["v/1\x01", convert("an OpenEXR picture", MAGICK)],
  ["#?RADIANCE", convert("a Radiance HDR picture", MAGICK)],
  ["DDS ", convert("a DirectDraw surface (DDS)", MAGICK)],
  ["qoif", convert("a QOI picture", MAGICK)],
  ["BPG\xfb", convert("a BPG picture", "bpgdec -o out.png in.bpg")],
  ["%!PS", convert("a PostScript document", MAGICK)],
  ["\xc5\xd0\xd3\xc6", convert("a PostScript document (EPS)", MAGICK)],
  ["\x1a\x45\xdf\xa3", stranger("a video (WebM or Matroska)", STILL)],
  ["\x1f\x8b", stranger("a gzip archive", "Unpack it (gunzip), or remove it from the data.")],
  ["PK\x03\x04", stranger("a ZIP archive", "Unpack it (unzip), or remove it from the data.")],
];

/** Formats of ISO base media files by their major or compatible brands. */
const AVIF_BRANDS = new Set(["avif", "avis"]);
const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"]);
/** Brands of pictures without a specific coding; the items inside determine it. */
const PICTURE_BRANDS = new Set(["mif1", "mif2", "msf1", "miaf", "mif3"]);
/** How far to search a text for its first element. */
const TEXT_BYTES = 1024;

/** Recognises the format of these bytes. */
export function brandOf(bytes: Uint8Array): Brand {
  if (bytes.length === 0) return stranger("empty (0 bytes)", DOWNLOAD);
  if (isGitLfsPointer(bytes)) return stranger(GIT_LFS_PROBLEM.replace(/^is /, ""), GIT_LFS_REMEDY);
  const head = latin1(bytes, 0, TEXT_BYTES);
  const known = BEGINNINGS.find(([beginning]) => head.startsWith(beginning));
  if (known !== undefined) return known[1];
  if (head.startsWith("II*\0") || head.startsWith("MM\0*"))
    return head.startsWith("CR\x02", 8) ? RAW : { format: "TIFF" };
  if (head.startsWith("RIFF")) return brandOfRiff(head.slice(8, 12));
  if (["ftyp", "moov", "mdat", "wide"].includes(head.slice(4, 8))) return brandOfIsoMedia(bytes);
  if (isBitmap(bytes, head)) return convert("a Windows bitmap (BMP)", MAGICK);
  if (/^P[1-7]\s/.test(head)) return convert("a portable anymap (PNM)", MAGICK);
  if (isZero(bytes)) return stranger(`${bytes.length} zero bytes, as left by an aborted download`, DOWNLOAD);
  const begun = BEGINNINGS.find(([beginning, { format }]) => format && beginning.startsWith(head));
  if (begun !== undefined) return begun[1]; // truncated within its first bytes
  return (
    brandOfText(head) ??
    stranger(`not one of ${READABLE.join(", ")}`, `${CONVERT}, or remove it from the data.`)
  );
}

/** The media type of the first bytes, such as `image/jpeg`; undefined for unsupported formats. */
export function pictureMediaType(bytes: Uint8Array): string | undefined {
  const { format } = brandOf(bytes);
  return format === undefined ? undefined : `image/${format.toLowerCase()}`;
}

/** The major brand of an ISO base media file and the compatible ones. */
export function isoMediaBrands(bytes: Uint8Array): readonly string[] {
  const head = latin1(bytes, 0, 4096);
  if (head.slice(4, 8) !== "ftyp") return [];
  const size = Math.min(asBuffer(bytes).readUInt32BE(0), head.length);
  const brands = [head.slice(8, 12)];
  for (let at = 16; at + 4 <= size; at += 4) brands.push(head.slice(at, at + 4));
  return brands;
}

function brandOfIsoMedia(bytes: Uint8Array): Brand {
  const brands = isoMediaBrands(bytes);
  const [major = ""] = brands;
  if (brands.some((brand) => AVIF_BRANDS.has(brand))) return { format: "AVIF" };
  if (major.startsWith("crx")) return RAW;
  if (brands.some((brand) => HEIC_BRANDS.has(brand))) return HEIC;
  // The coding of the items is in the box of item types, near the beginning.
  if (brands.some((brand) => PICTURE_BRANDS.has(brand))) {
    const items = latin1(bytes, 0, 65_536);
    if (items.includes("av01")) return { format: "AVIF" };
    if (items.includes("hvc1")) return HEIC;
    return convert("a HEIF picture with a coding other than AV1", "heif-convert in.heif out.jpg");
  }
  return FILM;
}

function brandOfRiff(kind: string): Brand {
  if (kind === "WEBP") return { format: "WebP" };
  if (kind === "AVI ") return stranger("a video (AVI)", STILL);
  if (kind === "WAVE") return stranger("an audio file (WAV)");
  return stranger(`a RIFF file other than WebP`);
}

/** "BM", then a plausible header size and zeros where required: the two letters alone could be text. */
function isBitmap(bytes: Uint8Array, head: string): boolean {
  return (
    head.startsWith("BM") && [12, 16, 40, 52, 56, 64, 108, 124].includes(bytes[14] ?? 0) && bytes[15] === 0
  );
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.subarray(0, TEXT_BYTES).every((byte) => byte === 0);
}

/** Recognises texts by their first element; undefined for anything else. */
function brandOfText(head: string): Brand | undefined {
  const text = head.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/<svg[\s/>]/i.test(text) && text.startsWith("<")) {
    return convert("an SVG drawing, which is never rendered", "rsvg-convert -o out.png in.svg");
  }
  if (/^<!doctype html|^<html|^<head|^<body|^<script/i.test(text) || /<html[\s>]/i.test(text))
    return WEB_PAGE;
  if (text.startsWith("<?xml"))
    return stranger("an XML document, probably the error message of a download", DOWNLOAD);
  if (/^[{[]/.test(text)) return stranger("a JSON text, probably the error message of a download", DOWNLOAD);
  if (text.length > 0 && /^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(text) && /^[\t\n\r\x20-\x7e]{4}/.test(text)) {
    return stranger("a text", NO_PICTURE);
  }
  return undefined;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return asBuffer(bytes).latin1(from, Math.min(to, bytes.length));
}

/** The same bytes as a `ByteView`. */
export function asBuffer(bytes: Uint8Array): ByteView {
  return ByteView.around(bytes);
}
