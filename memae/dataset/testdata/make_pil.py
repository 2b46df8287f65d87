"""Makes pil.json and the small photos beside it. Made with Pillow 9.4.0 and
NumPy 1.24.2, seed 1:  cd testdata && python3 make_pil.py
Resize: PIL's BILINEAR, hex of the interleaved RGB result. Nearest: PIL's
NEAREST of a mask, "1" where above zero. Decode: hex of the RGB pixels of colour
JPEGs with colour at full, half (4:2:2) and quarter (4:2:0) resolution."""
import json
import numpy as np
from PIL import Image

rng = np.random.default_rng(1)


def photo(width, height, channels):
    """Smooth waves with noise: both filters' passes and rounding show."""
    y, x = np.mgrid[:height, :width]
    shape = (height, width, channels)
    waves = np.stack([np.sin(x / (3 + c)) * np.cos(y / (5 - c)) for c in range(channels)], -1)
    values = 128 + 70 * waves + rng.normal(0, 40, shape)
    return np.clip(values, 0, 255).astype(np.uint8)


photos = {"rgb_61x43.png": photo(61, 43, 3), "grey_40x52.png": photo(40, 52, 1)[:, :, 0],
          "rgb_1x1.png": photo(1, 1, 3), "rgb_8x1.png": photo(8, 1, 3)}
sizes = {"rgb_61x43.png": [(16, 16), (31, 7), (61, 20), (13, 43), (80, 64), (1, 1), (30, 90)],
         "grey_40x52.png": [(16, 16), (20, 26), (41, 53), (7, 60)],
         "rgb_1x1.png": [(1, 1), (4, 3)], "rgb_8x1.png": [(3, 1), (5, 4)]}
out = {"Resize": [], "Nearest": [], "Decode": []}
for name, pixels in photos.items():
    Image.fromarray(pixels).save(name, optimize=True)
    for w, h in sizes[name]:
        small = Image.open(name).convert("RGB").resize((w, h), Image.BILINEAR)
        out["Resize"].append({"Source": name, "Width": w, "Height": h, "Hex": small.tobytes().hex()})

mask = ((rng.random((30, 44)) > 0.7) * rng.integers(1, 256, (30, 44))).astype(np.uint8)
Image.fromarray(mask).save("mask_44x30.png", optimize=True)
for w, h in [(44, 30), (22, 15), (17, 13), (64, 64), (1, 1), (100, 7)]:
    small = np.asarray(Image.open("mask_44x30.png").resize((w, h), Image.NEAREST))
    out["Nearest"].append({"Source": "mask_44x30.png", "Width": w, "Height": h,
                           "Bits": "".join("1" if v else "0" for v in small.ravel())})
blocks = np.kron(rng.integers(0, 256, (6, 9, 3)), np.ones((4, 4, 1))).astype(np.uint8)[:23, :35]
for name, subsampling in [("444.jpg", 0), ("422.jpg", 1), ("420.jpg", 2)]:
    Image.fromarray(blocks).save(name, quality=90, subsampling=subsampling)
    pixels = Image.open(name).convert("RGB")
    out["Decode"].append({"Source": name, "Width": 35, "Height": 23, "Hex": pixels.tobytes().hex()})
with open("pil.json", "w") as f:
    json.dump(out, f, indent=0)
    f.write("\n")
