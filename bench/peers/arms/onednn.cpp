// The arm of oneDNN: its primitives alone. Tensors are brought into the layout
// that a primitive asks for before the time runs.
//
//   onednn blocked|nhwc THREADS
//
// blocked lets each primitive choose all layouts; nhwc gives activations
// channels last, as ours are, and lets it choose the layout of the weights.
#include <cstdlib>
#include <dnnl.hpp>
#include <memory>
#include <omp.h>
#include <unordered_map>

#include "arm.hpp"

using namespace dnnl;
using tag = memory::format_tag;

namespace {

constexpr auto f32 = memory::data_type::f32;

struct Shapes {
  memory::dims x, w, y, strides, pads;
  tag plainW;

  explicit Shapes(const Layer& r)
      : x{r.n, r.inC, r.h, r.w},
        w{r.outC, r.inC, r.k, r.k},
        y{r.n, r.outC, r.outH(), r.outW()},
        strides{r.stride, r.stride},
        pads{r.pad, r.pad},
        plainW(tag::oihw) {
    if (r.g > 1) {
      w = {r.g, r.outC / r.g, r.inC / r.g, r.k, r.k};
      plainW = tag::goihw;
    }
  }
};

class OneDNN {
 public:
  explicit OneDNN(tag activations) : activations(activations), eng(engine::kind::cpu, 0), st(eng) {}

  // prepare lets the library choose its algorithm, Winograd included, and takes
  // the direct one for passes that have no choice.
  Case prepare(const Layer& r) {
    try {
      return prepare(r, algorithm::convolution_auto);
    } catch (const dnnl::error&) {
    }
    try {
      return prepare(r, algorithm::convolution_direct);
    } catch (const dnnl::error& e) {
      throw Unsupported(e.what());
    }
  }

 private:
  tag activations;
  engine eng;
  stream st;

  Case prepare(const Layer& r, algorithm a) {
    Shapes s(r);
    memory::desc x(s.x, f32, activations), w(s.w, f32, tag::any), y(s.y, f32, activations);
    convolution_forward::primitive_desc hint({prop_kind::forward_training, a, x, w, y, s.strides, s.pads, s.pads}, eng);
    if (r.pass == "forward") {
      auto X = filled(saltX, s.x, tag::nchw, hint.src_desc()), W = filled(saltW, s.w, s.plainW, hint.weights_desc());
      memory Y(hint.dst_desc(), eng);
      return ready(convolution_forward(hint), {{DNNL_ARG_SRC, X}, {DNNL_ARG_WEIGHTS, W}, {DNNL_ARG_DST, Y}}, Y, s.y, tag::nchw, hint.impl_info_str());
    }
    if (r.pass == "backward-data") {
      convolution_backward_data::primitive_desc d({a, x, w, y, s.strides, s.pads, s.pads}, eng, hint);
      auto DY = filled(saltDY, s.y, tag::nchw, d.diff_dst_desc()), W = filled(saltW, s.w, s.plainW, d.weights_desc());
      memory DX(d.diff_src_desc(), eng);
      return ready(convolution_backward_data(d), {{DNNL_ARG_DIFF_DST, DY}, {DNNL_ARG_WEIGHTS, W}, {DNNL_ARG_DIFF_SRC, DX}}, DX, s.x, tag::nchw, d.impl_info_str());
    }
    if (r.pass != "backward-weights") throw Unsupported("unknown pass");
    convolution_backward_weights::primitive_desc d({a, x, w, y, s.strides, s.pads, s.pads}, eng, hint);
    auto X = filled(saltX, s.x, tag::nchw, d.src_desc()), DY = filled(saltDY, s.y, tag::nchw, d.diff_dst_desc());
    memory DW(d.diff_weights_desc(), eng);
    return ready(convolution_backward_weights(d), {{DNNL_ARG_SRC, X}, {DNNL_ARG_DIFF_DST, DY}, {DNNL_ARG_DIFF_WEIGHTS, DW}}, DW, s.w, s.plainW, d.impl_info_str());
  }

  Case ready(primitive p, std::unordered_map<int, memory> args, memory result, const memory::dims& dims, tag plain, const char* impl) {
    Case c;
    c.note = impl;
    c.run = [this, p, args] {
      p.execute(st, args);
      st.wait();
    };
    c.run();
    memory flat = moved(result, memory::desc(dims, f32, plain));
    c.digest(static_cast<float*>(flat.get_data_handle()), flat.get_desc().get_size() / 4);
    return c;
  }

  memory filled(Salt salt, const memory::dims& dims, tag plain, const memory::desc& wanted) {
    memory m(memory::desc(dims, f32, plain), eng);
    fill(salt, static_cast<float*>(m.get_data_handle()), m.get_desc().get_size() / 4);
    return moved(m, wanted);
  }

  memory moved(memory from, const memory::desc& wanted) {
    if (from.get_desc() == wanted) return from;
    memory to(wanted, eng);
    reorder(from, to).execute(st, from, to);
    st.wait();
    return to;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || (std::string(argv[1]) != "blocked" && std::string(argv[1]) != "nhwc")) {
    std::cerr << "usage: onednn blocked|nhwc THREADS\n";
    return 2;
  }
  bool nhwc = std::string(argv[1]) == "nhwc";
  omp_set_num_threads(atoi(argv[2]));
  OneDNN arm(nhwc ? tag::nhwc : tag::any);
  auto v = dnnl::version();
  std::ostringstream about;
  about << "oneDNN " << v->major << '.' << v->minor << '.' << v->patch << (nhwc ? ", activations NHWC" : ", layouts of its choice");
  return serve(about.str(), [&](const std::string& asked) { return arm.prepare(Layer(asked)); });
}
