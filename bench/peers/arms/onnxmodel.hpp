// Writes the smallest ONNX model: one Conv whose weight is a constant. A message
// of protocol buffers is a run of fields, each a key (number, wire type) and a
// value; nested messages are strings of bytes.
#pragma once
#include <cstring>

#include "arm.hpp"

class Message {
 public:
  std::string bytes;

  Message& number(int field, uint64_t v) {
    varint(uint64_t(field) << 3);
    varint(v);
    return *this;
  }
  Message& text(int field, const std::string& s) {
    varint(uint64_t(field) << 3 | 2);
    varint(s.size());
    bytes += s;
    return *this;
  }
  Message& nest(int field, const Message& m) { return text(field, m.bytes); }

 private:
  void varint(uint64_t v) {
    for (; v >= 128; v >>= 7) bytes += char(v | 128);
    bytes += char(v);
  }
};

namespace onnx {

constexpr int FLOAT = 1, INT = 2, INTS = 7; // of TensorProto.DataType and AttributeProto.AttributeType

inline Message ints(const std::string& name, const std::vector<int64_t>& values) {
  Message a;
  a.text(1, name);
  for (int64_t v : values) a.number(8, v);
  return a.number(20, INTS);
}

inline Message integer(const std::string& name, int64_t value) { return Message().text(1, name).number(3, value).number(20, INT); }

inline Message value(const std::string& name, const std::vector<int64_t>& dims) {
  Message shape;
  for (int64_t d : dims) shape.nest(1, Message().number(1, d));
  Message tensor = Message().number(1, FLOAT).nest(2, shape);
  return Message().text(1, name).nest(2, Message().nest(1, tensor));
}

inline Message constant(const std::string& name, const std::vector<int64_t>& dims, const std::vector<float>& data) {
  Message t;
  for (int64_t d : dims) t.number(1, d);
  std::string raw(data.size() * 4, 0);
  memcpy(&raw[0], data.data(), raw.size());
  return t.number(2, FLOAT).text(8, name).text(9, raw);
}

// conv returns the model y = Conv(x, w) of a layer, with w the usual pattern.
inline std::string conv(const Layer& r) {
  std::vector<float> w(r.weights());
  fill(saltW, w.data(), w.size());
  Message node = Message().text(1, "x").text(1, "w").text(2, "y").text(4, "Conv");
  node.nest(5, ints("kernel_shape", {r.k, r.k})).nest(5, ints("strides", {r.stride, r.stride}));
  node.nest(5, ints("pads", {r.pad, r.pad, r.pad, r.pad})).nest(5, integer("group", r.g));
  Message graph = Message().nest(1, node).text(2, "layer").nest(5, constant("w", {r.outC, r.inC / r.g, r.k, r.k}, w));
  graph.nest(11, value("x", {r.n, r.inC, r.h, r.w})).nest(12, value("y", {r.n, r.outC, r.outH(), r.outW()}));
  return Message().number(1, 8).nest(7, graph).nest(8, Message().number(2, 13)).bytes;
}

}  // namespace onnx
