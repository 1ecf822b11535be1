// SPDX-License-Identifier: Apache-2.0
// emit/project_files.cpp   Puts an export together: the generated files, the runtime files that the net calls, board files, CMakeLists.txt.
#include "base/check.h"
#include "emit/artifacts.h"
#include "emit/c_text.h"
#include "emit/embedded_files.h"
#include "lower/identifiers.h"

#include <algorithm>
#include <iterator>

namespace qmn {
namespace {

constexpr std::string_view kRuntimeFolder = "runtime/";
constexpr std::string_view kBoardsFolder = "boards/";

/// Adds runtime/<name>, all that it includes with quotes, and what implements an included header: the .c of its name, if there is one.
void add_runtime_file(FileSet& files, const std::string& name) {
  const std::string path = std::string(kRuntimeFolder) + name;
  const auto found = embedded_files().find(path);
  QMN_CHECK(found != embedded_files().end(), "every kernel stands in a runtime file of its name");
  if (!files.emplace(path, found->second).second) return;
  constexpr std::string_view kInclude = "#include \"";
  for (std::size_t at = 0; (at = found->second.find(kInclude, at)) != std::string_view::npos;) {
    at += kInclude.size();
    const std::string included(found->second.substr(at, found->second.find('"', at) - at));
    add_runtime_file(files, included);
    const std::string source = included.substr(0, included.rfind('.')) + ".c";
    if (embedded_files().contains(std::string(kRuntimeFolder) + source)) add_runtime_file(files, source);
  }
}

// @PROGRAM@ … are replaced; ${…} is CMake's.
constexpr const char* kCMakeLists = R"(# Builds the network "@PROGRAM@" as the library @NET@@WITH_FIRMWARE@.
cmake_minimum_required(VERSION 3.20)
project(@PROGRAM@ LANGUAGES C)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

set(QMN_PREFIX @PREFIX@)
set(QMN_MACRO_PREFIX @MACRO_PREFIX@)
set(QMN_HEARS_SOUND @HEARS_SOUND@) # whether @PREFIX@_kws.c takes samples
set(QMN_NET_SOURCES
@SOURCES@)

@CMSIS_NN@@DSP_OPTIONS@# add_qmn_net(name): the network as a static library; the self-test is part of it.
function(add_qmn_net name)
  add_library(${name} STATIC ${QMN_NET_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/runtime)
  target_compile_options(${name} PRIVATE -O2 -ffunction-sections -fdata-sections -Wall -Wextra -Wconversion)
@LINK_CMSIS_NN@endfunction()
add_qmn_net(@NET@)

@BOARDS@)";

// Names of the exported project's variables, which a user sets and `qmn run` too.
constexpr const char* kCmsisNn = R"(# Layers run in @API@: an installed copy, compiled for the core@COMPILED@.
set(CMSIS_NN_INCLUDE_DIR "$ENV{CMSIS_NN_INCLUDE_DIR}" CACHE STRING "Folders with the headers of CMSIS-NN (and of what they include), separated by semicolons")
set(CMSIS_NN_LIBRARY "$ENV{CMSIS_NN_LIBRARY}" CACHE STRING "CMSIS-NN as a static library, or a target of a surrounding project")
if(NOT CMSIS_NN_INCLUDE_DIR OR NOT CMSIS_NN_LIBRARY)
  message(FATAL_ERROR "Set CMSIS_NN_INCLUDE_DIR and CMSIS_NN_LIBRARY: @API@")
endif()

)";
constexpr const char* kLinkCmsisNn = R"(  target_include_directories(${name} SYSTEM PRIVATE ${CMSIS_NN_INCLUDE_DIR})
  target_compile_options(${name} PRIVATE -Werror=implicit-function-declaration)
  target_link_libraries(${name} PUBLIC ${CMSIS_NN_LIBRARY})
)";
constexpr const char* kSingleRounding = R"(  target_compile_definitions(${name} PRIVATE CMSIS_NN_USE_SINGLE_ROUNDING) # as the library was; its first run finds out
)";

constexpr const char* kDspOptions = R"(# The inner loops of these are assembly; the rest of them is small rather than fast.
set_source_files_properties(
@DSP_SOURCES@
  PROPERTIES COMPILE_OPTIONS -Os)

)";

constexpr const char* kBoardBlock = R"(# The firmware for QMN_BOARD, which the board's toolchain file sets; without a toolchain file, the same program for this machine.
# Not part of a project that adds this folder with add_subdirectory.
if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
  set(QMN_BOARDS ${CMAKE_CURRENT_SOURCE_DIR}/boards)
  if(NOT QMN_BOARD)
    set(QMN_BOARD host)
  endif()
  include(${QMN_BOARDS}/boards.cmake)
endif()
)";

constexpr const char* kNoBoardBlock = R"(# `qmn run --board host` brings board files of its own, to check this folder against the simulator.
if(QMN_BOARDS)
  include(${QMN_BOARDS}/boards.cmake)
endif()
)";

}  // namespace

NetNames::NetNames(const std::string& prefix_name)
    : prefix(prefix_name), net(prefix_name + "_net"), macro(upper_case(prefix_name) + "_NET"), selftest(prefix_name + "_selftest"), kws(prefix_name + "_kws") {
  QMN_CHECK(c_identifier(prefix, "") == prefix, "a prefix is a C identifier");
}

std::string tensor_text(const ProgramTensor& tensor) {
  return fmt::format("{}x{}x{} int{}, {}", tensor.height, tensor.width, tensor.channels, tensor.format.total_bits, tensor.format.name());
}

std::string value_type(const ProgramTensor& tensor) { return fmt::format("int{}_t", tensor.format.total_bits); }

bool has_front_end(const Program& program) {
  const ProgramTensor& input = program.tensor(program.input);
  const FrontEndSettings& front_end = program.metadata.front_end;
  return front_end.frame_count() == input.height && front_end.coefficient_count == input.width && input.channels == 1;
}

std::vector<std::string> class_labels(const Program& program) {
  std::vector<std::string> labels = program.metadata.labels;
  const auto count = static_cast<std::size_t>(program.tensor(program.logits).value_count());
  QMN_CHECK(labels.size() <= count, "no more labels than classes");
  while (labels.size() < count) labels.push_back(fmt::format("class {}", labels.size()));
  return labels;
}

std::string cmake_lists_text(const Program& program, KernelVariant variant, const std::vector<std::string>& sources, const std::string& board, const NetNames& names) {
  const bool has_board = board != "none";
  std::vector<std::string> dsp_sources;
  std::ranges::copy_if(sources, std::back_inserter(dsp_sources), [](const std::string& path) {
    return path.ends_with("_dsp.c") && path.find("fully_connected") == std::string::npos;  // whose nets are so much larger than code
  });
  const bool is_q7 = variant == KernelVariant::cmsis_nn_q7;
  const std::string single_rounding = checks_library(variant) ? kSingleRounding : "";
  const std::map<std::string, std::string> library{{"API", is_q7 ? "the q7 API of CMSIS-NN, which CMSIS 5.9.0 was the last to have" : "CMSIS-NN"},
                                                   {"COMPILED", is_q7 ? "" : " with CMSIS_NN_USE_SINGLE_ROUNDING"}};
  return fill_template(kCMakeLists, {{"PROGRAM", c_identifier(program.name, "network")},
                                     {"NET", names.net},
                                     {"WITH_FIRMWARE", has_board ? ", and a firmware around it" : ""},
                                     {"PREFIX", names.prefix},
                                     {"MACRO_PREFIX", upper_case(names.prefix)},
                                     {"HEARS_SOUND", hears_sound(program) ? "1" : "0"},
                                     {"SOURCES", fmt::format("  {}", fmt::join(sources, "\n  "))},
                                     {"CMSIS_NN", is_cmsis_nn(variant) ? fill_template(kCmsisNn, library) : ""},
                                     {"LINK_CMSIS_NN", is_cmsis_nn(variant) ? kLinkCmsisNn + single_rounding : ""},
                                     {"DSP_OPTIONS", dsp_sources.empty() ? "" : fill_template(kDspOptions, {{"DSP_SOURCES", fmt::format("  {}", fmt::join(dsp_sources, "\n  "))}})},
                                     {"BOARDS", has_board ? kBoardBlock : kNoBoardBlock}});
}

FileSet board_files(const std::string& board) {
  FileSet files;
  for (const auto& [path, content] : embedded_files()) {
    if (!path.starts_with(kBoardsFolder)) continue;
    const std::size_t slash = path.find('/', kBoardsFolder.size());
    const std::string folder = slash == std::string::npos ? "" : path.substr(kBoardsFolder.size(), slash - kBoardsFolder.size());
    if (folder.empty() || folder == "common" || folder == "host" || folder == board || (board != "host" && folder == "cortex-m")) files.emplace(path, content);
  }
  return files;
}

FileSet emit_project(const Program& program, const MemoryPlan& plan, const EmitOptions& options) {
  const std::vector<std::string> boards = export_board_names();
  QMN_CHECK(std::find(boards.begin(), boards.end(), options.board) != boards.end(), "the board is one of export_board_names()");
  QMN_CHECK(plan.offsets.size() == program.tensors.size(), "the plan places every tensor");
  const NetNames names(options.prefix);
  FileSet files;
  add_runtime_file(files, kernels_header(plan.variant));
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    if (const auto file = runtime_file(program, kernel, plan.variant)) add_runtime_file(files, *file);
  });
  const bool hears = hears_sound(program);
  if (hears) {
    for (const char* name : {"qmn_spotter.c", "qmn_mfcc_stream.c"}) add_runtime_file(files, name);
  }
  if (options.board != "none") files.merge(board_files(options.board));

  std::vector<std::string> sources{names.net + ".c", names.selftest + ".c"};
  if (hears) sources.push_back(names.kws + ".c");
  for (const auto& [path, content] : files) {
    if (path.starts_with(kRuntimeFolder) && path.ends_with(".c")) sources.push_back(path);
  }
  files[names.net + ".h"] = net_header_text(program, plan, names);
  files[names.net + ".c"] = net_source_text(program, plan, names, options.core.empty() ? core_of_board(options.board) : core_named(options.core));
  files[names.selftest + ".h"] = selftest_header_text(names);
  files[names.selftest + ".c"] = selftest_source_text(program, plan.variant, options.known_answers, names);
  if (hears) {
    OperatingPoint point = options.point;
    point.thresholds.resize(static_cast<std::size_t>(program.tensor(program.logits).value_count()));
    files[names.kws + ".h"] = kws_header_text(program, plan, point, names);
    files[names.kws + ".c"] = kws_source_text(program, plan, point, names);
  }
  files["weights.h"] = emit_weights_header(program);
  files["CMakeLists.txt"] = cmake_lists_text(program, plan.variant, sources, options.board, names);
  files["README.md"] = readme_text(program, plan, sources, options, names);
  return files;
}

}  // namespace qmn
