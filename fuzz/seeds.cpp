// SPDX-License-Identifier: Apache-2.0
// fuzz/seeds.cpp   qmn_fuzz_seeds FOLDER: a seed corpus for each fuzz target, FOLDER/<target>/, of the small nets, arrays and pictures of the
// tests.
#include "data/array_files.h"
#include "data/image_files.h"
#include "import/small_files.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace {

std::vector<qmn::testing::SmallFile> example_files() {
  using namespace qmn::testing;
  std::vector<SmallFile> files;
  const auto add = [&](const std::string& name, const std::string& bytes) { files.push_back({"example", name, bytes}); };
  const std::string array = npy({2, 3}, {1, 2, 3, 4, 5, 6});
  add("a.npy", array);
  add("a.npz", npz({{"x", array}, {"y", npy({2}, {0, 1})}}));
  add("a.csv", "file,label,split\na.npy,\"a, b\",train\r\nb.npy,c,test\n");
  for (const int channels : {1, 3}) {
    const qmn::Image image = gradient(5, 7, channels);
    const std::string kind = channels == 1 ? "gray" : "color";
    add(kind + ".pnm", as_netpbm(image));
    add(kind + ".png", as_png(image));
    add(kind + ".jpg", as_jpeg(image));
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: qmn_fuzz_seeds FOLDER\n");
    return 2;
  }
  std::vector<qmn::testing::SmallFile> files = qmn::testing::small_files();
  const std::vector<qmn::testing::SmallFile> examples = example_files();
  files.insert(files.end(), examples.begin(), examples.end());
  for (const auto& [target, name, bytes] : files) {
    const std::filesystem::path folder = std::filesystem::path(argv[1]) / target;
    std::filesystem::create_directories(folder);
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
}
