// The few functions of ONNX Runtime's C interface that are needed. The library
// hands out one table of function pointers, to which versions only append; the
// numbers below are places in it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <dlfcn.h>
#include <stdexcept>
#include <string>

namespace ort {

struct Base {
  void** (*table)(uint32_t version);
  const char* (*version)();
};

enum Place {
  GetErrorMessage = 2,
  CreateEnv = 3,
  CreateSessionFromArray = 8,
  Run = 9,
  CreateSessionOptions = 10,
  SetGraphOptimizationLevel = 23,
  SetIntraOpNumThreads = 24,
  SetInterOpNumThreads = 25,
  CreateTensorWithData = 49,
  CreateCpuMemoryInfo = 69,
  ReleaseMemoryInfo = 94,
  ReleaseSession = 95,
  ReleaseValue = 96,
};

constexpr uint32_t tableVersion = 1;  // all of the above are in the first
constexpr int warnings = 3, arena = 1, memoryDefault = 0, floats = 1, optimizeAll = 99;

class Api {
 public:
  explicit Api(const char* library) {
    void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) throw std::runtime_error(dlerror());
    auto get = reinterpret_cast<const Base* (*)()>(dlsym(handle, "OrtGetApiBase"));
    if (!get) throw std::runtime_error(std::string(library) + ": has no OrtGetApiBase");
    table = get()->table(tableVersion);
    if (!table) throw std::runtime_error(std::string(library) + ": refuses the first version of its interface");
    version = get()->version();
  }

  std::string version;

  // call runs a function that returns a status and throws what the status says.
  template <class... Args>
  void call(Place place, Args... args) const {
    void* status = reinterpret_cast<void* (*)(Args...)>(table[place])(args...);
    if (status) throw std::runtime_error(reinterpret_cast<const char* (*)(const void*)>(table[GetErrorMessage])(status));
  }

  void release(Place place, void* what) const { reinterpret_cast<void (*)(void*)>(table[place])(what); }

 private:
  void** table;
};

}  // namespace ort
