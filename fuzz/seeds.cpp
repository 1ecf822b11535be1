// SPDX-License-Identifier: Apache-2.0
#include "audio/wav.h"
#include "data/array_files.h"
#include "data/image_files.h"
#include "formats/onnx_format.h"
#include "formats/random_model.h"
#include "import/import.h"
#include "import/small_files.h"
#include "targets.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <variant>

namespace qmn::fuzz {
namespace {

using namespace testing;

/// A WAV file by its head alone (RIFF, format 1): `bits` a sample, `channels`, then a few samples.
std::string plain_wav(int rate, int channels, int bits) {
  const auto number = [](std::uint32_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 255);
    return out;
  };
  const std::uint32_t frame = static_cast<std::uint32_t>(channels * bits / 8);
  std::string data;
  for (std::uint32_t i = 0; i < 64 * frame; ++i) data += static_cast<char>(i * 37 % 251);
  const std::string format = number(1, 2) + number(static_cast<std::uint32_t>(channels), 2) + number(static_cast<std::uint32_t>(rate), 4) +
                             number(static_cast<std::uint32_t>(rate) * frame, 4) + number(frame, 2) + number(static_cast<std::uint32_t>(bits), 2);
  const std::string chunks = "WAVEfmt " + number(16, 4) + format + "data" + number(static_cast<std::uint32_t>(data.size()), 4) + data;
  return "RIFF" + number(static_cast<std::uint32_t>(chunks.size()), 4) + chunks;
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const SmallFile& file : small_files()) all.push_back({file.target, file.name, file.bytes});
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Model model = prepare_model(random_model(seed, Formats::none));
    all.push_back({"own_onnx", fmt::format("float_{}.onnx", seed), serialize_onnx(model)});
    if (std::ranges::any_of(model.graph.nodes, [](const Node& node) { return std::holds_alternative<BatchNorm>(node); })) continue;  // takes no formats
    model.quantization = random_formats(model.graph, Formats::all, seed);
    all.push_back({"own_onnx", fmt::format("formats_{}.onnx", seed), serialize_onnx(model)});
  }
  const auto add = [&](const char* target, const std::string& name, const std::string& bytes) { all.push_back({target, name, bytes}); };
  const std::string array = npy({2, 3}, {1, 2, 3, 4, 5, 6});
  add("npy", "a.npy", array);
  add("npz", "a.npz", npz({{"x", array}, {"y", npy({2}, {0, 1})}}));
  add("csv", "a.csv", "file,label,split\na.npy,\"a, b\",train\r\nb.npy,c,test\n");
  for (const int channels : {1, 3}) {
    const Image image = gradient(5, 7, channels);
    const std::string kind = channels == 1 ? "gray" : "color";
    add("image", kind + ".pnm", as_netpbm(image));
    add("image", kind + ".png", as_png(image));
    add("image", kind + ".jpg", as_jpeg(image));
  }
  std::vector<float> tone(80);
  for (std::size_t i = 0; i < tone.size(); ++i) tone[i] = std::sin(static_cast<float>(i) * 0.3f);
  add("wav", "tone.wav", encode_wav(tone, 16000));
  add("wav", "stereo_8_bit.wav", plain_wav(8000, 2, 8));
  add("wav", "24_bit.wav", plain_wav(44100, 1, 24));
  add("split_lists", "lists.txt", "yes/0a7c2a8d_nohash_0.wav\nno/0a7c2a8d_nohash_1.wav\r\n./up\\012c8314_nohash_0.wav\n");
  add("config", "kws.toml", "# a comment\nseed = 1\n[data.synth]\nwords = [\"yes\", \"no\"]\n[train]\nlearning_rate = 3e-3\nquiet = true\n");
  return all;
}

}  // namespace qmn::fuzz
