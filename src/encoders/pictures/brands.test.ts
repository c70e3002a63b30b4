import { describe, expect, it } from "vitest";
import { brandOf, pictureMediaType } from "./brands.ts";

/** An `ftyp` box with these brands, the major one first, and what follows it. */
function isoMedia(brands: readonly string[], rest = ""): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(16 + 4 * brands.slice(1).length);
  return Buffer.concat([
    size,
    Buffer.from(`ftyp${brands[0]}\0\0\0\0${brands.slice(1).join("")}${rest}`, "latin1"),
  ]);
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("brandOf", () => {
  it.each([
    ["avif first", isoMedia(["avif", "mif1", "miaf"])],
    ["avif among the compatible brands", isoMedia(["mif1", "miaf", "MA1B", "avif"])],
    ["a sequence", isoMedia(["avis", "msf1"])],
    ["no coding among the brands, but AV1 items", isoMedia(["mif1", "miaf"], "metaiinfinfe av01")],
  ])("reads an AVIF by its brands and items: %s", (_title, bytes) => {
    expect(pictureMediaType(bytes)).toBe("image/avif");
  });

  it.each([
    ["HEIC", isoMedia(["heic", "mif1"])],
    ["HEIC", isoMedia(["mif1", "heix"])],
    ["HEIC", isoMedia(["mif1", "miaf"], "metaiinfinfe hvc1")],
    ["a coding other than AV1", isoMedia(["mif1"], "metaiinfinfe j2k1")],
    ["a video", isoMedia(["isom", "mp42"])],
    ["a video", isoMedia(["qt  "])],
    ["a video", latin1("\0\0\0\x08wide\0\0\0\x08mdat")],
    ["raw camera photograph", isoMedia(["crx "])],
    ["raw camera photograph", latin1("II*\0\x10\0\0\0CR\x02\0")],
    ["raw camera photograph", latin1("FUJIFILMCCD-RAW 0201")],
    ["JPEG XL", latin1("\xff\x0a\xfa\x7f")],
    ["JPEG XL", latin1("\0\0\0\x0cJXL \r\n\x87\n")],
    ["JPEG 2000", latin1("\0\0\0\x0cjP  \r\n\x87\n")],
    ["JPEG 2000", latin1("\xff\x4f\xff\x51\0")],
    ["SVG", latin1("<svg/>")],
    ["SVG", latin1("<svg xmlns='http://www.w3.org/2000/svg'/>")],
    ["SVG", latin1("\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a drawing -->\n<svg width='1'>")],
    ["PDF", latin1("%PDF-1.7")],
    ["BMP", Buffer.concat([latin1("BM"), Buffer.alloc(12), Buffer.from([40, 0, 0, 0])])],
    ["ICO", latin1("\0\0\x01\0\x01\0")],
    ["PSD", latin1("8BPS\0\x01")],
    ["BigTIFF", latin1("II+\0\x08\0")],
    ["WebM", latin1("\x1a\x45\xdf\xa3")],
    ["AVI", latin1("RIFF\0\0\0\0AVI LIST")],
    ["a web page", latin1("\n<!DOCTYPE html><html><body>404</body></html>")],
    ["a web page", latin1("<html>403 Forbidden</html>")],
    ["an XML document", latin1("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>")],
    ["a JSON text", latin1('{"error": "not found"}')],
    ["a text", latin1("hello, this is not a picture")],
    ["empty", latin1("")],
    ["64 zero bytes", Buffer.alloc(64)],
    ["a gzip archive", latin1("\x1f\x8b\x08\0")],
    [
      "a Git LFS pointer; the content was not downloaded: git lfs pull",
      latin1("version https://git-lfs.github.com/spec/v1\noid sha256:0"),
    ],
    ["not one of JPEG, PNG", latin1("\x01\x02\x03\x04")],
  ])("names what is not read: %s", (name, bytes) => {
    const brand = brandOf(bytes);
    if (brand.format !== undefined) throw new Error(brand.format);
    expect(brand.what).toContain(name);
    expect(brand.advice.length).toBeGreaterThan(20);
  });

  it("takes a file that ends within a signature for one of that format", () => {
    expect(brandOf(latin1("\x89PNG\r"))).toEqual({ format: "PNG" });
    expect(brandOf(latin1("\xff\xd8"))).toEqual({ format: "JPEG" });
  });
});
