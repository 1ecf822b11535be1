// SPDX-License-Identifier: Apache-2.0
// formats/onnx_reader_fixed_point.cpp   QuantizeLinear and DequantizeLinear → Quantization: frac_bits = -log2(scale), zero point 0.
#include "formats/onnx_reader.h"

#include "base/error.h"
#include "formats/onnx_conventions.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace qmn {
namespace {

using namespace onnx_conventions;

/// n of a scale 2^-n; none when it is no power of two.
std::optional<int> frac_bits_of(float scale) {
  int exponent = 0;
  if (!std::isfinite(scale) || scale <= 0 || std::frexp(scale, &exponent) != 0.5f) return std::nullopt;
  return 1 - exponent;
}

}  // namespace

std::string OnnxReader::StoredFormat::name() const {
  const QFormat widest{total_bits, *std::ranges::min_element(frac_bits)};
  return frac_bits.size() == 1 ? widest.name() : fmt::format("{} by channels", widest.name());
}

OnnxReader::StoredFormat OnnxReader::read_format(const onnx::NodeProto& node, const std::string& what, const Shape& shape, std::optional<int> integer_type) {
  OnnxAttributes attributes(node, title_);
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::int64_t axis = attributes.integer("axis", 1);
  attributes.expect_no_other();
  if (axis < 0) axis += rank;

  const ConstantPtr scale = constant(node, 1);
  const std::size_t count = scale->tensor->size();
  if (!scale->tensor->is_float() || count == 0) fail_data("{}: the tensor {} has no float scale", title_, what);
  const bool is_per_axis = count > 1;
  if (is_per_axis && (axis < 0 || axis >= rank || static_cast<std::int64_t>(count) != shape[static_cast<std::size_t>(axis)] || scale->tensor->shape.size() != 1)) {
    fail_data("{}: the tensor {} of shape {} has {} scales along axis {}", title_, what, to_string(shape), count, axis);
  }
  if (has_input(node, 2)) {
    const ConstantPtr zero = constant(node, 2);
    if (zero->tensor->is_float() || zero->tensor->size() != count)
      fail_data("{}: the tensor {} has {} scales, but not as many integer zero points", title_, what, count);
    const auto other = std::ranges::find_if(zero->tensor->integers, [](std::int64_t integer) { return integer != 0; });
    if (other != zero->tensor->integers.end()) fail_data("{}: the tensor {} has the zero point {}, but 0 is needed", title_, what, *other);
    if (integer_type && *integer_type != zero->tensor->type)
      fail_data("{}: the tensor {} and its zero point are of different types", title_, what);
    integer_type = zero->tensor->type;
  }
  StoredFormat format;
  format.total_bits = integer_type == onnx::TensorProto::INT8    ? 8
                      : integer_type == onnx::TensorProto::INT16 ? 16
                      : integer_type == onnx::TensorProto::INT32 ? 32
                                                                 : 0;
  if (format.total_bits == 0) fail_data("{}: the tensor {} is unsigned in integer form: int8 is needed (a zero point of type int8)", title_, what);
  const int limit = format.total_bits == 32 ? 2 * kMaxFracBits : kMaxFracBits;
  for (const float step : scale->tensor->reals) {
    const std::optional<int> frac_bits = frac_bits_of(step);
    if (!frac_bits) fail_data("{}: the tensor {} has the scale {}, but a power of two is needed", title_, what, step);
    if (std::abs(*frac_bits) > limit) fail_data("{}: the tensor {} has the scale 2^{}, beyond 2^±{}", title_, what, -*frac_bits, limit);
    format.frac_bits.push_back(*frac_bits);
  }
  format.axis = is_per_axis ? static_cast<std::size_t>(axis) : 0;
  return format;
}

void OnnxReader::read_correction(const onnx::NodeProto& node) {
  const ConstantPtr plain = constant(node, 0), correction = constant(node, 1);
  const bool is_plain = plain->tensor->is_float() && !plain->format && plain->correction.empty();
  const bool is_correction = correction->tensor->is_float() && !correction->format && correction->correction.empty();
  if (!is_plain || !is_correction || plain->tensor->shape != correction->tensor->shape) {
    fail_data("{}: only two float constants of one shape, a parameter and its correction, can be added", title_);
  }
  define(node.output(0), {.activation = kNoValue,
                          .constant = std::make_shared<Constant>(Constant{.name = plain->name, .tensor = plain->tensor, .correction = correction->tensor->reals}),
                          .quantized = std::nullopt});
}

void OnnxReader::read_quantize(const onnx::NodeProto& node) {
  const std::string name = input_name(node, 0);
  const Entry& source = entry(name);
  const StoredFormat format = read_format(node, name, source.constant ? source.constant->tensor->shape : graph().shape(activation(node, 0)), std::nullopt);
  if (format.total_bits == 32) fail_data("{}: QuantizeLinear makes no int32", title_);
  if (source.constant) {
    const Constant& plain = *source.constant;
    if (!plain.tensor->is_float() || plain.format) fail_data("{}: the tensor {} is quantized already", title_, name);
    define(node.output(0),
           {.activation = kNoValue, .constant = std::make_shared<Constant>(Constant{plain.name, plain.tensor, format, plain.correction}), .quantized = format});
    return;
  }
  const ValueId id = activation(node, 0);
  if (format.frac_bits.size() > 1) fail_data("{}: the activation {} has {} scales: one is supported", title_, name, format.frac_bits.size());
  const auto known = quantization_.formats.find(id);
  if (known != quantization_.formats.end() && known->second != QFormat{format.total_bits, format.frac_bits[0]}) {
    fail_data("{}: the tensor {} is quantized twice, to {} and {}", title_, name, known->second.name(), format.name());
  }
  if (known == quantization_.formats.end() && uses_.at(canonical(name)) != 1) {
    fail_data("{}: the tensor {} is used both before and after quantization", title_, name);
  }
  define(node.output(0), {.activation = id, .constant = nullptr, .quantized = format});
}

void OnnxReader::read_dequantize(const onnx::NodeProto& node) {
  const std::string name = input_name(node, 0);
  const Entry source = entry(name);
  const bool is_integer_constant = source.constant && !source.quantized && !source.constant->tensor->is_float();
  if (!source.quantized && !is_integer_constant)
    fail_data("{}: its input {} is neither QuantizeLinear's output nor an integer constant", title_, name);
  const Shape& shape = source.constant ? source.constant->tensor->shape : graph().shape(source.activation);
  if (is_integer_constant) {
    const StoredFormat format = read_format(node, name, shape, source.constant->tensor->type);
    return define(node.output(0), {.activation = kNoValue, .constant = dequantized(*source.constant->tensor, format, node.output(0)), .quantized = std::nullopt});
  }
  const StoredFormat format = read_format(node, name, shape, std::nullopt);
  if (format != *source.quantized)
    fail_data("{}: {} is read as {}, but was written as {}", title_, name, format.name(), source.quantized->name());
  if (source.constant) return define(node.output(0), {.activation = kNoValue, .constant = source.constant, .quantized = std::nullopt});
  check_scope(source.activation, name);
  const bool is_first = quantization_.formats.emplace(source.activation, QFormat{format.total_bits, format.frac_bits[0]}).second;
  if (is_first && producers_.at(source.activation) != kEnters) return rename(source.activation, node.output(0));
  return define(node.output(0), {.activation = source.activation, .constant = nullptr, .quantized = std::nullopt});
}

OnnxReader::ConstantPtr OnnxReader::dequantized(const OnnxTensor& raw, const StoredFormat& format, const std::string& name) const {
  OnnxTensor reals{.type = onnx::TensorProto::FLOAT, .shape = raw.shape, .reals = float_note(kFloatKeyPrefix + name, raw.integers.size()), .integers = {}};
  std::vector<float> correction = float_note(kCorrectionKeyPrefix + name, raw.integers.size());
  const bool has_note = !reals.reals.empty();
  if (!has_note && !correction.empty()) fail_data("there is a note {}{}, but none {}{}", kCorrectionKeyPrefix, name, kFloatKeyPrefix, name);
  // The index along the axis that has formats of its own.
  std::size_t inner = 1;
  for (std::size_t d = format.axis + 1; d < raw.shape.size(); ++d) inner *= static_cast<std::size_t>(raw.shape[d]);
  for (std::size_t i = 0; i < raw.integers.size(); ++i) {
    const QFormat own{format.total_bits, format.frac_bits[i / inner % format.frac_bits.size()]};
    if (!has_note) {
      reals.reals.push_back(static_cast<float>(dequantize(raw.integers[i], own)));
      continue;
    }
    const float rounded = correction.empty() ? reals.reals[i] : reals.reals[i] + correction[i];
    if (!std::isfinite(rounded) || quantize(static_cast<double>(rounded), own) != raw.integers[i])
      fail_data("the note {}{} does not belong to the tensor {}: number {} differs", kFloatKeyPrefix, name, name, i);
  }
  return std::make_shared<Constant>(Constant{name, std::make_shared<OnnxTensor>(std::move(reals)), format, std::move(correction)});
}

std::vector<float> OnnxReader::float_note(const std::string& key, std::size_t count) const {
  constexpr std::size_t kDigits = 8;
  const auto note = std::ranges::find_if(proto_.metadata_props(), [&](const onnx::StringStringEntryProto& entry) { return entry.key() == key; });
  if (note == proto_.metadata_props().end()) return {};
  if (note->value().size() != kDigits * count) fail_data("the note {} does not hold {} numbers", key, count);
  std::vector<float> reals;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t bits = 0;
    const char* digits = note->value().data() + kDigits * i;
    const auto [end, status] = std::from_chars(digits, digits + kDigits, bits, 16);
    if (status != std::errc() || end != digits + kDigits || !std::isfinite(std::bit_cast<float>(bits))) fail_data("the note {} holds no number at {}", key, i);
    reals.push_back(std::bit_cast<float>(bits));
  }
  return reals;
}

}  // namespace qmn
