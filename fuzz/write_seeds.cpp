// SPDX-License-Identifier: Apache-2.0
// fuzz/write_seeds.cpp   qmn_fuzz_seeds FOLDER: a seed corpus for each fuzz target, FOLDER/<target>/; prints the targets' names.
#include "targets.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: qmn_fuzz_seeds FOLDER\n");
    return 2;
  }
  for (const auto& [target, name, bytes] : qmn::fuzz::seeds()) {
    const std::filesystem::path folder = std::filesystem::path(argv[1]) / target;
    std::filesystem::create_directories(folder);
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
  for (const qmn::fuzz::Target& target : qmn::fuzz::targets()) std::printf("%s\n", target.name);
}
