// SPDX-License-Identifier: Apache-2.0
#include "cli/listening_net.h"

#include "base/error.h"
#include "emit/emit.h"
#include "import/import.h"
#include "lower/lower.h"
#include "plan/plan.h"

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

void check_listens(const Program& program, const std::string& path) {
  if (!hears_sound(program)) {
    fail_data("{}: cannot listen: that takes a net on the features of its front end, with a window of 5 to 8192 samples, that ends in a softmax", path);
  }
  const auto class_count = static_cast<std::size_t>(program.tensor(program.logits).value_count());
  if (program.metadata.labels.size() != class_count) fail_data("{}: cannot listen: it has {} labels for {} classes", path, program.metadata.labels.size(), class_count);
}

}  // namespace

ListeningNet open_listening_net(const std::string& path) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(path, ignored);
  std::optional<Manifest> manifest;
  if (is_folder) manifest = read_manifest(path);
  Model model = import_model(is_folder ? fs::path(path) / kModelName : fs::path(path));
  if (!model.quantization) fail_data("{}: is a float model; quantize it first: qmn quantize {} -o {}.q.onnx", path, path, fs::path(path).stem().string());
  auto program = std::make_unique<const Program>(lower(model));
  check_listens(*program, path);
  std::optional<OperatingPoint> point;
  if (manifest) {
    if (!manifest->point) fail_data("{}: does not say when a word is heard; export the folder again", path);
    point = manifest->point;
  }
  const KernelVariant variant = manifest ? variant_of(*manifest, path) : KernelVariant::ref;
  const Program& reference = *program;
  return {.model = std::move(model), .program_holder = std::move(program), .program = reference, .simulator = Simulator(reference, plan_memory(reference, variant)), .manifest = std::move(manifest), .point = std::move(point)};
}

}  // namespace qmn::cli
