// The arm of ONNX Runtime: whole runs of a model with one convolution, on
// tensors made beforehand, forward only.
//
//   ort LIBRARY THREADS
#include <cstdlib>
#include <memory>

#include "onnxmodel.hpp"
#include "ortapi.hpp"

namespace {

// Session is a model with one input x and one output y, and their tensors.
class Session {
 public:
  Session(const ort::Api& api, void* env, void* options, const std::string& model) : api(api) {
    api.call(ort::CreateSessionFromArray, env, static_cast<const void*>(model.data()), model.size(), options, &session);
    api.call(ort::CreateCpuMemoryInfo, ort::arena, ort::memoryDefault, &memory);
  }
  ~Session() {
    api.release(ort::ReleaseValue, in);
    api.release(ort::ReleaseValue, out);
    api.release(ort::ReleaseSession, session);
  }
  Session(const Session&) = delete;

  std::vector<float> x, y;

  void bind(std::vector<int64_t> inDims, std::vector<int64_t> outDims) {
    in = tensor(x, inDims);
    out = tensor(y, outDims);
  }
  void run() {
    const char *ins[] = {"x"}, *outs[] = {"y"};
    const void* values[] = {in};
    api.call(ort::Run, session, static_cast<void*>(nullptr), &ins[0], &values[0], size_t(1), &outs[0], size_t(1), &out);
  }

 private:
  const ort::Api& api;
  void *session = nullptr, *memory = nullptr, *in = nullptr, *out = nullptr;

  void* tensor(std::vector<float>& data, const std::vector<int64_t>& dims) {
    size_t size = 1;
    for (int64_t d : dims) size *= d;
    data.resize(size);
    void* v = nullptr;
    api.call(ort::CreateTensorWithData, memory, static_cast<void*>(data.data()), size * 4, dims.data(), dims.size(), ort::floats, &v);
    return v;
  }
};

class OnnxRuntime {
 public:
  OnnxRuntime(const char* library, int threads) : api(library) {
    api.call(ort::CreateEnv, ort::warnings, "peers", &env);
    api.call(ort::CreateSessionOptions, &options);
    api.call(ort::SetIntraOpNumThreads, options, threads);
    api.call(ort::SetInterOpNumThreads, options, 1);
    api.call(ort::SetGraphOptimizationLevel, options, ort::optimizeAll);
  }

  std::string about() const { return "ONNX Runtime " + api.version; }

  Case prepare(const Request& r) {
    if (r.pass != "forward") throw Unsupported("inference only");
    auto s = std::make_shared<Session>(api, env, options, onnx::conv(r));
    s->bind({r.n, r.inC, r.h, r.w}, {r.n, r.outC, r.outH(), r.outW()});
    fill(saltX, s->x.data(), s->x.size());
    Case c;
    c.note = "whole run";
    c.run = [s] { s->run(); };
    c.run();
    c.digest(s->y.data(), s->y.size());
    return c;
  }

  // check runs a convolution whose result is known, which proves that the
  // places in the table of functions are right.
  void check() {
    Request r{"check", "forward", 1, 1, 1, 2, 1, 1, 1, 0, 1, 0};
    Session s(api, env, options, onnx::conv(r));
    s.bind({1, 1, 1, 2}, {1, 1, 1, 2});
    s.x = {2, -3};
    s.run();
    for (int i = 0; i < 2; i++)
      if (std::fabs(s.y[i] - s.x[i] * pattern(saltW, 0)) > 1e-6) throw std::runtime_error("a convolution of 1x1 gave a wrong result");
  }

 private:
  ort::Api api;
  void *env = nullptr, *options = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: ort LIBRARY THREADS\n";
    return 2;
  }
  try {
    OnnxRuntime arm(argv[1], atoi(argv[2]));
    arm.check();
    return serve(arm.about(), [&](const Request& r) { return arm.prepare(r); });
  } catch (const std::exception& e) {
    std::cerr << "ort: " << e.what() << '\n';
    return 1;
  }
}
