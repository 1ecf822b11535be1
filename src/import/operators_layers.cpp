// SPDX-License-Identifier: Apache-2.0
// import/operators_layers.cpp   Layers: shapes alone; what they compute is for the engine. Only products of constants are folded.
#include "import/operators.h"

#include "base/error.h"
#include "import/window.h"

#include <algorithm>

namespace qmn {
namespace {

using Infos = std::vector<ValueInfo>;
using Tensors = std::vector<DraftTensor>;

Infos floats(Shape shape) { return {{ElementType::float32, std::move(shape), nullptr}}; }

Infos conv_shape(const OperatorCall& call) {
  const Shape &in = call.shape(0), &weight = call.shape(1);
  const std::string title = call.node.title();
  if (weight.size() != in.size() || in.size() < 3)
    fail_data("{}: its input has shape {} and its weight {}", title, to_string(in), to_string(weight));
  const std::int64_t groups = call.node.integer("group", weight[1] > 0 ? in[1] / weight[1] : 0);
  if (groups < 1 || in[1] != groups * weight[1] || weight[0] % groups != 0)
    fail_data("{}: its weight {} does not fit {} input channels in {} groups", title, to_string(weight), in[1], groups);
  const std::vector<std::int64_t> kernel(weight.begin() + 2, weight.end());
  if (call.node.integers("kernel_shape", kernel) != kernel) fail_data("{}: its kernel_shape is not that of its weight {}", title, to_string(weight));
  if (call.has(2) && call.shape(2) != Shape{weight[0]})
    fail_data("{}: its bias has shape {}, but {} is needed", title, to_string(call.shape(2)), weight[0]);
  Shape out{in[0], weight[0]};
  for (std::int64_t extent : window_of(call, in, kernel).out) out.push_back(extent);
  return floats(out);
}

Infos pool_shape(const OperatorCall& call) {
  if (!call.node.attributes.contains("kernel_shape")) fail_data("{}: its attribute kernel_shape is missing", call.node.title());
  if (call.node.outputs.size() > 1 && !call.node.outputs[1].empty()) fail_data("{}: its second output, the indices, is not supported", call.node.title());
  Shape out{call.shape(0)};
  const Window window = window_of(call, call.shape(0), call.node.integers("kernel_shape", {}));
  std::copy(window.out.begin(), window.out.end(), out.begin() + 2);
  return floats(out);
}

Infos global_pool_shape(const OperatorCall& call) {
  Shape out = call.shape(0);
  if (out.size() < 3) fail_data("{}: its input has shape {}, but spatial dimensions are needed", call.node.title(), to_string(out));
  std::fill(out.begin() + 2, out.end(), 1);
  return floats(out);
}

Infos batch_norm_shape(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  if (in.size() < 2) fail_data("{}: its input has shape {}, but a channel dimension is needed", call.node.title(), to_string(in));
  for (std::size_t i = 1; i < 5; ++i) {
    if (call.shape(i) != Shape{in[1]})
      fail_data("{}: its input {} has shape {}, but {} is needed", call.node.title(), i, to_string(call.shape(i)), in[1]);
  }
  if (call.node.integer("training_mode", 0) != 0) fail_data("{}: training_mode is set: export the model for inference", call.node.title());
  return floats(in);
}

Infos gemm_shape(const OperatorCall& call) {
  if (call.rank(0) != 2 || call.rank(1) != 2)
    fail_data("{}: its factors have shapes {} and {}, but two dimensions are needed", call.node.title(), to_string(call.shape(0)), to_string(call.shape(1)));
  Shape a = call.shape(0), b = call.shape(1);
  if (call.node.integer("transA", 0) != 0) std::swap(a[0], a[1]);
  if (call.node.integer("transB", 0) != 0) std::swap(b[0], b[1]);
  if (a[1] != b[0]) fail_data("{}: the shapes {} and {} do not fit", call.node.title(), to_string(a), to_string(b));
  const Shape out{a[0], b[1]};
  if (call.has(2) && broadcast(call, out, call.shape(2)) != out)
    fail_data("{}: its third input has shape {}, which does not fit {}", call.node.title(), to_string(call.shape(2)), to_string(out));
  return floats(out);
}

/// NumPy's matmul: vectors become matrices, leading dimensions broadcast.
Infos mat_mul_shape(const OperatorCall& call) {
  const Shape &a = call.shape(0), &b = call.shape(1);
  if (a.size() < 2 || b.size() < 2)
    fail_data("{}: a product of shapes {} and {} is not supported: matrices are needed", call.node.title(), to_string(a), to_string(b));
  if (a.back() != b[b.size() - 2]) fail_data("{}: the shapes {} and {} do not fit", call.node.title(), to_string(a), to_string(b));
  Shape out = broadcast(call, Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2));
  out.push_back(a[a.size() - 2]);
  out.push_back(b.back());
  return floats(out);
}

Tensors mat_mul(const OperatorCall& call, const Infos& out) {
  const DraftTensor &a = call.constant(0), &b = call.constant(1);
  if (a.shape.size() != 2 || b.shape.size() != 2) fail_data("{}: a product of constants of more than two dimensions is not supported", call.node.title());
  const auto rows = static_cast<std::size_t>(a.shape[0]), inner = static_cast<std::size_t>(a.shape[1]), columns = static_cast<std::size_t>(b.shape[1]);
  constexpr std::size_t kMaxProducts = std::size_t{1} << 26;
  if (rows * columns > 0 && inner > kMaxProducts / (rows * columns)) fail_data("{}: a product of constants of {} and {} is too large", call.node.title(), to_string(a.shape), to_string(b.shape));
  DraftTensor result{out[0].type, out[0].shape, std::vector<double>(rows * columns, 0.0)};
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t k = 0; k < inner; ++k) {
      for (std::size_t c = 0; c < columns; ++c) result.numbers[r * columns + c] += a.numbers[r * inner + k] * b.numbers[k * columns + c];
    }
  }
  return {std::move(result)};
}

/// Before operator set 13 (`flattens`) it took all dimensions from `axis` on as one: the same when only the first of them is above 1.
Infos softmax_shape(const OperatorCall& call) {
  const std::size_t axis = call.axis(call.node.integer("axis", -1), call.rank(0));
  const Shape& in = call.shape(0);
  if (call.node.integer("flattens", 0) != 0 && element_count({in.begin() + static_cast<std::ptrdiff_t>(axis) + 1, in.end()}) != 1)
    fail_data("{}: over several dimensions of {} at once is not supported", call.node.title(), to_string(in));
  return floats(call.shape(0));
}

}  // namespace

void add_layer_operators(OperatorTable& table) {
  table.insert({{"AveragePool", {pool_shape, nullptr}},
                {"BatchNormalization", {batch_norm_shape, nullptr, 5, 5}},
                {"Conv", {conv_shape, nullptr, 2, 3}},
                {"Gemm", {gemm_shape, nullptr, 2, 3}},
                {"GlobalAveragePool", {global_pool_shape, nullptr}},
                {"GlobalMaxPool", {global_pool_shape, nullptr}},
                {"MatMul", {mat_mul_shape, mat_mul, 2, 2}},
                {"MaxPool", {pool_shape, nullptr}},
                {"Softmax", {softmax_shape, nullptr}}});
}

}  // namespace qmn
