// What the arms in C++ share: requests, the patterns that fill tensors, the
// timing and the answers. The same as layer.go, pattern.go and measure.go.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// Layer is one pass of one layer, as layer.go asks for it.
struct Layer {
  std::string name, pass;
  int64_t n, inC, h, w, outC, k, stride, pad, g;

  explicit Layer(const std::string& asked) {
    std::istringstream in(asked);
    if (!(in >> name >> n >> inC >> h >> w >> outC >> k >> stride >> pad >> g >> pass)) throw std::runtime_error("request not understood");
  }

  int64_t outH() const { return (h + 2 * pad - k) / stride + 1; }
  int64_t outW() const { return (w + 2 * pad - k) / stride + 1; }
  int64_t inSize() const { return n * inC * h * w; }
  int64_t outSize() const { return n * outC * outH() * outW(); }
  int64_t weights() const { return outC * (inC / g) * k * k; }
};

enum Salt { saltX = 1, saltW, saltDY, saltDigest };

inline float pattern(Salt salt, int64_t i) { return float((i * 7919 + salt * 104729) % 201 - 100) / 100; }

inline void fill(Salt salt, float* to, int64_t size) {
  for (int64_t i = 0; i < size; i++) to[i] = pattern(salt, i);
}

// Unsupported says why an arm has no such pass.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Case is one pass of one layer, ready to run, with the digest of its first
// result and the kernel or layout that was chosen.
struct Case {
  std::function<void()> run;
  double dot = 0, norm = 0;
  std::string note;

  void digest(const float* result, int64_t size) {
    for (int64_t i = 0; i < size; i++) {
      double v = result[i];
      dot += v * pattern(saltDigest, i);
      norm += v * v;
    }
    norm = std::sqrt(norm);
  }
};

struct Times {
  double median, best;
};

inline double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// block returns the mean seconds of so many calls.
inline double block(const std::function<void()>& f, long calls) {
  double start = now();
  for (long i = 0; i < calls; i++) f();
  return std::max((now() - start) / calls, 1e-7);
}

inline Times measure(const std::function<void()>& f, double limit) {
  auto count = [&](double one) { return std::max(1L, long(limit / 8 / one)); };
  long calls = count(block(f, 1));
  if (calls > 1) calls = count(block(f, calls));
  std::vector<double> means;
  for (double begin = now(); means.size() < 2 || now() - begin < limit;) means.push_back(block(f, calls));
  std::sort(means.begin(), means.end());
  return {(means[(means.size() - 1) / 2] + means[means.size() / 2]) / 2, means[0]};
}

// serve answers the requests on standard input until they end; prepare makes a
// case of a request without the time at its end, throws Unsupported, or throws
// any other exception.
inline int serve(const std::string& about, const std::function<Case(const std::string&)>& prepare) {
  std::cout << "ready " << about << std::endl;
  std::string line, ready;
  Case c;
  while (std::getline(std::cin, line)) {
    try {
      size_t end = line.rfind(' ');
      if (end == std::string::npos) throw std::runtime_error("request not understood");
      std::string asked = line.substr(0, end);
      if (ready != asked) {
        ready.clear();
        c = Case();
        c = prepare(asked);
        ready = asked;
      }
      Times t = measure(c.run, std::stoi(line.substr(end)) / 1e3);
      char text[128];
      snprintf(text, sizeof text, "ok %.9g %.9g %.9g %.9g ", t.median, t.best, c.dot, c.norm);
      std::cout << text << c.note << std::endl;
    } catch (const Unsupported& e) {
      std::cout << "unsupported " << e.what() << std::endl;
    } catch (const std::exception& e) {
      std::cout << "error " << e.what() << std::endl;
    }
  }
  return 0;
}
