// The arm of ONNX Runtime, forward only: whole runs of a model with one
// convolution, or of a network in the folder of models, on tensors made
// beforehand.
//
//   ort LIBRARY MODELS THREADS
#include <cstdlib>
#include <fstream>
#include <iterator>
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
    api.release(ort::ReleaseMemoryInfo, memory);
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

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

class OnnxRuntime {
 public:
  OnnxRuntime(const char* library, const char* models, int threads) : api(library), models(models) {
    api.call(ort::CreateEnv, ort::warnings, "peers", &env);
    api.call(ort::CreateSessionOptions, &options);
    api.call(ort::SetIntraOpNumThreads, options, threads);
    api.call(ort::SetInterOpNumThreads, options, 1);
    api.call(ort::SetGraphOptimizationLevel, options, ort::optimizeAll);
  }

  std::string about() const { return "ONNX Runtime " + api.version; }

  Case prepare(const std::string& asked) {
    if (asked.rfind("net ", 0) == 0) return network(asked);
    Layer l(asked);
    if (l.pass != "forward") throw Unsupported("inference only");
    auto s = session(onnx::conv(l), {l.n, l.inC, l.h, l.w}, {l.n, l.outC, l.outH(), l.outW()});
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
    Layer l("check 1 1 1 2 1 1 1 0 1 forward");
    auto s = session(onnx::conv(l), {1, 1, 1, 2}, {1, 1, 1, 2});
    s->run();
    for (int i = 0; i < 2; i++)
      if (std::fabs(s->y[i] - s->x[i] * pattern(saltW, 0)) > 1e-6) throw std::runtime_error("a convolution of 1x1 gave a wrong result");
  }

 private:
  ort::Api api;
  std::string models;
  void *env = nullptr, *options = nullptr;

  std::shared_ptr<Session> session(const std::string& model, const std::vector<int64_t>& in, const std::vector<int64_t>& out) {
    auto s = std::make_shared<Session>(api, env, options, model);
    s->bind(in, out);
    fill(saltX, s->x.data(), s->x.size());
    return s;
  }

  // network runs a model file whose logits for the usual pattern lie beside it.
  Case network(const std::string& asked) {
    std::string word, name, pass;
    int64_t channels, size, batch;
    std::istringstream in(asked);
    if (!(in >> word >> name >> channels >> size >> batch >> pass)) throw std::runtime_error("request not understood");
    if (pass != "infer") throw Unsupported("inference only");
    std::string file = models + "/" + name + "-" + std::to_string(batch);
    std::string logits = contents(file + ".logits");
    int64_t classes = int64_t(logits.size()) / 4 / batch;
    auto s = session(contents(file + ".onnx"), {batch, channels, size, size}, {batch, classes});
    Case c;
    c.note = "whole run";
    c.run = [s] { s->run(); };
    c.run();
    for (size_t i = 0; i < s->y.size(); i++) {
      float want;
      memcpy(&want, &logits[i * 4], 4);
      if (!(std::fabs(s->y[i] - want) <= 1e-3 * (1 + std::fabs(want)))) throw std::runtime_error(file + ".onnx: other logits than those beside it");
    }
    return c;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: ort LIBRARY MODELS THREADS\n";
    return 2;
  }
  try {
    OnnxRuntime arm(argv[1], argv[2], atoi(argv[3]));
    arm.check();
    return serve(arm.about(), [&](const std::string& asked) { return arm.prepare(asked); });
  } catch (const std::exception& e) {
    std::cerr << "ort: " << e.what() << '\n';
    return 1;
  }
}
