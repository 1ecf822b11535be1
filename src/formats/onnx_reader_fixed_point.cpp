// SPDX-License-Identifier: Apache-2.0
// formats/onnx_reader_fixed_point.cpp   QuantizeLinear and DequantizeLinear → Quantization: frac_bits = -log2(scale), zero point 0.
#include "formats/onnx_reader.h"

#include "base/error.h"
#include "formats/onnx_conventions.h"

#include <bit>
#include <charconv>
#include <cmath>

namespace qmn {
namespace {

using namespace onnx_conventions;

std::vector<float> parse_float_note(const std::string& hex, const OnnxTensor& raw, QFormat format, const std::string& name) {
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

}  // namespace

QFormat OnnxReader::read_format(const onnx::NodeProto& node, const std::string& what, std::optional<int> integer_type) {
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

void OnnxReader::read_quantize(const onnx::NodeProto& node) {
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
    define(
        node.output(0),
        {.activation = kNoValue, .constant = std::make_shared<Constant>(Constant{plain.name, plain.tensor, format}), .quantized = format});
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

void OnnxReader::read_dequantize(const onnx::NodeProto& node) {
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

std::shared_ptr<const OnnxTensor> OnnxReader::dequantized(const OnnxTensor& raw, QFormat format, const std::string& name) const {
  auto out = std::make_shared<OnnxTensor>(OnnxTensor{.type = onnx::TensorProto::FLOAT, .shape = raw.shape, .reals = {}, .integers = {}});
  out->reals.reserve(raw.integers.size());
  for (std::int64_t integer : raw.integers) out->reals.push_back(static_cast<float>(dequantize(integer, format)));
  const std::string key = kFloatKeyPrefix + name;
  for (const onnx::StringStringEntryProto& note : proto_.metadata_props()) {
    if (note.key() == key) out->reals = parse_float_note(note.value(), raw, format, name);
  }
  return out;
}

}  // namespace qmn
