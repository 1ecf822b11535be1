// SPDX-License-Identifier: Apache-2.0
// formats/onnx_reader.cpp   ONNX, opset 7 to 17 → Model. Untrusted bytes.
//
// What is understood beyond the operators of graph.h: GlobalAveragePool, Identity and Constant; MatMul by a constant (a fully connected
// layer), with a following Add of a constant as its bias; Reshape where it does what Flatten does; auto_pad;
// QuantizeLinear → DequantizeLinear with a power-of-two scale and zero point 0 (a value's format), and DequantizeLinear of an integer
// constant. Operators that are not supported are reported together; everything else stops at the first fault.
#include "formats/onnx_attributes.h"
#include "formats/onnx_conventions.h"
#include "formats/onnx_format.h"
#include "formats/onnx_limits.h"
#include "formats/onnx_tensor.h"

#include "base/error.h"
#include "graph/shape_rules.h"

#include <fmt/ranges.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <memory>
#include <set>

namespace qmn {
namespace {

using namespace onnx_conventions;

/// A tensor whose numbers are in the file.
struct Constant {
  std::string name;  ///< of the parameter that it becomes
  std::shared_ptr<const OnnxTensor> tensor;
  std::optional<QFormat> format;
};
using ConstantPtr = std::shared_ptr<const Constant>;

/// What a name of the ONNX graph stands for.
struct Entry {
  ValueId activation = kNoValue;     ///< set for activations
  ConstantPtr constant;              ///< set for constants
  std::optional<QFormat> quantized;  ///< it is the output of this QuantizeLinear and waits for a DequantizeLinear
};

/// How a constant's numbers are laid out in the parameter made of it.
enum class Layout { plain, transposed, vector };

class Reader {
 public:
  explicit Reader(const onnx::ModelProto& proto) : proto_(proto), in_(proto.graph()) {}

  Model read() {
    check_size();
    check_names();
    read_opset();
    check_operators();
    collect_aliases_and_uses();
    for (const onnx::TensorProto& tensor : in_.initializer()) define_constant(tensor.name(), tensor);
    read_input();
    for (int i = 0; i < in_.node_size(); ++i) read_node(in_.node(i), i);
    read_output();
    if (!quantization_.formats.empty()) model_.quantization = std::move(quantization_);
    return std::move(model_);
  }

 private:
  using Handler = void (Reader::*)(const onnx::NodeProto&);

  static const std::map<std::string, Handler>& handlers() {
    static const std::map<std::string, Handler> table{
        {"Add", &Reader::read_add},
        {"AveragePool", &Reader::read_average_pool},
        {"BatchNormalization", &Reader::read_batch_norm},
        {"Constant", &Reader::read_constant},
        {"Conv", &Reader::read_conv},
        {"DequantizeLinear", &Reader::read_dequantize},
        {"Dropout", &Reader::read_dropout},
        {"Flatten", &Reader::read_flatten},
        {"Gemm", &Reader::read_gemm},
        {"GlobalAveragePool", &Reader::read_global_average_pool},
        {"Identity", &Reader::read_identity},
        {"MatMul", &Reader::read_mat_mul},
        {"QuantizeLinear", &Reader::read_quantize},
        {"Relu", &Reader::read_relu},
        {"Reshape", &Reader::read_reshape},
        {"Softmax", &Reader::read_softmax},
    };
    return table;
  }

  // ---- the file as a whole

  void check_size() const {
    if (in_.node_size() > kMaxNodes) fail_data("{} nodes (at most {})", in_.node_size(), kMaxNodes);
    if (in_.sparse_initializer_size() > 0) fail_data("sparse initializers are not supported: save the weights as dense tensors");
  }

  /// Names go into messages, tables and sources: before any is used, all are looked at.
  void check_names() {
    const auto check = [](const std::string& name, const char* what) {
      constexpr std::size_t kMaxNameBytes = 200;
      if (name.size() > kMaxNameBytes) fail_data("the name of {} has {} bytes (at most {})", what, name.size(), kMaxNameBytes);
      if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
        fail_data("the name of {} holds a control character", what);
      }
    };
    check(in_.name(), "the graph");
    for (const onnx::TensorProto& tensor : in_.initializer()) {
      check(tensor.name(), "an initializer");
      all_names_.insert(tensor.name());
    }
    for (const auto* infos : {&in_.input(), &in_.output()}) {
      for (const onnx::ValueInfoProto& info : *infos) {
        check(info.name(), "an input or output");
        all_names_.insert(info.name());
      }
    }
    for (const onnx::NodeProto& node : in_.node()) {
      check(node.name(), "a node");
      check(node.op_type(), "an operator");
      check(node.domain(), "an operator's domain");
      for (const auto* names : {&node.input(), &node.output()}) {
        for (const std::string& name : *names) {
          check(name, "a tensor");
          all_names_.insert(name);
        }
      }
      for (const onnx::AttributeProto& attribute : node.attribute()) check(attribute.name(), "an attribute");
    }
  }

  void read_opset() {
    for (const onnx::OperatorSetIdProto& opset : proto_.opset_import()) {
      if (opset.domain().empty() || opset.domain() == "ai.onnx") opset_ = opset.version();
    }
    if (opset_ == 0) fail_data("truncated or not an ONNX model: it names no operator set");
    if (opset_ < kOldestOpset || opset_ > kNewestOpset) {
      fail_data("operator set {} is not supported: export the model with opset {} to {}", opset_, kOldestOpset, kNewestOpset);
    }
  }

  static bool is_supported(const onnx::NodeProto& node) {
    if (!handlers().contains(node.op_type())) return false;
    if (node.domain().empty() || node.domain() == "ai.onnx") return true;
    return node.domain() == kMicrosoftDomain && (node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear");
  }

  void check_operators() const {
    std::vector<std::string> unsupported, supported;
    for (const onnx::NodeProto& node : in_.node()) {
      if (is_supported(node)) continue;
      const std::string domain = node.domain().empty() ? "" : node.domain() + ".";
      unsupported.push_back(fmt::format("{}{} {}", domain, node.op_type(), node.name().empty() ? "(unnamed)" : node.name()));
    }
    if (unsupported.empty()) return;
    for (const auto& [op, handler] : handlers()) supported.push_back(op);
    const std::size_t count = unsupported.size();
    constexpr std::size_t kMaxListed = 100;
    if (count > kMaxListed) {
      unsupported.resize(kMaxListed);
      unsupported.push_back(fmt::format("and {} more", count - kMaxListed));
    }
    fail_data("{} {} not supported: {} (supported: {})", count, count == 1 ? "node is" : "nodes are", fmt::join(unsupported, ", "),
              fmt::join(supported, ", "));
  }

  /// An Identity's output is another name of its input; a use of either counts for both.
  void collect_aliases_and_uses() {
    for (const onnx::NodeProto& node : in_.node()) {
      if (node.op_type() == "Identity" && node.input_size() == 1 && node.output_size() == 1) {
        if (!aliases_.emplace(node.output(0), canonical(node.input(0))).second) fail_data("{} is defined twice", node.output(0));
      } else {
        for (const std::string& name : node.input()) ++uses_[canonical(name)];
      }
    }
    for (const onnx::ValueInfoProto& output : in_.output()) ++uses_[canonical(output.name())];
  }

  std::string canonical(const std::string& name) const {
    const auto found = aliases_.find(name);
    return found == aliases_.end() ? name : found->second;
  }

  // ---- names

  void define(const std::string& name, Entry entry) {
    if (name.empty()) fail_data("{}: its output has no name", title_);
    if (aliases_.contains(name) || !entries_.emplace(name, std::move(entry)).second) fail_data("{} is defined twice", name);
  }

  void define_constant(const std::string& name, const onnx::TensorProto& proto) {
    if (name.empty()) fail_data("an initializer has no name");
    define(name, {.activation = kNoValue,
                  .constant = std::make_shared<Constant>(Constant{name, std::make_shared<OnnxTensor>(decode(proto, name)), std::nullopt}),
                  .quantized = std::nullopt});
  }

  const Entry& entry(const std::string& name) const {
    const auto found = entries_.find(canonical(name));
    if (found == entries_.end())
      fail_data("{}: it reads {}, which nothing before it defines", title_, name.empty() ? "a missing input" : name);
    return found->second;
  }

  static bool has_input(const onnx::NodeProto& node, int index) { return node.input_size() > index && !node.input(index).empty(); }

  const std::string& input_name(const onnx::NodeProto& node, int index) const {
    if (!has_input(node, index)) fail_data("{}: its input {} is missing", title_, index);
    return node.input(index);
  }

  ValueId activation(const onnx::NodeProto& node, int index) const {
    const std::string& name = input_name(node, index);
    const Entry& found = entry(name);
    if (found.quantized) fail_data("{}: it reads {}, which QuantizeLinear made and no DequantizeLinear has brought back", title_, name);
    if (found.activation == kNoValue) fail_data("{}: its input {} is a constant, but an activation is needed", title_, name);
    return found.activation;
  }

  ConstantPtr constant(const onnx::NodeProto& node, int index) const {
    const std::string& name = input_name(node, index);
    const Entry& found = entry(name);
    if (found.quantized) fail_data("{}: it reads {}, which QuantizeLinear made and no DequantizeLinear has brought back", title_, name);
    if (!found.constant) fail_data("{}: its input {} is computed, but a constant is needed", title_, name);
    return found.constant;
  }

  std::string fresh_name(std::string name) {
    while (!all_names_.insert(name).second) name += "_";
    return name;
  }

  /// The graph's parameter that a constant becomes; made on first use.
  ValueId parameter(const onnx::NodeProto& node, int index, Layout layout = Layout::plain) {
    const ConstantPtr source = constant(node, index);
    const auto known = parameters_.find({source, layout});
    if (known != parameters_.end()) return known->second;
    const OnnxTensor& numbers = *source->tensor;
    if (!numbers.is_float()) fail_data("{}: its parameter {} holds integers, but float32 is needed", title_, source->name);
    check_shape(numbers.shape, fmt::format("{}: its parameter {}", title_, source->name));
    Tensor tensor{numbers.shape, {}};
    if (layout == Layout::transposed) {
      if (tensor.shape.size() != 2)
        fail_data("{}: its weight {} has shape {}, but two dimensions are needed", title_, source->name, to_string(tensor.shape));
      const auto rows = static_cast<std::size_t>(tensor.shape[0]), columns = static_cast<std::size_t>(tensor.shape[1]);
      std::swap(tensor.shape[0], tensor.shape[1]);
      tensor.data.resize(numbers.reals.size());
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) tensor.data[column * rows + row] = numbers.reals[row * columns + column];
      }
    } else {
      if (layout == Layout::vector) tensor.shape = {static_cast<std::int64_t>(numbers.reals.size())};
      tensor.data = numbers.reals;
    }
    // The constant's own name, unless another parameter was made of it already, in another layout or format.
    const bool is_taken = std::any_of(parameters_.begin(), parameters_.end(),
                                      [&](const auto& known_one) { return known_one.first.first->name == source->name; });
    const ValueId id = graph().add_initializer(is_taken ? fresh_name(source->name) : source->name, std::move(tensor));
    parameters_.emplace(std::pair{source, layout}, id);
    if (source->format) quantization_.formats[id] = *source->format;
    return id;
  }

  // ---- input, nodes, output

  Graph& graph() { return model_.graph; }

  void read_input() {
    graph().name = in_.name();
    const onnx::ValueInfoProto* input = nullptr;
    for (const onnx::ValueInfoProto& info : in_.input()) {
      if (entries_.contains(info.name())) continue;  // before IR version 4, initializers are listed as inputs too
      if (input != nullptr) fail_data("it has the inputs {} and {}: one is supported", input->name(), info.name());
      input = &info;
    }
    if (input == nullptr) fail_data("it has no input");
    const onnx::TypeProto_Tensor& type = input->type().tensor_type();
    if (type.elem_type() != onnx::TensorProto::FLOAT) fail_data("its input {} is no float32 tensor", input->name());
    Shape shape;
    for (int i = 0; i < type.shape().dim_size(); ++i) {
      const onnx::TensorShapeProto_Dimension& dimension = type.shape().dim(i);
      if (i > 0 && !dimension.has_dim_value())
        fail_data("its input {} has no fixed size in dimension {}: export the model with fixed shapes", input->name(), i);
      shape.push_back(i == 0 ? 1 : dimension.dim_value());
    }
    check_shape(shape, fmt::format("its input {}", input->name()));
    graph().input = graph().add_value(input->name(), std::move(shape));
    define(input->name(), {.activation = graph().input, .constant = nullptr, .quantized = std::nullopt});
  }

  void read_output() {
    title_ = "the graph's output";
    if (in_.output_size() != 1) fail_data("it has {} outputs: one is supported", in_.output_size());
    const Entry& found = entry(in_.output(0).name());
    if (found.quantized) fail_data("its output {} is integer: a DequantizeLinear is missing behind it", in_.output(0).name());
    if (found.activation == kNoValue) fail_data("its output {} is a constant", in_.output(0).name());
    graph().output = found.activation;
  }

  void read_node(const onnx::NodeProto& node, int index) {
    const std::string wish = node.name().empty() ? fmt::format("{}_{}", node.op_type(), index) : node.name();
    node_name_ = wish;
    for (int i = 2; !node_names_.insert(node_name_).second; ++i) node_name_ = fmt::format("{}_{}", wish, i);
    title_ = fmt::format("{} {}", node.op_type(), node_name_);
    if (node.output_size() < 1) fail_data("{}: it has no output", title_);
    (this->*handlers().at(node.op_type()))(node);
  }

  template <class N>
  void append(const onnx::NodeProto& node, N n) {
    n.name = node_name_;
    n.output = graph().add_value(node.output(0));
    graph().value(n.output).shape = output_shape(graph(), n);
    producers_[n.output] = graph().nodes.size();
    define(node.output(0), {.activation = n.output, .constant = nullptr, .quantized = std::nullopt});
    graph().nodes.push_back(std::move(n));
  }

  /// The layer that made `input` and whose only reader is the node at hand; nullptr when that does not hold, or a format stands between.
  Node* sole_producer(const onnx::NodeProto& node, int index, ValueId input) {
    const auto found = producers_.find(input);
    if (found == producers_.end() || uses_.at(canonical(node.input(index))) != 1 || quantization_.formats.contains(input)) return nullptr;
    return &graph().nodes[found->second];
  }

  /// The value `id` is from now on what `name` stands for, and called so.
  void rename(ValueId id, const std::string& name) {
    graph().value(id).name = name;
    define(name, {.activation = id, .constant = nullptr, .quantized = std::nullopt});
  }

  // ---- layers

  struct Window {
    std::array<std::int64_t, 2> kernel, strides, dilations;
    std::array<std::int64_t, 4> pads;
  };

  /// pads, or what auto_pad stands for: SAME gives ceil(in / stride) outputs.
  std::array<std::int64_t, 4> read_pads(OnnxAttributes& attributes, const Shape& in, const Window& window) const {
    std::array<std::int64_t, 4> pads = attributes.integers<4>("pads", {0, 0, 0, 0});
    const std::string mode = attributes.text("auto_pad", "NOTSET");
    if (mode == "NOTSET" || mode.empty()) return pads;
    if (mode == "VALID") return {0, 0, 0, 0};
    if (mode != "SAME_UPPER" && mode != "SAME_LOWER")
      fail_data("{}: its auto_pad is none of NOTSET, VALID, SAME_UPPER, SAME_LOWER", title_);
    if (in.size() != 4) fail_data("{}: its input has shape {}, but 4 dimensions are needed", title_, to_string(in));
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t stride = window.strides[axis];
      if (stride < 1) fail_data("{}: stride {} is not positive", title_, stride);
      const std::int64_t out = (in[2 + axis] + stride - 1) / stride;
      const std::int64_t span = window.dilations[axis] * (window.kernel[axis] - 1) + 1;
      const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * stride + span - in[2 + axis]);
      const std::int64_t smaller = total / 2, larger = total - smaller;
      pads[axis] = mode == "SAME_UPPER" ? smaller : larger;
      pads[2 + axis] = mode == "SAME_UPPER" ? larger : smaller;
    }
    return pads;
  }

  void read_conv(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    Conv2d conv;
    conv.input = activation(node, 0);
    conv.weight = parameter(node, 1);
    if (has_input(node, 2)) conv.bias = parameter(node, 2);
    const Shape& weight = graph().shape(conv.weight);
    if (weight.size() != 4)
      fail_data("{}: its weight {} has shape {}, but 4 dimensions are needed (2-D convolution)", title_, graph().value(conv.weight).name,
                to_string(weight));
    Window window{{weight[2], weight[3]}, {}, {}, {}};
    if (attributes.integers<2>("kernel_shape", window.kernel) != window.kernel)
      fail_data("{}: its kernel_shape is not that of its weight {}", title_, to_string(weight));
    conv.strides = window.strides = attributes.integers<2>("strides", {1, 1});
    conv.dilations = window.dilations = attributes.integers<2>("dilations", {1, 1});
    conv.groups = attributes.integer("group", 1);
    conv.pads = read_pads(attributes, graph().shape(conv.input), window);
    attributes.expect_no_other();
    append(node, std::move(conv));
  }

  void read_gemm(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    attributes.require_real("alpha", 1, 1);
    attributes.require_real("beta", 1, 1);
    attributes.require("transA", 0, 0);
    const bool is_transposed = attributes.integer("transB", 0) != 0;
    attributes.expect_no_other();
    FullyConnected dense;
    dense.input = activation(node, 0);
    dense.weight = parameter(node, 1, is_transposed ? Layout::plain : Layout::transposed);
    if (has_input(node, 2)) dense.bias = bias_parameter(node, 2);
    append(node, std::move(dense));
  }

  /// A bias as [channels]; extents of 1 before it (and, behind a convolution, after it) say no more.
  ValueId bias_parameter(const onnx::NodeProto& node, int index) {
    const bool is_vector = constant(node, index)->tensor->shape.size() == 1;
    return parameter(node, index, is_vector ? Layout::plain : Layout::vector);
  }

  void read_mat_mul(const onnx::NodeProto& node) {
    OnnxAttributes(node, title_).expect_no_other();
    FullyConnected dense;
    dense.input = activation(node, 0);
    dense.weight = parameter(node, 1, Layout::transposed);
    append(node, std::move(dense));
  }

  /// Add of a constant vector behind a layer without bias is that layer's bias.
  void read_add(const onnx::NodeProto& node) {
    OnnxAttributes(node, title_).expect_no_other();
    input_name(node, 0), input_name(node, 1);
    const int constant_index = entry(node.input(0)).constant ? 0 : 1;
    const ValueId input = activation(node, 1 - constant_index);
    Node* producer = entry(node.input(constant_index)).constant ? sole_producer(node, 1 - constant_index, input) : nullptr;
    const bool is_bias =
        producer != nullptr && std::visit(
                                   [&](auto& layer) {
                                     if constexpr (requires { layer.weight; }) {
                                       if (layer.bias != kNoValue || layer.activation != Activation::none) return false;
                                       if (!is_channel_vector(constant(node, constant_index)->tensor->shape, graph().shape(input)))
                                         return false;
                                       layer.bias = bias_parameter(node, constant_index);
                                       return true;
                                     }
                                     return false;
                                   },
                                   *producer);
    if (!is_bias) fail_data("{}: only the Add of a constant, one number a channel, behind a layer without bias is supported", title_);
    rename(input, node.output(0));
  }

  /// True when a tensor of shape `constant` broadcasts to one number for each channel (dimension 1) of `activation`.
  static bool is_channel_vector(const Shape& constant, const Shape& activation) {
    if (constant.empty() || constant.size() > activation.size()) return false;
    const std::size_t skipped = activation.size() - constant.size();  // broadcasting aligns the last dimensions
    for (std::size_t i = 0; i < constant.size(); ++i) {
      if (constant[i] != (i + skipped == 1 ? activation[1] : 1)) return false;
    }
    return skipped <= 1;
  }

  void read_batch_norm(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    BatchNorm norm;
    norm.epsilon = attributes.real("epsilon", 1e-5f);
    norm.momentum = attributes.real("momentum", 0.9f);
    attributes.require("training_mode", 0, 0);
    attributes.require("spatial", 1, 1);
    attributes.expect_no_other();
    norm.input = activation(node, 0);
    norm.scale = parameter(node, 1);
    norm.offset = parameter(node, 2);
    norm.mean = parameter(node, 3);
    norm.variance = parameter(node, 4);
    append(node, std::move(norm));
  }

  void read_relu(const onnx::NodeProto& node) {
    OnnxAttributes(node, title_).expect_no_other();
    const ValueId input = activation(node, 0);
    if (node.doc_string() == kFusedActivation) {
      Node* producer = sole_producer(node, 0, input);
      const bool is_fused = producer != nullptr && std::visit(
                                                       [](auto& layer) {
                                                         if constexpr (requires { layer.activation; }) {
                                                           if (layer.activation != Activation::none) return false;
                                                           layer.activation = Activation::relu;
                                                           return true;
                                                         }
                                                         return false;
                                                       },
                                                       *producer);
      if (is_fused) return rename(input, node.output(0));
    }
    append(node, Relu{.name = {}, .input = input});
  }

  void read_average_pool(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    AveragePool2d pool;
    pool.input = activation(node, 0);
    if (!attributes.has("kernel_shape")) fail_data("{}: its attribute kernel_shape is missing", title_);
    Window window{attributes.integers<2>("kernel_shape", {1, 1}), attributes.integers<2>("strides", {1, 1}), {1, 1}, {}};
    pool.kernel = window.kernel;
    pool.strides = window.strides;
    pool.pads = read_pads(attributes, graph().shape(pool.input), window);
    attributes.require("ceil_mode", 0, 0);
    const bool counts_padding = attributes.integer("count_include_pad", 0) != 0;
    if (counts_padding && pool.pads != std::array<std::int64_t, 4>{0, 0, 0, 0})
      fail_data("{}: count_include_pad = 1 with padding is not supported", title_);
    attributes.expect_no_other();
    append(node, std::move(pool));
  }

  void read_global_average_pool(const onnx::NodeProto& node) {
    OnnxAttributes(node, title_).expect_no_other();
    AveragePool2d pool;
    pool.input = activation(node, 0);
    const Shape& in = graph().shape(pool.input);
    if (in.size() != 4) fail_data("{}: its input has shape {}, but 4 dimensions are needed", title_, to_string(in));
    pool.kernel = {in[2], in[3]};
    append(node, std::move(pool));
  }

  void read_flatten(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    Flatten flatten;
    flatten.input = activation(node, 0);
    const std::int64_t axis = attributes.integer("axis", 1);
    attributes.expect_no_other();
    const auto rank = static_cast<std::int64_t>(graph().shape(flatten.input).size());
    if (axis != 1 && axis != 1 - rank) fail_data("{}: axis = {} is not supported, 1 is", title_, axis);
    append(node, std::move(flatten));
  }

  /// Supported where it gives [batch, everything else]: 0, -1, 1 or N for the batch, -1 or the count for the rest.
  void read_reshape(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    attributes.require("allowzero", 0, 0);
    attributes.expect_no_other();
    Flatten flatten;
    flatten.input = activation(node, 0);
    const ConstantPtr target = constant(node, 1);
    const std::vector<std::int64_t>& extents = target->tensor->integers;
    const Shape& in = graph().shape(flatten.input);
    const std::int64_t count = element_count(in);
    const bool is_flatten =
        target->tensor->type == onnx::TensorProto::INT64 && extents.size() == 2 &&
        ((extents[0] == -1 && extents[1] == count) || ((extents[0] == 0 || extents[0] == 1) && (extents[1] == -1 || extents[1] == count)));
    if (!is_flatten)
      fail_data("{}: a Reshape of {} to {} is not supported, only one to batch x {}", title_, to_string(in), fmt::join(extents, "x"),
                count);
    append(node, std::move(flatten));
  }

  void read_dropout(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    Dropout dropout;
    dropout.input = activation(node, 0);
    dropout.ratio = attributes.real("ratio", 0.5f);
    attributes.ignore("seed");
    attributes.expect_no_other();
    if (has_input(node, 1)) {
      const ConstantPtr ratio = constant(node, 1);
      if (!ratio->tensor->is_float() || ratio->tensor->size() != 1) fail_data("{}: its ratio {} is no single float", title_, ratio->name);
      dropout.ratio = ratio->tensor->reals[0];
    }
    if (has_input(node, 2)) {
      const ConstantPtr mode = constant(node, 2);
      if (mode->tensor->is_float() || mode->tensor->size() != 1 || mode->tensor->integers[0] != 0) {
        fail_data("{}: training_mode is not false: export the model for inference", title_);
      }
    }
    append(node, std::move(dropout));
  }

  void read_softmax(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    Softmax softmax;
    softmax.input = activation(node, 0);
    const auto rank = static_cast<std::int64_t>(graph().shape(softmax.input).size());
    const bool flattens = opset_ < 13;  // then it takes all dimensions from `axis` on as one
    const std::int64_t axis = attributes.integer("axis", flattens ? 1 : -1);
    attributes.expect_no_other();
    if ((axis != -1 && axis != rank - 1)) fail_data("{}: axis = {} is not supported, the last one is", title_, axis);
    append(node, std::move(softmax));
  }

  void read_identity(const onnx::NodeProto& node) {
    if (node.output_size() != 1) fail_data("{}: it has {} outputs", title_, node.output_size());
    input_name(node, 0);
    entry(node.input(0));  // its readers look the name up through aliases_
  }

  void read_constant(const onnx::NodeProto& node) {
    const bool is_tensor = node.attribute_size() == 1 && node.attribute(0).name() == "value" && node.attribute(0).has_t();
    if (!is_tensor) fail_data("{}: only a Constant with a tensor `value` is supported", title_);
    define_constant(node.output(0), node.attribute(0).t());
  }

  // ---- fixed point

  /// The format that a scale and a zero point stand for. `what` is the tensor.
  QFormat read_format(const onnx::NodeProto& node, const std::string& what, std::optional<int> integer_type) {
    const ConstantPtr scale = constant(node, 1);
    if (!scale->tensor->is_float() || scale->tensor->size() != 1) {
      fail_data("{}: the tensor {} has {} scales: one float scale a tensor is supported", title_, what, scale->tensor->size());
    }
    const float step = scale->tensor->reals[0];
    int exponent = 0;
    if (!std::isfinite(step) || step <= 0 || std::frexp(step, &exponent) != 0.5f) {
      fail_data("{}: the tensor {} has the scale {}, but a power of two is needed", title_, what, step);
    }
    if (has_input(node, 2)) {
      const ConstantPtr zero = constant(node, 2);
      if (zero->tensor->is_float() || zero->tensor->size() != 1)
        fail_data("{}: the tensor {} has no single integer zero point", title_, what);
      if (zero->tensor->integers[0] != 0)
        fail_data("{}: the tensor {} has the zero point {}, but 0 is needed", title_, what, zero->tensor->integers[0]);
      if (integer_type && *integer_type != zero->tensor->type)
        fail_data("{}: the tensor {} and its zero point are of different types", title_, what);
      integer_type = zero->tensor->type;
    }
    const int bits = integer_type == onnx::TensorProto::INT8    ? 8
                     : integer_type == onnx::TensorProto::INT16 ? 16
                     : integer_type == onnx::TensorProto::INT32 ? 32
                                                                : 0;
    if (bits == 0) fail_data("{}: the tensor {} is unsigned in integer form: int8 is needed (a zero point of type int8)", title_, what);
    const int frac_bits = 1 - exponent;
    const int limit = bits == 32 ? 2 * kMaxFracBits : kMaxFracBits;
    if (std::abs(frac_bits) > limit) fail_data("{}: the tensor {} has the scale 2^{}, beyond 2^±{}", title_, what, -frac_bits, limit);
    return {bits, frac_bits};
  }

  void read_quantize(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    attributes.ignore("axis");  // of per-channel scales only
    attributes.expect_no_other();
    const std::string name = input_name(node, 0);
    const QFormat format = read_format(node, name, std::nullopt);
    if (format.total_bits == 32) fail_data("{}: QuantizeLinear makes no int32", title_);
    const Entry& source = entry(name);
    if (source.constant) {
      const Constant& plain = *source.constant;
      if (!plain.tensor->is_float() || plain.format) fail_data("{}: the tensor {} is quantized already", title_, name);
      define(node.output(0), {.activation = kNoValue,
                              .constant = std::make_shared<Constant>(Constant{plain.name, plain.tensor, format}),
                              .quantized = format});
      return;
    }
    const ValueId id = activation(node, 0);
    const auto known = quantization_.formats.find(id);
    if (known != quantization_.formats.end() && known->second != format) {
      fail_data("{}: the tensor {} is quantized twice, to {} and {}", title_, name, known->second.name(), format.name());
    }
    if (known == quantization_.formats.end() && uses_.at(canonical(name)) != 1) {
      fail_data("{}: the tensor {} is used both before and after quantization", title_, name);
    }
    define(node.output(0), {.activation = id, .constant = nullptr, .quantized = format});
  }

  void read_dequantize(const onnx::NodeProto& node) {
    OnnxAttributes attributes(node, title_);
    attributes.ignore("axis");
    attributes.expect_no_other();
    const std::string name = input_name(node, 0);
    const Entry source = entry(name);
    if (source.quantized) {
      const QFormat format = read_format(node, name, std::nullopt);
      if (format != *source.quantized)
        fail_data("{}: {} is read as {}, but was written as {}", title_, name, format.name(), source.quantized->name());
      if (source.constant) return define(node.output(0), {.activation = kNoValue, .constant = source.constant, .quantized = std::nullopt});
      const bool is_first = quantization_.formats.emplace(source.activation, format).second;
      if (is_first && source.activation != graph().input) return rename(source.activation, node.output(0));
      return define(node.output(0), {.activation = source.activation, .constant = nullptr, .quantized = std::nullopt});
    }
    if (!source.constant || source.constant->tensor->is_float())
      fail_data("{}: its input {} is neither QuantizeLinear's output nor an integer constant", title_, name);
    const QFormat format = read_format(node, name, source.constant->tensor->type);
    define(node.output(0), {.activation = kNoValue,
                            .constant = std::make_shared<Constant>(
                                Constant{node.output(0), dequantized(*source.constant->tensor, format, node.output(0)), format}),
                            .quantized = std::nullopt});
  }

  /// The float values behind an integer constant: those that the file keeps beside it, else raw · step.
  std::shared_ptr<const OnnxTensor> dequantized(const OnnxTensor& raw, QFormat format, const std::string& name) const {
    auto out = std::make_shared<OnnxTensor>(OnnxTensor{.type = onnx::TensorProto::FLOAT, .shape = raw.shape, .reals = {}, .integers = {}});
    out->reals.reserve(raw.integers.size());
    for (std::int64_t integer : raw.integers) out->reals.push_back(static_cast<float>(dequantize(integer, format)));
    const std::string key = kFloatKeyPrefix + name;
    for (const onnx::StringStringEntryProto& note : proto_.metadata_props()) {
      if (note.key() == key) out->reals = parse_float_note(note.value(), raw, format, name);
    }
    return out;
  }

  static std::vector<float> parse_float_note(const std::string& hex, const OnnxTensor& raw, QFormat format, const std::string& name) {
    constexpr std::size_t kDigits = 8;
    std::vector<float> reals;
    if (hex.size() != kDigits * raw.integers.size())
      fail_data("the note {}{} does not hold {} numbers", kFloatKeyPrefix, name, raw.integers.size());
    for (std::size_t i = 0; i < raw.integers.size(); ++i) {
      std::uint32_t bits = 0;
      const char* digits = hex.data() + kDigits * i;
      const auto [end, status] = std::from_chars(digits, digits + kDigits, bits, 16);
      const float real = std::bit_cast<float>(bits);
      if (status != std::errc() || end != digits + kDigits || !std::isfinite(real) ||
          quantize(static_cast<double>(real), format) != raw.integers[i]) {
        fail_data("the note {}{} does not belong to the tensor {}: number {} differs", kFloatKeyPrefix, name, name, i);
      }
      reals.push_back(real);
    }
    return reals;
  }

  const onnx::ModelProto& proto_;
  const onnx::GraphProto& in_;
  Model model_;
  Quantization quantization_;
  std::int64_t opset_ = 0;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> aliases_;
  std::map<std::string, int> uses_;
  std::set<std::string> all_names_, node_names_;
  std::map<std::pair<ConstantPtr, Layout>, ValueId> parameters_;
  std::map<ValueId, std::size_t> producers_;  ///< the node that computes an activation
  std::string node_name_, title_;             ///< of the node at hand
};

Metadata read_metadata(const onnx::ModelProto& proto, const std::string& file_name) {
  for (const onnx::StringStringEntryProto& note : proto.metadata_props()) {
    if (note.key() != kMetadataKey) continue;
    if (note.value().size() > kMaxMetadataBytes)
      fail_data("{}: metadata of {} bytes (at most {})", file_name, note.value().size(), kMaxMetadataBytes);
    return metadata_from_json(note.value(), file_name);
  }
  if (proto.producer_name() == kProducer) fail_data("{}: truncated: its metadata are missing; copy or make the file again", file_name);
  return {};
}

}  // namespace

Model parse_onnx(const std::string& bytes, const std::string& file_name) {
  if (bytes.empty()) fail_data("{}: empty file", file_name);
  if (bytes.size() > kMaxModelBytes) fail_data("{}: {} bytes (a model has at most {})", file_name, bytes.size(), kMaxModelBytes);
  google::protobuf::SetLogHandler(nullptr);  // the one message is ours
  onnx::ModelProto proto;
  if (!is_modest_onnx(bytes) || !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !proto.has_graph()) {
    fail_data("{}: truncated or not an ONNX model", file_name);
  }
  Metadata metadata = read_metadata(proto, file_name);
  try {
    Model model = Reader(proto).read();
    model.metadata = std::move(metadata);
    verify(model.graph);
    return model;
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file_name, error.what()));
  }
}

}  // namespace qmn
