// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx_conventions.h"
#include "formats/onnx_tensor.h"
#include "formats/onnx_writer.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

namespace qmn {
namespace {

std::string hex_of(const std::vector<float>& reals) {
  std::string hex;
  for (float real : reals) hex += fmt::format("{:08x}", std::bit_cast<std::uint32_t>(real));
  return hex;
}

}  // namespace

using namespace onnx_conventions;

std::string OnnxWriter::add_scale(const std::string& value_name, const StoredFormat& format) {
  std::vector<float> steps;
  for (const int frac_bits : format.frac_bits) steps.push_back(static_cast<float>(QFormat{format.total_bits, frac_bits}.step()));
  return add_floats(value_name + "/scale", format.shape(), steps);
}

void OnnxWriter::write_fixed_point(ValueId id, std::string from, const std::string& to) {
  const std::string& value_name = graph_.value(id).name;
  const StoredFormat format = stored_format(id, *format_of(id));
  if (const auto offset = offsets_.find(id); offset != offsets_.end()) {
    const std::string before = std::exchange(from, fresh_value(value_name + "/ties_up"));
    add_node("Add", fresh(node_names_, value_name + "/move_ties"), {before, add_scalar(value_name + "/tie", offset->second)}, from);
  }
  const std::string scale = add_scale(value_name, format);
  onnx::TensorProto& zero = *main_.add_initializer();
  zero.set_name(fresh_value(value_name + "/zero_point"));
  const std::vector<std::int64_t> zeros(format.frac_bits.size(), 0);
  encode_integers(format.total_bits == 8 ? onnx::TensorProto::INT8 : onnx::TensorProto::INT16, format.shape(), zeros, zero);
  const std::string zero_name = zero.name(), quantized = fresh_value(value_name + "/quantized");
  const auto add = [&](const char* op, const char* suffix, const std::string& input, const std::string& output) {
    onnx::NodeProto& node = add_node(op, fresh(node_names_, value_name + suffix), {input, scale, zero_name}, output);
    if (format.total_bits == 16) node.set_domain(kMicrosoftDomain);
    if (format.is_per_channel()) set(node, "axis", std::int64_t{0});
  };
  add("QuantizeLinear", "/quantize", from, quantized);
  add("DequantizeLinear", "/dequantize", quantized, to);
  has_16_bit_ |= format.total_bits == 16;
}

void OnnxWriter::write_float_initializer(const std::string& name, const Tensor& tensor) {
  onnx::TensorProto& proto = *main_.add_initializer();
  proto.set_name(name);
  encode_float(tensor.shape, tensor.data, proto);
}

const std::vector<float>* OnnxWriter::correction_of(ValueId id) const {
  const auto found = model_.quantization->corrections.find(id);
  return found == model_.quantization->corrections.end() ? nullptr : &found->second;
}

void OnnxWriter::write_parameter(ValueId id, const Tensor& tensor) {
  const std::string& name = graph_.value(id).name;
  const std::optional<QFormat> format = format_of(id);
  readers_name_[id] = name;
  if (!format) return write_float_initializer(name, tensor);
  if (format->total_bits == 32) return write_32_bit_parameter(id, *format, tensor);
  write_float_initializer(name, tensor);
  std::string rounded = name;
  if (const std::vector<float>* correction = correction_of(id)) {
    rounded = fresh_value(name + "/corrected");
    add_node("Add", fresh(node_names_, name + "/correct"), {name, add_floats(name + "/correction", tensor.shape, *correction)}, rounded);
  }
  readers_name_[id] = fresh_value(name + "/dequantized");
  write_fixed_point(id, rounded, readers_name_[id]);
}

void OnnxWriter::write_32_bit_parameter(ValueId id, QFormat format, const Tensor& tensor) {
  const std::string& name = graph_.value(id).name;
  const std::vector<std::int32_t> raw = raw_parameter(graph_, *model_.quantization, id);
  onnx::TensorProto& proto = *main_.add_initializer();
  proto.set_name(fresh_value(name + "/raw"));
  encode_integers(onnx::TensorProto::INT32, tensor.shape, std::vector<std::int64_t>(raw.begin(), raw.end()), proto);
  const std::string raw_name = proto.name();
  const StoredFormat stored = stored_format(id, format);
  onnx::NodeProto& node = add_node("DequantizeLinear", fresh(node_names_, name + "/dequantize"), {raw_name, add_scale(name, stored)}, name);
  if (stored.is_per_channel()) set(node, "axis", std::int64_t{0});
  float_notes_.emplace_back(kFloatKeyPrefix + name, hex_of(tensor.data));
  if (const std::vector<float>* correction = correction_of(id)) float_notes_.emplace_back(kCorrectionKeyPrefix + name, hex_of(*correction));
}

}  // namespace qmn
